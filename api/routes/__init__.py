"""The routes, one module a subject. They are plain functions, so that the server runs them in threads."""

from fastapi import APIRouter

from api.routes import access, bulk, codes, desk, feeds, match, operation, reading, records, searches

router = APIRouter()
for _part in (access, match, reading, records, bulk, desk, searches, feeds, codes, operation):
    router.include_router(_part.router)
