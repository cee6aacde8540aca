"""The routes, one module a subject. They are plain functions, so that the server runs them in threads."""

from fastapi import APIRouter, Depends

from api.media_types import json_where_read
from api.routes import access, bulk, codes, desk, feeds, match, operation, reading, records, requests, searches

router = APIRouter(dependencies=[Depends(json_where_read)])
for _part in (access, match, reading, records, bulk, desk, requests, searches, feeds, codes, operation):
    router.include_router(_part.router)
