"""Records of an OAI-PMH repository as rows: which format each is in, and what became of it."""

from collections.abc import Callable
from dataclasses import replace

from matcher.errors import BadInput, TinkuyError
from matcher.language import N_
from matcher.sources import cerif, dublin_core
from matcher.sources.metadata import children, tidy
from matcher.sources.oai_reply import Item
from matcher.sources.reading import Gone, Refusal, Row, Skipped, Told, digest
from matcher.sources.repository import Found, Repository
from matcher.sources.xml_stream import Element

Check = Callable[[Element], None]


class Rows:
    """Turns records into rows.

    :param chosen: what holds for all of them; without an id, each record's identifier tells its repository.
    :param check: raises BadInput of metadata that are not valid.
    """

    def __init__(self, chosen: Repository, check: Check | None = None) -> None:
        self.chosen, self._check = chosen, check
        self._repositories: dict[str, Repository] = {}

    def tell(self, item: Item, file: str, number: int) -> Told:
        """Return what became of a record."""
        element = item.metadata
        if item.deleted:
            return Gone(file, number, item.identifier)
        if element is None:
            message = N_("{identifier}: a record without metadata that is not marked as deleted")
            return Refusal(file, number, BadInput(message, identifier=item.identifier), key=item.identifier)
        try:
            if self._check:
                self._check(element)
            found = self._read(item, element)
        except TinkuyError as error:
            return Refusal(file, number, error, key=item.identifier)
        if isinstance(found, str):
            return Skipped(file, number, found)
        key = item.identifier or (element.get("id") or "")
        return Row(file, number, found.records, found.mentions, key)

    def _read(self, item: Item, element: Element) -> Found | str:
        repository = self._of(item.identifier)
        if name := cerif.entity(element):
            return cerif.read(name, element, repository, item.sets)
        if element.tag == dublin_core.ROOT:
            return dublin_core.read(element, repository, _local(item.identifier) or _name(element), item.sets)
        raise BadInput(
            N_("{identifier}: metadata of a format that is not known ({found}); known are CERIF-XML and oai_dc"),
            identifier=item.identifier,
            found=str(element.tag)[:200],
        )

    def _of(self, identifier: str) -> Repository:
        if self.chosen.id:
            return self.chosen
        host = repository_of(identifier)
        if host not in self._repositories:
            if len(self._repositories) > 1000:  # an aggregator's file: nothing is lost but what was remembered
                self._repositories.clear()
            self._repositories[host] = replace(self.chosen, id=host, name=self.chosen.name or host, known={}, read={})
        return self._repositories[host]


def repository_of(identifier: str) -> str:
    """Return the repository's part of an identifier: of `oai:cris.example.org:Projects/1` `cris.example.org`."""
    parts = identifier.split(":", 2)
    return parts[1] if len(parts) == 3 and parts[0] == "oai" else ""


def _local(identifier: str) -> str:
    return identifier.split(":", 2)[2] if repository_of(identifier) else identifier


def _name(element: Element) -> str:
    """Return what tells a bare record from others: its first identifier, else its title."""
    given = children(element)
    texts = [tidy(e.text) for name in ("identifier", "title") for e in given.get(name, ())]
    return f"dc/{digest(texts[0] if texts else '')}"
