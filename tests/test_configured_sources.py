"""Sources as they are configured, kept and named."""

from dataclasses import replace

import pytest

from matcher.errors import BadInput, Conflict, NotFound
from matcher.records import Evidence, Outcome, Partner
from matcher.store import source_records, sources
from matcher.store.runs import State
from matcher.store.source_records import KINDS


@pytest.mark.parametrize(
    ("name", "format_", "where", "options", "message"),
    [
        ("Repo", "script", ["https://x.example"], {}, "small letters"),
        ("table", "script", ["https://x.example"], {}, "no format's name"),
        ("repo", "escrito", ["x.csv"], {}, "unknown format"),
        ("repo", "script", [], {}, "give an address"),
        ("repo", "script", ["https://x.example", "y.xml"], {}, "not both"),
        ("repo", "table", ["https://x.example"], {}, "read from files only"),
        ("repo", "script", ["https://ana:secreta@x.example"], {}, "no name and password"),
        ("repo", "script", ["x"], {"gente": "1"}, "no option 'gente'"),
    ],
)
def test_a_source_that_cannot_be_read_is_not_configured(script, name, format_, where, options, message):
    with pytest.raises(BadInput, match=message):
        sources.described(name, format_, where, options, None, 0.2)


def test_sources_are_kept_by_name(store, script):
    made = sources.described("repo", "script", ["datos.xml"], {"people": "partners"}, None, 0.1)
    assert made.files[0].endswith("/datos.xml")
    with store.noting() as session:
        sources.add(session, made)
        with pytest.raises(Conflict):
            sources.add(session, made)
        assert [replace(each, created=None) for each in sources.everyone(session)] == [made]
        sources.remove(session, "repo")
        with pytest.raises(NotFound, match="no source is called 'repo'"):
            sources.get(session, "repo")


def test_every_kind_of_record_has_its_name():
    assert set(KINDS.values()) == {Partner, Evidence, Outcome}
    assert source_records.digest("x") != source_records.digest(("x",))
    assert State("asks") is State.ASKS
