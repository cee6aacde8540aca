"""All pages, a module each."""

from fastapi import APIRouter

from api.web import ask, board, compare, desk, inbox, session

router = APIRouter()
for part in (ask, session, desk, board, compare, inbox):
    router.include_router(part.router)
