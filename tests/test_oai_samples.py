"""The official samples of both CERIF-XML profiles: valid, and every record and element accounted for."""

from collections import Counter

import pytest
from lxml import etree
from oai_files import PROFILES, REAL, read, real

from matcher.errors import BadInput
from matcher.sources import cerif, cerif_units, cerif_works, metadata, xml_schema
from matcher.sources.reading import Refusal
from matcher.sources.repository import Repository


@real
@pytest.mark.parametrize("profile", PROFILES)
def test_all_official_samples_are_valid_by_their_profile(profile):
    rows = read(REAL / profile, schema=str(REAL / profile / f"{profile}-cerif-profile.xsd"), partner="Institución")
    assert [row.reason for row in rows if isinstance(row, Refusal)] == []


@real
@pytest.mark.parametrize("profile", PROFILES)
def test_the_profile_refuses_what_is_not_valid(profile):
    check = xml_schema.checker(REAL / profile / f"{profile}-cerif-profile.xsd")
    sample = next((REAL / profile / "samples").glob("*project*.xml"))
    element = next(etree.parse(sample).iter("{*}Project"))
    check(element)
    next(element.iter("{*}StartDate")).text = "ayer"
    with pytest.raises(BadInput, match="ayer"):
        check(element)
    element.append(etree.SubElement(element, "{x}Colour"))
    with pytest.raises(BadInput):
        check(element)


@real
@pytest.mark.parametrize(
    ("profile", "counts"),
    [("perucris", {"Row": 12, "Skipped": 14}), ("openaire", {"Row": 32, "Skipped": 43, "Gone": 1})],
)
def test_every_record_of_the_official_samples_is_accounted_for(profile, counts):
    rows = read(REAL / profile, partner="Institución")
    assert Counter(type(row).__name__ for row in rows) == counts


def test_elements_that_no_table_names_are_noticed(monkeypatch):
    element = etree.fromstring(
        "<Project><Title>a</Title><Colour><Dark/></Colour><Consortium><Guest/></Consortium></Project>"
    )
    assert accounted("Project", element, monkeypatch) == (
        5,
        {("Project", "Colour"), ("Colour", "Dark"), ("Consortium", "Guest")},
    )


def accounted(entity: str, element, monkeypatch) -> tuple[int, set[tuple[str, str]]]:
    """Read an entity and return how many elements it has, and those neither looked at nor passed over on purpose."""
    looked: set = set()

    def children(of):
        found = real_children(of)

        class Noted(dict):
            def get(self, name, otherwise=None):
                looked.update(found.get(name, ()))
                return super().get(name, otherwise)

            def __getitem__(self, name):
                looked.update(found[name])
                return found[name]

            def values(self):
                for each in found.values():
                    looked.update(each)
                return found.values()

        return Noted(found)

    def units_in(box):
        found = real_units(box)
        looked.update(found)  # and what was passed through on the way to them
        looked.update(each for each in box.iterdescendants() if name(each) == "Affiliation" or each.getparent() is box)
        return found

    real_children, real_units = metadata.children, metadata.units_in
    for module in (cerif_units, cerif_works):
        monkeypatch.setattr(module, "children", children)
        monkeypatch.setattr(module, "units_in", units_in)

    class Forgetful(dict):
        def __setitem__(self, key, value):
            """Every mention is read."""

    repository = Repository(id="r", partner="Institución", read=Forgetful())
    skipped = isinstance(cerif.read(entity, element, repository), str)  # as a whole, and counted as that
    missed = set()
    count = 0
    for each in element.iterdescendants(etree.Element):
        count += 1
        chain = [each, *(a for a in each.iterancestors() if element in a.iterancestors() or a is element)]
        pairs = [(name(b), name(a)) for a, b in zip(chain, [*chain[1:], element], strict=False) if a is not element]
        if (
            not skipped
            and each not in looked
            and not any({(p, c), ("*", c)} & (cerif.PASSED.keys() | cerif.SECOND.keys()) for p, c in pairs)
        ):
            missed.add((name(each.getparent()), name(each)))
    return count, missed


def name(element) -> str:
    return etree.QName(element).localname


@real
def test_every_element_of_every_official_sample_is_used_or_passed_over_on_purpose(monkeypatch):
    read_, missed = Counter(), set()
    for sample in sorted(REAL.glob("*/samples/*.xml")):
        for metadata_ in etree.parse(sample, etree.XMLParser(remove_comments=True)).iter("{*}metadata"):
            entity = name(metadata_[0])
            with monkeypatch.context() as patch:
                count, lost = accounted(entity, metadata_[0], patch)
            read_[entity] += count
            missed |= lost
    assert missed == set()
    assert set(read_) == {
        "OrgUnit",
        "Person",
        "Project",
        "Publication",
        "Patent",
        "Product",
        "Equipment",
        "Funding",
        "Event",
    }
