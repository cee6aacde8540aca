"""What is told of a build's reading is what the build reads."""

from conftest import EVIDENCE, OUTCOMES, PARTNERS, FakeEncoder
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from matcher.encode import Role
from matcher.index import pieces
from matcher.index.side import LABEL
from matcher.index.snapshot import Snapshot
from matcher.records import Changes, Evidence, State


class Noting(FakeEncoder):
    """Notes roles too, and reads in windows of 60 characters."""

    def __init__(self):
        super().__init__()
        self.asked = set()

    def windows(self, text):
        return [text[start : start + 60] for start in range(0, len(text), 60)]

    def encode(self, texts, role, progress=None):
        self.asked.update((text, role) for text in texts)
        return super().encode(texts, role, progress)


def told(partners, evidence):
    texts = [text for text in evidence if not {p.id for p in partners}.isdisjoint(text.partners)]
    found = [piece for _, piece in pieces.of_texts(texts, Noting())]
    return {(piece.text, piece.role) for piece in (*found, *pieces.common(partners, texts, FakeEncoder.dimensions))}


def read(partners, evidence):
    encoder = Noting()
    Snapshot.of("one", Changes(State(), tuple(partners), tuple(evidence), tuple(OUTCOMES), frozenset()), encoder)
    return encoder.asked


def test_a_build_reads_what_is_told():
    nobodys = Evidence("nadie-1", ("nadie",), "need", "De quien no está.")
    assert told(PARTNERS, [*EVIDENCE, nobodys]) == read(PARTNERS, [*EVIDENCE, nobodys])


def test_each_word_is_told_once_and_labels_are_questions():
    texts = [
        Evidence("a", ("unsaac",), "need", "Secado de orégano"),
        Evidence("b", ("unsaac",), "need", "Secado de orégano en bandejas, con medida del aceite y del color al cabo de un año."),
    ]  # fmt: skip
    found = list(pieces.of_texts(texts, FakeEncoder()))
    assert len(texts[0].full_text) <= LABEL < len(texts[1].full_text)
    assert (0, pieces.Piece("Secado de orégano", Role.QUERY, "a")) in found
    assert (1, pieces.Piece(texts[1].text, Role.PASSAGE, "b")) in found
    assert [piece.of for _, piece in found if piece.text == "orégano"] == ["a"]


LINES = ("Tejemos alpaca.", "Wir färben Wolle!", "secado; Prensado de uva", "Torno CNC de 5 ejes.", "¿Y el aceite?", "ABC.")  # fmt: skip


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(
        st.tuples(
            st.lists(st.sampled_from(LINES), min_size=1, max_size=25),
            st.sampled_from([None, "es", "en", "de"]),
            st.sampled_from([("unsaac",), ("taller",), ("taller", "unsaac"), ("nadie",)]),
            st.booleans(),
        ),
        max_size=6,
    )
)
def test_it_does_of_any_texts(rows):
    evidence = [
        Evidence(f"e{n}", whose, "need", " ".join(lines), "Título" if title else None, language)
        for n, (lines, language, whose, title) in enumerate(rows)
    ]
    assert told(PARTNERS, evidence) == read(PARTNERS, evidence)
