"""Any list as a file: `?format=csv|xlsx|json`, or an Accept header that asks for CSV or XLSX."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Query, Request, Response

from matcher.language import Translate, translator
from matcher.table_export import MEDIA_TYPE, Column, Format, to_bytes

T = TypeVar("T")
FILES: dict[int | str, dict[str, Any]] = {
    200: {"content": {media.partition(";")[0]: {} for media in MEDIA_TYPE.values() if "json" not in media}}
}
"""For the description of a route that gives files too."""


@dataclass(frozen=True, slots=True)
class Export:
    """The file that is wanted. `say`: the reader's language."""

    format: Format
    say: Translate

    def file(self, name: str, columns: Sequence[Column[T]], items: Iterable[T]) -> Response:
        """Return a list as a file to be saved.

        :param name: of the file, without its ending: ours, never what somebody sent.
        """
        headers = {"Content-Disposition": f'attachment; filename="tinkuy-{name}.{self.format.value}"'}
        return Response(
            to_bytes(columns, items, self.format, self.say), media_type=MEDIA_TYPE[self.format], headers=headers
        )


def export_of(
    request: Request,
    format: Annotated[Format | None, Query(description="The list as a file")] = None,  # noqa: A002
) -> Export | None:
    """Return the file that is wanted; None where it is the ordinary answer."""
    wanted = format or _accepted(request.headers.get("accept", ""))
    return Export(wanted, translator((request.headers.get("accept-language") or "es")[:2].lower())) if wanted else None


def _accepted(accept: str) -> Format | None:
    """Return the first kind of file of an Accept header; None where JSON or anything comes before."""
    for part in accept.split(","):
        media = part.partition(";")[0].strip().lower()
        if media in ("*/*", "application/json"):
            return None
        for format_ in (Format.CSV, Format.XLSX):
            if media == MEDIA_TYPE[format_].partition(";")[0]:
                return format_
    return None


Exported = Annotated[Export | None, Depends(export_of)]
