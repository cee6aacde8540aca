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
    inbox,
    letters,
    partners,
    quality,
    saved,
    session,
    upload,
)

router = APIRouter()
for part in (
    ask, partners, saved, letters, figures, quality, session,
    desk, board, compare, inbox, desk_requests, upload, admin,
):  # fmt: skip
    router.include_router(part.router)
