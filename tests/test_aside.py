"""What readers put aside comes back as from the memory, whether or not it went to the disk."""

from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matcher.sources import aside, cordis, ocds, proinnovate
from matcher.sources.aside import Latest, Lines, Notes, Shelf, open_aside

FIXTURES = Path(__file__).parent / "fixtures"
NUMBERS = st.integers(1, 6)
SMALL = settings(max_examples=60, deadline=None)


@pytest.fixture(params=[1, 3, 10**6])
def recent(request, monkeypatch):
    """Let so many be remembered without the disk."""
    monkeypatch.setattr(aside, "RECENT", request.param)
    monkeypatch.setattr(aside, "BATCH", request.param)
    return request.param


def each_size(check):
    """Run a check with everything on the disk, some of it, and nothing."""
    for size in (1, 3, 10**6):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(aside, "RECENT", size)
            patch.setattr(aside, "BATCH", size)
            with closing(open_aside()) as disk:
                check(disk)


@SMALL
@given(st.lists(st.tuples(NUMBERS, st.lists(st.text("abñ ", min_size=1), max_size=3)), max_size=20))
def test_notes_come_back_by_number_in_their_order(noted):
    def check(disk):
        notes, expected = Notes(disk, "notes"), {}
        for key, words in noted:
            notes.begin(key).extend(words)
            if words:
                expected.setdefault(key, []).extend(words)
        notes.sort()
        assert notes.of([1, 2, 3, 99]) == {key: expected[key] for key in (1, 2, 3) if key in expected}
        assert notes.of([]) == {}

    each_size(check)


@SMALL
@given(st.lists(st.tuples(NUMBERS, st.sampled_from(["", "2023-01-01", "2023-01-01 10:00", "2024"])), max_size=25))
def test_the_latest_text_of_a_number_stands_the_first_of_equals(told):
    def check(disk):
        latest, expected = Latest(disk, "latest"), {}
        for n, (key, date) in enumerate(told):
            found = latest.recent.get(str(key))
            if found is None or date > found[0]:
                latest.put(str(key), date, f"text {n}")
            if key not in expected or date > expected[key][0]:
                expected[key] = date, f"text {n}"
        assert list(latest.all()) == [(key, text) for key, (_, text) in expected.items()]

    each_size(check)


@SMALL
@given(st.lists(st.tuples(NUMBERS, st.text("abñ", min_size=1)), max_size=20))
def test_a_shelf_gives_what_was_put_last(put):
    def check(disk):
        shelf, expected = Shelf(disk, "shelf"), {}
        for key, word in put:
            shelf[str(key)] = (word, "")
            expected[str(key)] = (word, "")
            assert shelf.of(["1", "2", "3", "99"]) == {k: expected[k] for k in ("1", "2", "3") if k in expected}

    each_size(check)


def test_lines_come_back_in_their_order_as_often_as_one_asks(recent):
    with closing(Lines()) as lines:
        given = [("título ñ", n, "") for n in range(20)]
        for start in range(0, 20, 4):
            lines.put(given[start : start + 4])
        assert list(lines) == list(lines) == given


def test_names_have_numbers_of_their_own():
    names = [f"ocds-ill-{n}" for n in range(20_000)]
    numbers = {aside.digits_of(name) for name in names}
    assert len(numbers) == len(names)
    assert all(-(2**63) <= int(number) < 2**63 for number in numbers)
    assert aside.digits_of("\ud800")  # half a character is no reason to fall


def portfolio(folder):
    path = folder / "proyectos.csv"
    head = "FONDO,CONCURSO,ANIO,CONTRATO,TITULO,FECHA_INICIO,NOMBRE_SOLICITANTE,DEPARTAMENTO\n"
    rows = (
        f"F,C,2020,{n}-C,Secado {n},20200101,Taller {n % 4} SAC,{('CUSCO', 'PUNO', '')[n % 3]}\n" for n in range(40)
    )
    path.write_text(head + "".join(rows) + "F,C,2020,,Sin contrato,20200101,Taller SAC,CUSCO\n", encoding="utf-8")
    return [path]


def consortia(folder):
    head = (
        "projectID;organisationID;role;contentUpdateDate;activityType;name;city;country;nutsCode;SME;organizationURL\n"
    )
    rows = "".join(
        f"{1 + n // 4};{100000001 + n * 7 % 9};{'participant' if n % 4 else 'coordinator'};2023-01-{10 + n % 5};"
        f"{('HES', 'PRC', 'REC', '???')[n % 9 % 4]};Name {n};;PE;;;\n"
        for n in range(60)
    )
    (folder / "organization.csv").write_text(head + rows)
    texts = "".join(f"{n};Title {n};2023-01-01;Text {n};HORIZON\n" for n in (3, 1, 2, *range(4, 18)))
    (folder / "project.csv").write_text("id;title;startDate;objective;frameworkProgramme\n" + texts)
    return [folder]


@pytest.mark.parametrize(
    ("read", "make"),
    [
        (cordis.read, consortia),
        (cordis.read, lambda _: [FIXTURES / "cordis"]),
        (proinnovate.read, portfolio),
        (ocds.read, lambda _: sorted((FIXTURES / "ocds").iterdir()) * 2),
    ],
)
def test_readers_say_the_same_with_little_memory_as_with_much(tmp_path, monkeypatch, read, make):
    def told():
        return list(map(_plain, read(paths)))

    paths = make(tmp_path)
    much = told()
    assert len(much) > 10
    for name in ("RECENT", "BATCH"):
        monkeypatch.setattr(aside, name, 2)
    assert told() == much


def _plain(row):
    """Return a row that can be compared: errors are equal by what they say."""
    return (row.file, row.number, str(row.error)) if hasattr(row, "error") else row
