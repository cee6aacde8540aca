"""All pages, a module each."""

from fastapi import APIRouter

from api.web import ask, session

router = APIRouter()
for part in (ask, session):
    router.include_router(part.router)
