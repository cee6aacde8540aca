"""The routes, one module a subject. They are plain functions, so that the server runs them in threads."""

from fastapi import APIRouter

from api.routes import codes, desk, feeds, match, operation, searches

router = APIRouter()
for _part in (match, codes, desk, searches, feeds, operation):
    router.include_router(_part.router)
