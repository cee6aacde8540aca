"""All pages, a module each."""

from fastapi import APIRouter

from api.web import ask, desk_requests, letters, partners, saved, session

router = APIRouter()
for part in (ask, partners, saved, letters, desk_requests, session):
    router.include_router(part.router)
