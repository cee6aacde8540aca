"""What OpenAlex, ROR, ORCID and VIVO give, in the database: all of it is taken, and a second time changes nothing."""

from pathlib import Path

import pytest

from matcher.errors import TinkuyError
from matcher.sources.formats import FORMATS
from matcher.sources.pages import Asked
from matcher.sources.reading import Row

FIXTURES = Path(__file__).with_name("fixtures")
COUNTS = {"openalex": 3, "ror": 2, "orcid": 2, "vivo": 7}  # records of their own


def written(store, name, **options):
    """Write what a format's fixtures hold, as runs do: a partner that is only named, where it is not there yet."""
    effects = []
    for page in FORMATS[name].read(Asked((FIXTURES / name,), options=options)):
        rows = [row for row in page.rows if isinstance(row, Row)]
        there = store.partner_names()
        named = {partner.id: partner for row in rows for partner in row.mentions if partner.id not in there}
        with store.writing() as writer:
            assert not [e for e in writer.upsert(list(named.values())) if isinstance(e, TinkuyError)]
            effects += writer.upsert([record for row in rows for record in row.records])
    return effects


@pytest.mark.parametrize("name", COUNTS)
@pytest.mark.parametrize("options", [{}, {"people": "partners"}])
def test_a_second_reading_changes_nothing(store, name, options):
    if name == "ror" and options:
        return
    first = written(store, name, **options)
    assert not [effect for effect in first if isinstance(effect, TinkuyError)]
    kept = sorted(map(str, [*store.partners(), *store.evidence()]))
    assert set(written(store, name, **options)) == {"unchanged"}
    assert sorted(map(str, [*store.partners(), *store.evidence()])) == kept


@pytest.mark.parametrize(("name", "count"), COUNTS.items())
def test_all_is_taken(store, name, count):
    assert len({(type(r), r.id) for r in [*store.partners(), *store.evidence()]}) == 0
    written(store, name)
    named_only = {"openalex": 2, "ror": 0, "orcid": 1, "vivo": 0}[name]
    assert len(store.partners()) + len(store.evidence()) == count + named_only
