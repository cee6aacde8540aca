"""All pages, a module each."""

from fastapi import APIRouter

from api.web import admin, ask, session, upload

router = APIRouter()
for part in (ask, session, upload, admin):
    router.include_router(part.router)
