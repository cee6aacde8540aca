"""The weights file: what is read, and what each unusable file is told."""

import tomllib
from dataclasses import asdict

import pytest

from matcher.errors import BadWeights
from matcher.weights import RULE_OF, RULES, SHIPPED, AbstainWeights, ExposureWeights, TextWeights, Weights

GOOD = """
bias = -2
[text]
lexical_share = 0.25
lexical_cap = 6
temperature = 0.5
texts = 4
background = 0.4
[weights]
text = 1.5
profile = 0.6
distance = 0.1
same_region = 2
same_country = 0.5
sector = 1
sector_texts = 0.7
track_record = 0.02
track_record_near = 0.3
track_record_sector = 0.4
experience = 0.7
collaboration = 0.9
[caps]
track_record = 5
[abstain]
words = 4
contrast = 6
familiarity = 0.6
[exposure]
strength = 0.8
price = 0.05
"""


@pytest.fixture
def read(tmp_path):
    path = tmp_path / "weights.toml"

    def load(text: str | bytes) -> Weights:
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return Weights.load(path)

    load.path = path
    return load


def refusal(read, text) -> str:
    with pytest.raises(BadWeights) as caught:
        read(text)
    return str(caught.value)


def test_every_number_lands_where_it_belongs(read):
    found = read(GOOD)
    assert (found.bias, found.abstain) == (-2, AbstainWeights(words=4, contrast=6, familiarity=0.6))
    assert found.text == TextWeights(lexical_share=0.25, lexical_cap=6, temperature=0.5, texts=4, background=0.4)
    assert found.exposure == ExposureWeights(strength=0.8, price=0.05)
    assert found.caps == {"track_record": 5}
    assert found.signals == {
        "text": 1.5, "profile": 0.6, "distance": 0.1, "same_region": 2, "macro_region": 0, "same_country": 0.5, "sector": 1,
        "sector_texts": 0.7,
        "track_record": 0.02, "track_record_near": 0.3, "track_record_sector": 0.4, "experience": 0.7, "collaboration": 0.9,
    }  # fmt: skip


def test_caps_may_be_left_out(read):
    assert read(GOOD.replace("[caps]\ntrack_record = 5", "")).caps == {}


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("bias = -2", "bias"),
        ("lexical_share = 0.25", "text.lexical_share"),
        ("lexical_cap = 6", "text.lexical_cap"),
        ("background = 0.4", "text.background"),
        ("temperature = 0.5", "text.temperature"),
        ("texts = 4", "text.texts"),
        ("sector = 1", "weights.sector"),
        ("words = 4", "abstain.words"),
        ("contrast = 6", "abstain.contrast"),
        ("strength = 0.8", "exposure.strength"),
        ("price = 0.05", "exposure.price"),
        ("familiarity = 0.6", "abstain.familiarity"),
    ],
)
@pytest.mark.parametrize("instead", ["", 'NAME = "1"', "NAME = true", "NAME = nan", "NAME = inf", "NAME = [1]"])
def test_a_number_that_is_missing_or_none_is_named(read, line, name, instead):
    text = GOOD.replace(f"\n{line}\n", "\n" + instead.replace("NAME", name.split(".")[-1]) + "\n")
    assert refusal(read, text) == f"weights file {read.path}: {name} must be a number"


@pytest.mark.parametrize("part", ["weights", "caps"])
def test_an_unknown_signal_is_named_with_the_known_ones(read, part):
    text = GOOD.replace(f"[{part}]", f"[{part}]\nfame = 1")
    assert refusal(read, text) == f"weights file {read.path}: unknown signal 'fame'; known are {', '.join(RULE_OF)}"


@pytest.mark.parametrize("name", ["weights", "caps"])
def test_a_number_in_the_place_of_a_table_is_refused(read, name):
    text = f"{name} = 3\n" + GOOD.replace(f"[{name}]", "[elsewhere]")
    assert refusal(read, text) == f"weights file {read.path} cannot be read: {name} is no table"


def test_a_number_in_the_place_of_the_text_table_lacks_its_first_number(read):
    text = "text = 3\n" + GOOD.replace("[text]", "[elsewhere]")
    assert refusal(read, text) == f"weights file {read.path}: text.lexical_share must be a number"


def test_a_file_that_is_no_toml_is_refused_with_the_place(read):
    found = refusal(read, "bias = = 2")
    assert found.startswith(f"weights file {read.path} cannot be read: ")
    assert "line 1" in found


def test_a_file_that_is_no_utf8_is_refused(read):
    assert refusal(read, b"bias = 2 # \xff").startswith(f"weights file {read.path} cannot be read: ")


def test_a_file_that_is_absent_is_refused(tmp_path):
    with pytest.raises(BadWeights, match=r"none\.toml cannot be read: .*No such file"):
        Weights.load(tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("old", "new"),
    [("temperature = 0.5", "temperature = 0"), ("temperature = 0.5", "temperature = -1"),
     ("lexical_share = 0.25", "lexical_share = 1.01"), ("lexical_share = 0.25", "lexical_share = -0.01")],
)  # fmt: skip
def test_a_temperature_or_share_outside_its_range_is_refused(read, old, new):
    assert refusal(read, GOOD.replace(old, new)) == (
        f"weights file {read.path}: temperature must be above 0 and lexical_share between 0 and 1"
    )


@pytest.mark.parametrize(("old", "new"), [("strength = 0.8", "strength = -1"), ("price = 0.05", "price = 1.01")])
def test_spreading_can_neither_push_nor_cost_more_than_all(read, old, new):
    assert refusal(read, GOOD.replace(old, new)) == (
        f"weights file {read.path}: exposure.strength must be 0 or more and exposure.price between 0 and 1"
    )


@pytest.mark.parametrize("texts", ["0", "-3", "0.9"])
def test_no_text_at_all_cannot_be_pooled(read, texts):
    assert refusal(read, GOOD.replace("texts = 4", f"texts = {texts}")) == (
        f"weights file {read.path}: texts must be 1 or more"
    )


def test_the_shipped_file_names_every_signal_and_says_the_numbers_it_holds():
    raw = tomllib.loads(SHIPPED.read_text(encoding="utf-8"))
    found = Weights.load()
    assert found.signals == raw["weights"]
    assert set(raw["weights"]) == set(RULE_OF)
    assert (found.bias, asdict(found.abstain)) == (raw["bias"], raw["abstain"])
    text = found.text
    assert {
        "lexical_share": text.lexical_share,
        "lexical_cap": text.lexical_cap,
        "temperature": text.temperature,
        "texts": text.texts,
        "background": text.background,
    } == raw["text"]


def test_the_rules_are_those_that_can_be_switched_off():
    assert RULES == ("place", "sector", "track_record", "experience")
