"""All pages, a module each."""

from fastapi import APIRouter

from api.web import admin, ask, board, compare, desk, figures, inbox, quality, session, upload

router = APIRouter()
for part in (ask, figures, quality, session, desk, board, compare, inbox, upload, admin):
    router.include_router(part.router)
