"""Tables whose rows must be understood: doubled columns, names without Latin letters, places, references."""

import hashlib

import pytest
from test_table import records, refusals, rows

from matcher.importing import import_files
from matcher.store.store import Store
from matcher.text import fold


def test_of_two_headers_with_one_meaning_the_filled_one_is_read(tmp_path):
    found = rows(
        tmp_path,
        evidence="socio,texto,resumen,idioma\n"
        "lab,Teñimos lana.,,es\nlab,,Secamos fruta.,es\nlab,Hilamos fibra.,Hilamos fibra.,es\n",
    )
    assert [r.text for r in records(found)] == ["Teñimos lana.", "Secamos fruta.", "Hilamos fibra."]


def test_two_headers_with_one_meaning_that_differ_refuse_the_row(tmp_path):
    found = rows(tmp_path, evidence="socio,texto,Resumen\nlab,Uno,Dos\nlab,Tres,\n")
    assert refusals(found) == {
        ("evidence.csv", 2): "columns 'texto' and 'Resumen' both mean text, and differ here: leave one of them empty"
    }
    assert found[1].records[0].text == "Tres"


def test_a_name_without_latin_letters_makes_an_id_too(tmp_path):
    names = ["Фабрика тканей", "染色研究所"]
    found = records(
        rows(
            tmp_path,
            partners="side,name\n" + "".join(f"supply,{name}\n" for name in names),
            evidence="partners,text\n" + "".join(f"{name.upper()},Algo\n" for name in names),
        )
    )
    # sha256 of the name in small letters: its first 12 digits
    ids = ["x-" + hashlib.sha256(fold(name).encode()).hexdigest()[:12] for name in names]
    assert [p.id for p in found[:2]] == ids
    assert [e.partners for e in found[2:]] == [(id_,) for id_ in ids]
    alone = records(rows(tmp_path, evidence=f"partners,text\n{names[0]},Algo\n"))
    assert alone[0].partners == (ids[0],)  # in another import the same


@pytest.mark.parametrize(
    ("place", "reason"),
    [
        ("PE,CL-RM", "region CL-RM lies in CL, not in PE"),
        ("Chile,PE-CUS", "region PE-CUS lies in PE, not in CL"),
        ("CL,Cusco", "region 'Cusco' is not known"),  # by name it is looked for in the country only
    ],
)
def test_a_region_of_another_country_is_refused(tmp_path, place, reason):
    header = "id,side,name,country,region\n"
    found = rows(tmp_path, partners=f"{header}a,supply,Uno,{place}\nb,supply,Dos,PE,PE-CUS\n")
    ((where, told),) = refusals(found).items()
    assert where == ("partners.csv", 2)
    assert told.startswith(reason)
    assert found[1].records[0].region == "PE-CUS"


def test_one_word_names_a_partner_of_an_earlier_import_by_id_or_by_name(tmp_path):
    store = Store.open(tmp_path / "db.sqlite")
    partners, needs = tmp_path / "partners.csv", tmp_path / "needs.csv"
    partners.write_text("id,side,name\n,demand,Cusqueña\nUNSAAC,demand,Universidad\n", encoding="utf-8")
    needs.write_text("id,partners,text\na,Cusqueña,Uno\nb,UNSAAC,Dos\nc,Nadie,Tres\n", encoding="utf-8")
    assert import_files(store, "table", [partners]).added == 2
    summary = import_files(store, "table", [needs])
    assert [e.partners for e in store.evidence()] == [("cusquena",), ("UNSAAC",)]
    assert [r.reason for r in summary.refusals] == [
        "partner 'Nadie' is not known: its own row is missing, or was refused"
    ]
