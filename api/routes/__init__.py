"""The routes, one module a subject. They are plain functions, so that the server runs them in threads."""

from fastapi import APIRouter

from api.routes import access, bulk, codes, match, operation, reading, records

router = APIRouter()
for _part in (access, match, reading, records, bulk, codes, operation):
    router.include_router(_part.router)
