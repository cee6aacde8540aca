"""All pages, a module each."""

from fastapi import APIRouter

from api.web import admin, ask, figures, quality, session, upload

router = APIRouter()
for part in (ask, figures, quality, session, upload, admin):
    router.include_router(part.router)
