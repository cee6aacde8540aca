"""All pages, a module each."""

from fastapi import APIRouter

from api.web import ask, regions, session

router = APIRouter()
for part in (ask, session, regions):  # regions last: its address takes any name
    router.include_router(part.router)
