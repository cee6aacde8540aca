"""What the desk's pages share: whose desk it is, addresses that keep saying so, forms, files, what was read."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Depends, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from api.desk_schemas import ID, Note
from api.desk_state import AtDesk
from api.exports import Export
from api.state import Records, request_of
from api.web.rendering import is_partial, language_of, render, say_of
from api.web.session import local
from matcher.access import Caller
from matcher.errors import Stale
from matcher.language import N_, Translate
from matcher.records import Record
from matcher.store import audit
from matcher.store.offices import LOCAL
from matcher.store.store import Store
from matcher.store.tables import OrganisationRow
from matcher.store.view import read_by_role
from matcher.store.writer import Writer
from matcher.table_export import Format

GivenId = Annotated[str, Form(min_length=1, max_length=300, pattern=ID)]
AskedId = Annotated[str, Query(min_length=1, max_length=300, pattern=ID)]
Written = Annotated[Note, Form()]
Version = Annotated[int, Form(ge=0, le=2**62)]


@dataclass(frozen=True, slots=True)
class Here:
    """A request at an office's desk. `named`: the office, where the address says whose desk is meant."""

    request: Request
    caller: Caller
    store: Store
    named: str | None

    @property
    def office(self) -> str:
        """The office's id."""
        return self.caller.organisation or ""

    @property
    def say(self) -> Translate:
        """The translation to the page's language."""
        return say_of(self.request)

    @property
    def language(self) -> str:
        """The page's language."""
        return language_of(self.request)

    @property
    def partial(self) -> bool:
        """Whether htmx asks for a piece of a page."""
        return is_partial(self.request)

    @property
    def request_id(self) -> str | None:
        """The request's id, for the audit log."""
        return request_of(self.request)

    def url(self, path: str, **values: object) -> str:
        """Return an address of the desk's that stays at this desk; None and empty values are left out."""
        kept = [(name, str(value)) for name, value in values.items() if value not in (None, "", False)]
        query = urlencode([*kept, *([("organisation", self.named)] if self.named else [])])
        return f"{path}?{query}" if query else path

    def page(
        self, template: str, status: int = 200, headers: Mapping[str, str] | None = None, **values: Any
    ) -> HTMLResponse:
        """Return a page of the desk; templates are given `here`'s `url` and `office_name` besides."""
        with self.store.reading() as session:
            row = session.get(OrganisationRow, self.office)
            name = row.name if row and row.id != LOCAL else ""
        return render(self.request, template, status, headers, url=self.url, office_name=name, **values)

    def onward(self, back: str, otherwise: str, **values: object) -> RedirectResponse:
        """Go on after something was written: to where the form came from, if that is ours."""
        to = local(back) if back.startswith("/desk") else self.url(otherwise, **values)
        return RedirectResponse(to, 303)

    def note(self, shown: Iterable[Record], kind: str, id_: str | None = None) -> None:
        """Write to the audit log that the caller reads what only their role lets them see, where they do."""
        if any(read_by_role(record, self.caller) for record in shown):
            with self.store.noting() as session:
                audit.record(session, self.caller, "read_private", kind, id_, self.request_id)

    @contextmanager
    def writing(self) -> Iterator[Writer]:
        """Give a Writer; that somebody else was first is told without ids and versions.

        :raises Stale: what the form was made from is no longer so.
        """
        try:
            with self.store.writing() as writer:
                yield writer
        except Stale as error:
            told = N_("somebody changed this meanwhile; nothing was overwritten: look at it again and decide anew")
            raise Stale(told) from error

    def file(self, format_: Format) -> Export:
        """Return the kind of file that is wanted of a list, in the page's language."""
        return Export(format_, self.say)


def here_of(
    request: Request, caller: AtDesk, store: Records, organisation: Annotated[str | None, Query(max_length=300)] = None
) -> Here:
    """Return the request at the desk that is meant."""
    return Here(request, caller, store, organisation)


Desk = Annotated[Here, Depends(here_of)]
Wanted = Annotated[Format | None, Query(alias="format")]
Back = Annotated[str, Form(max_length=2000)]
