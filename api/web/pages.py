"""All pages, a module each."""

from fastapi import APIRouter

from api.web import (
    admin,
    ask,
    board,
    compare,
    desk,
    desk_requests,
    figures,
    found_out,
    inbox,
    letters,
    partners,
    quality,
    regions,
    saved,
    session,
    upload,
)

router = APIRouter()
for part in (
    ask, found_out, partners, saved, letters, quality, session, desk, board, compare, inbox, desk_requests, upload,
    admin, figures, regions,  # regions last: its address takes any name
):  # fmt: skip
    router.include_router(part.router)
