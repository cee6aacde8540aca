"""One side's partners and texts with their indexes: what a question to that side is answered from."""

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from matcher.encode import Encoder, Progress, Role, Vectors
from matcher.index.dense import DenseIndex
from matcher.index.lexical import LexicalIndex
from matcher.places import locate
from matcher.records import Evidence, Partner
from matcher.spelling import by_sound
from matcher.text import detect_language, sentences

LABEL = 80  # characters up to which a text is no passage but a label, and is read as a question is
UNSEEN = 5  # texts about nothing in particular that every partner is thought to have besides its own
SAMPLE = 200  # texts asked as questions to learn what a good answer's cosine is
MIN_SAMPLE = 20  # fewer tell nothing


class SideIndex:
    """Partners and evidence of one side, each in the order of their ids.

    `pair_evidence`, `pair_partner`: (pairs,) which text is whose, by row.
    `window_evidence`: (windows,) the text that each dense row is a window of.
    `typical`: mean and standard deviation of the best cosine that a question at home here reaches.
    """

    def __init__(
        self,
        partners: Sequence[Partner],
        evidence: Sequence[Evidence],
        window_evidence: NDArray[np.int64],
        dense: DenseIndex,
        lexical: LexicalIndex,
        typical: tuple[float, float],
    ) -> None:
        self.partners = tuple(partners)
        self.evidence = tuple(evidence)
        self.window_evidence = window_evidence
        self.dense = dense
        self.lexical = lexical
        self.typical = typical
        self.partner_row = {partner.id: row for row, partner in enumerate(self.partners)}
        pairs = [
            (i, self.partner_row[id_])
            for i, e in enumerate(self.evidence)
            for id_ in e.partners
            if id_ in self.partner_row
        ]
        self.pair_evidence, self.pair_partner = np.asarray(pairs, np.int64).reshape(-1, 2).T

    @cached_property
    def regions(self) -> NDArray[np.str_]:
        """Region codes of the partners, (partners,); empty where unknown."""
        return np.array([p.region or "" for p in self.partners], str)

    @cached_property
    def countries(self) -> NDArray[np.str_]:
        """Country codes of the partners, (partners,); empty where unknown."""
        return np.array([p.country or "" for p in self.partners], str)

    @cached_property
    def text_counts(self) -> NDArray[np.int64]:
        """How many texts each partner has, (partners,)."""
        return np.bincount(self.pair_partner, minlength=len(self.partners))

    @cached_property
    def sector_sets(self) -> tuple[list[tuple[str, ...]], NDArray[np.int64]]:
        """The different sets of sectors that texts have, and which of them is whose, (texts,)."""
        numbers: dict[tuple[str, ...], int] = {}
        which = [numbers.setdefault(e.sectors, len(numbers)) for e in self.evidence]
        return list(numbers), np.array(which, np.int64)

    @cached_property
    def joint_counts(self) -> NDArray[np.int64]:
        """How many texts each partner has together with others of this side, (partners,)."""
        joint = np.bincount(self.pair_evidence, minlength=len(self.evidence)) > 1
        return np.bincount(self.pair_partner[joint[self.pair_evidence]], minlength=len(self.partners))

    @cached_property
    def languages(self) -> frozenset[str]:
        """Languages of the texts."""
        return frozenset(e.language for e in self.evidence if e.language)

    @cached_property
    def profiles(self) -> Vectors:
        """What each partner's texts say together, (partners, dimensions).

        The sum of how its texts differ from the mean of their language, over their number and UNSEEN
        more: the less is on record of a partner, the less it stands for (Balog et al. 2009, model 1,
        smoothed). One text alone is no profile: zeros.
        """
        deviations = self.dense.deviations()
        windows = np.bincount(self.window_evidence, minlength=len(self.evidence))
        per_text = np.zeros((len(self.evidence), deviations.shape[1]), np.float32)
        np.add.at(per_text, self.window_evidence, deviations)
        per_text /= np.maximum(windows, 1)[:, None]
        sums = np.zeros((len(self.partners), deviations.shape[1]), np.float32)
        np.add.at(sums, self.pair_partner, per_text[self.pair_evidence])
        sums[self.text_counts < 2] = 0.0
        return np.asarray(sums / (self.text_counts + UNSEEN)[:, None], np.float32)

    @cached_property
    def spanish_by_sound(self) -> dict[str, str]:
        """The words of the Spanish texts by their sound (see `spelling.by_sound`)."""
        return by_sound(e.full_text for e in self.evidence if e.language == "es")

    @cached_property
    def points(self) -> NDArray[np.float64]:
        """Latitudes and longitudes of the partners in degrees, (partners, 2); NaN where unknown."""
        points = [locate(p.country, p.region, p.city) or (np.nan, np.nan) for p in self.partners]
        return np.array(points, float).reshape(-1, 2)

    @cached_property
    def sectors(self) -> list[frozenset[str]]:
        """Each partner's sectors: those given, and those of its texts."""
        found = [set(p.sectors) for p in self.partners]
        for text, partner in zip(self.pair_evidence, self.pair_partner, strict=True):
            found[partner].update(self.evidence[text].sectors)
        return [frozenset(codes) for codes in found]

    @classmethod
    def build(
        cls, partners: Sequence[Partner], evidence: Sequence[Evidence], encoder: Encoder, progress: Progress | None
    ) -> "SideIndex":
        """Encode and index the texts of `partners` among `evidence`."""
        ours = {partner.id for partner in partners}
        texts = sorted((e for e in evidence if ours.intersection(e.partners)), key=lambda e: e.id)
        windows = [encoder.windows(e.full_text) for e in texts]
        owners = np.repeat(np.arange(len(texts), dtype=np.int64), [len(w) for w in windows])
        languages = [e.language or detect_language(e.text) or "" for e in texts]
        labels = np.array([len(e.full_text) <= LABEL for e in texts], bool)[owners]
        vectors = _encode([w for per_text in windows for w in per_text], labels, encoder, progress)
        # Texts compete with their like: of one language, and read by the encoder in one way.
        groups = [f"{languages[owner]} {label}" for owner, label in zip(owners, labels, strict=True)]
        dense = DenseIndex.build(vectors, groups)
        lexical = LexicalIndex.build([e.full_text for e in texts], languages)
        typical = _typical_best(texts, owners, vectors, encoder)
        return cls(sorted(partners, key=lambda p: p.id), texts, owners, dense, lexical, typical)

    def save(self, folder: Path) -> None:
        """Write the indexes into the new folder `folder`."""
        folder.mkdir()
        np.savez(folder / "side.npz", windows=self.window_evidence, typical=np.array(self.typical))
        self.dense.save(folder)
        self.lexical.save(folder)

    @classmethod
    def load(cls, folder: Path, partners: Sequence[Partner], evidence: Sequence[Evidence]) -> "SideIndex":
        """Load what `save` wrote; `partners` and `evidence` are those that it was built from."""
        ours = {partner.id for partner in partners}
        texts = [e for e in evidence if ours.intersection(e.partners)]
        with np.load(folder / "side.npz") as arrays:
            windows, (mean, spread) = arrays["windows"], arrays["typical"].tolist()
        dense, lexical = DenseIndex.load(folder), LexicalIndex.load(folder, len(texts))
        return cls(partners, texts, windows, dense, lexical, (mean, spread))


def _encode(windows: Sequence[str], labels: NDArray[np.bool_], encoder: Encoder, progress: Progress | None) -> Vectors:
    """Return the windows' vectors; those of labels are read as questions, which E5 wants of like against like."""
    vectors = np.zeros((len(windows), encoder.dimensions), np.float32)
    for rows, role in ((np.flatnonzero(~labels), Role.PASSAGE), (np.flatnonzero(labels), Role.QUERY)):
        if len(rows):
            vectors[rows] = encoder.encode([windows[row] for row in rows.tolist()], role, progress)
    return vectors


def _typical_best(
    texts: Sequence[Evidence], owners: NDArray[np.int64], vectors: Vectors, encoder: Encoder
) -> tuple[float, float]:
    """Ask the first sentences of some texts as questions; return mean and deviation of the best cosines.

    A text's own partners do not count among the answers. Whoever asks for something that nobody
    here does stays well below what these questions reach.
    """
    tried = np.linspace(0, len(texts) - 1, min(SAMPLE, len(texts))).astype(int).tolist() if texts else []
    first = {i: sentences(texts[i].text)[:1] for i in tried}
    asked = {i: texts[i].text[slice(*spans[0])] for i, spans in first.items() if spans}
    best = []
    for i, question in zip(asked, encoder.encode(list(asked.values()), Role.QUERY), strict=True):
        ours = set(texts[i].partners)
        other = np.array([ours.isdisjoint(e.partners) for e in texts], bool)[owners]
        if other.any():
            best.append(float((vectors[other] @ question).max()))
    return (float(np.mean(best)), float(np.std(best))) if len(best) >= MIN_SAMPLE else (0.0, 0.0)
