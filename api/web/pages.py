"""All pages, a module each."""

from fastapi import APIRouter

from api.web import ask, figures, quality, session

router = APIRouter()
for part in (ask, figures, quality, session):
    router.include_router(part.router)
