"""A database made whole: values found and kept, partners joined, doubtful pairs asked about, all of it once."""

from dataclasses import replace

import pytest

from matcher import whole_store
from matcher.cli import main
from matcher.identity import NEAR, SAME, compare
from matcher.records import Evidence, Partner, Side
from matcher.store import derived, sameness
from matcher.store.store import Store
from matcher.whole_store import make_whole
from matcher.wholeness import Derived, Same, SameText

FULL = Partner("full", Side.SUPPLY, "Universidad Nacional de Ejemplo", "university", "PE", city="Cusco")
CAPS = Partner("caps", Side.SUPPLY, "UNIVERSIDAD NACIONAL DE EJEMPLO", "university", "PE")
SHORT = Partner("short", Side.SUPPLY, "Univ. Nac. de Ejemplo", "university", "PE")
OTHER = Partner("other", Side.SUPPLY, "Instituto de la Piedra", "institute", "PE", "PE-LIM")
FIRM = Partner("firm", Side.DEMAND, "Universidad Nacional de Ejemplo", "firm", "PE", "PE-LIM")
TEXT = Evidence("text", ("caps",), "project", "SECADO SOLAR DEL ORÉGANO EN LA SIERRA")
SECRET = Evidence("secret", ("firm",), "need", "CURTIDO SIN CROMO EN LA COSTA", confidential=True, summary="Cueros")


@pytest.fixture
def held(store: Store) -> Store:
    with store.writing() as writer:
        writer.upsert([FULL, CAPS, SHORT, OTHER, FIRM, TEXT, SECRET])
    return store


def test_what_can_be_found_out_is_kept_and_found_out_once(held):
    before = held.everything()
    planned = make_whole(held, None, dry=True)
    assert held.everything() == before
    done = make_whole(held, None)
    assert done == planned
    # By hand: Cusco is a city of PE-CUS; the title in capitals is mended, and Spanish.
    assert done.found == {("evidence", "language"): 1, ("evidence", "text"): 1, ("partner", "region"): 1}
    assert {(row.partner, row.as_) for row in done.joins} == {("caps", "full"), ("short", "full")}
    now = held.everything()
    assert [p.id for p in now.partners] == ["firm", "full", "other"]
    assert now.partners[1] == replace(FULL, region="PE-CUS")
    text = next(e for e in now.evidence if e.id == "text")
    assert text == replace(TEXT, partners=("full",), text="Secado solar del orégano en la sierra", language="es")
    again = make_whole(held, None)
    assert (again.found, again.back, again.joins, again.asked) == ({}, 0, (), ())


def test_whom_a_person_has_split_stays_split(held):
    make_whole(held, None)
    with held.writing() as writer:
        writer.split("caps")
    done = make_whole(held, None)
    assert (done.joins, done.asked) == ((), ())
    assert "caps" in {p.id for p in held.everything().partners}


def test_a_person_chooses_under_which_one_all_are_shown(held):
    with held.writing() as writer:
        writer.join("full", "short")
    assert make_whole(held, None).joins == (Same("caps", "short", "name", compare(FULL, CAPS).likeness),)
    assert sorted(p.id for p in held.everything().partners) == ["firm", "other", "short"]


def test_what_is_not_sure_is_asked_and_the_answer_kept(held):
    near = Partner("near", Side.SUPPLY, "Instituto de la Piedra", "institute", None, "PE-CUS")
    assert NEAR <= compare(OTHER, near).likeness < SAME
    with held.writing() as writer:
        writer.put(near)
    (asked,) = make_whole(held, None).asked
    assert (asked.a, asked.b) == ("near", "other")
    with held.writing() as writer:
        assert [(q.a, q.b) for q in sameness.questions(writer.session, 9)] == [("near", "other")]
        sameness.refuse(writer.session, "other", "near", None)
    assert make_whole(held, None).asked == ()
    with held.reading() as session:
        assert sameness.questions(session, 9) == []


def test_what_is_found_no_longer_is_taken_back_and_what_others_found_stays(held):
    make_whole(held, None)
    by_hand = Derived("partner", "other", "city", "Lima", 1.0, "somebody")
    with held.writing() as writer:
        writer.derive([by_hand])
        writer.put(replace(FULL, region="PE-PUN", city="Puno"))
        writer.put(replace(TEXT, text="Secado.", language="es"))
    done = make_whole(held, None)
    assert (done.found, done.back) == ({}, 3)
    with held.reading() as session:
        assert derived.rows_of(session) == [by_hand]


def test_what_a_person_took_back_is_not_found_again_from_the_same_words(held):
    make_whole(held, None)
    with held.writing() as writer:
        writer.refuse("partner", "full", "region")
        writer.refuse("evidence", "text", "language")
    assert make_whole(held, None, again=True).found == {}
    assert held.everything().partners[1] == FULL
    with held.writing() as writer:
        writer.put(replace(FULL, city="Puno"))
    assert make_whole(held, None).found == {("partner", "region"): 1}
    assert held.everything().partners[1].region == "PE-PUN"
    with held.writing() as writer:
        writer.forget("evidence", "text", "language")
    assert make_whole(held, None).found == {}  # the text was not written since
    assert make_whole(held, None, again=True).found == {("evidence", "language"): 1}


def test_only_what_was_written_since_is_looked_at(held, monkeypatch):
    make_whole(held, None)
    seen: list[list[str]] = []
    monkeypatch.setattr(whole_store, "texts_of", lambda texts: seen.append([t.id for t in texts]) or [])
    monkeypatch.setattr(whole_store, "find_joins", lambda *_: pytest.fail("nobody was written"))
    make_whole(held, None)
    with held.writing() as writer:
        writer.put(replace(TEXT, id="new"))
    make_whole(held, None)
    assert seen == [["new"]]


def test_a_new_partner_joins_those_that_were_joined_before(held):
    make_whole(held, None)
    again = replace(CAPS, id="again", name="Universidad Nac. de Ejemplo")
    with held.writing() as writer:
        writer.put(again)
    (row,) = make_whole(held, None).joins
    assert (row.partner, row.as_) == ("again", "full")


def test_a_question_that_is_none_any_more_is_not_asked(held):
    near = Partner("near", Side.SUPPLY, "Instituto de la Piedra", "institute", None, "PE-CUS")
    with held.writing() as writer:
        writer.put(near)
    assert len(make_whole(held, None).asked) == 1
    with held.writing() as writer:
        writer.put(replace(near, name="Laboratorio del Agua"))
    make_whole(held, None)
    with held.reading() as session:
        assert sameness.waiting(session) == 0


def test_texts_that_say_the_same_are_found_over_joined_partners_once(held):
    long = Evidence("long", ("full",), "project", "Secado solar del orégano en la sierra.", source="Otra")
    apart = Evidence("apart", ("other",), "project", "Secado solar del orégano en la sierra")
    with held.writing() as writer:
        writer.upsert([long, apart])
    planned = make_whole(held, None, dry=True)
    done = make_whole(held, None)
    assert done == planned
    assert done.texts == (SameText("text", "long", 1.0),)
    assert {e.id for e in held.everything().evidence} == {"long", "apart", "secret"}
    assert make_whole(held, None, again=True).texts == ()
    with held.writing() as writer:
        writer.tell_apart("text")
    assert make_whole(held, None, again=True).texts == ()


def test_the_commands_tell_join_and_split(tmp_path, capsys):
    store = Store.open(tmp_path / "own-home" / "tinkuy.db")
    with store.writing() as writer:
        writer.upsert([FULL, CAPS, OTHER])
    store.close()

    def tinkuy(*arguments: str) -> tuple[int, str]:
        with pytest.raises(SystemExit) as ended:
            main([*arguments, "--lang", "en"])
        told = capsys.readouterr()
        return ended.value.code, told.out + told.err

    code, out = tinkuy("complete", "--no-codes", "--dry-run")
    assert code == 0
    assert "Regions of partners: 1\n" in out
    assert "    UNIVERSIDAD NACIONAL DE EJEMPLO [caps] → Universidad Nacional de Ejemplo [full], 100%\n" in out
    assert "Nothing was written.\n" in out
    assert "No partner is shown as another." in tinkuy("same", "list")[1]
    assert tinkuy("complete", "--no-codes")[0] == 0
    assert "[caps] → Universidad Nacional de Ejemplo [full] (by name and place, 100%)" in tinkuy("same", "list")[1]
    assert tinkuy("same", "split", "caps") == (0, "caps is no longer shown as full.\n")
    assert tinkuy("same", "split", "caps")[0] == 2
    assert "Partners shown as another: 0\n" in tinkuy("complete", "--no-codes")[1]
    assert tinkuy("same", "join", "caps", "other") == (0, "caps is shown as other.\n")
    assert "said by a person" in tinkuy("same", "list")[1]
    assert tinkuy("same", "apart", "full", "other")[0] == 2
    assert tinkuy("same", "texts") == (0, "No text is shown by another.\n")
    assert tinkuy("found", "list", "full") == (0, "full: Region (region) = Cusco (90%, from the city)\n")
    assert tinkuy("found", "wrong", "full", "region")[0] == 0
    assert "taken back by a person" in tinkuy("found", "list")[1]
    assert "Regions" not in tinkuy("complete", "--no-codes", "--again")[1]
    assert tinkuy("found", "again", "full", "region")[0] == 0
    assert tinkuy("found", "wrong", "full", "region")[0] == 2
    assert "Regions of partners: 1\n" in tinkuy("complete", "--no-codes", "--again")[1]
    store = Store.open(tmp_path / "own-home" / "tinkuy.db")
    with store.writing() as writer:
        writer.upsert([TEXT, replace(TEXT, id="twin")])
    store.close()
    assert "Texts shown by another that says the same: 1\n" in tinkuy("complete", "--no-codes")[1]
    assert "[twin] → Secado" in tinkuy("same", "texts")[1]
    assert tinkuy("same", "two", "twin") == (0, "twin is no longer shown as text.\n")
