"""One side's partners and texts with their indexes: what a question to that side is answered from.

It never changes. `updated` gives the side after a change: what a full build of the same records would give, while
texts that stayed are neither read nor encoded again, and what they brought is shared (see `dense`, `lexical`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from matcher.encode import Encoder, Progress, Role, Vectors
from matcher.index import arrays
from matcher.index.columns import Codes, PartnerColumns, TextColumns
from matcher.index.dense import BLOCK, DenseIndex
from matcher.index.lexical import LexicalIndex
from matcher.index.profiles import Profiles
from matcher.index.read_ahead import ReadAhead
from matcher.index.rows import Kept, distinct, spread_out
from matcher.index.stored_texts import Texts, TextsFile
from matcher.index.typical import Typical
from matcher.index.word_counts import WordCounts
from matcher.records import Evidence, Partner
from matcher.spelling import Sounds
from matcher.text import detect_language

LABEL = 80  # characters up to which a text is no passage but a label, and is read as a question is

Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Windows:
    """Where the windows of texts lie in the dense index. `first`, `count`: (text slots,). `slots`: (texts,)."""

    first: Rows
    count: Rows
    slots: Rows

    @property
    def dense_slots(self) -> Rows:
        """The dense slots of the texts' windows, in the order of the texts."""
        return spread_out(self.first[self.slots], self.count[self.slots])


class SideIndex:
    """Partners and evidence of one side, each in the order of their ids.

    `pair_evidence`, `pair_partner`: (pairs,) which text is whose, by row.
    `partner_sums`: (partners, dimensions) sums of the vectors of a partner's texts, each the mean of its windows'.
    """

    def __init__(
        self,
        partners: Sequence[Partner],
        evidence: Sequence[Evidence],
        windows: Windows,
        dense: DenseIndex,
        lexical: LexicalIndex,
        words: WordCounts,
        pairs: tuple[Rows, Rows],
        partner_sums: Vectors | None = None,
        asked: Typical | None = None,
        read: "ReadAhead | None" = None,
    ) -> None:
        self.partners = tuple(partners)
        self.evidence = Texts.of(evidence)
        self.windows = windows
        self.dense = dense
        self.lexical = lexical
        self.words = words
        self.pair_evidence, self.pair_partner = pairs
        self.partner_row = {partner.id: row for row, partner in enumerate(self.partners)}
        self.window_evidence = np.repeat(np.arange(len(self.evidence)), windows.count[windows.slots])
        everybody = np.arange(len(self.partners))
        self.partner_sums = self._sums_of(everybody) if partner_sums is None else partner_sums
        self.asked = asked or Typical.none(dense.base.shape[1])
        self.read = read or ReadAhead.empty(dense.base.shape[1])

    @property
    def typical(self) -> tuple[float, float]:
        """Mean and standard deviation of the best cosine that a question at home here reaches."""
        return self.asked.moments

    @cached_property
    def partner_columns(self) -> PartnerColumns:
        """What the partners say of themselves, as arrays."""
        return PartnerColumns.of(self.partners)

    @cached_property
    def text_columns(self) -> TextColumns:
        """What the texts say of themselves, as arrays."""
        return TextColumns.of(self.evidence)

    @cached_property
    def text_counts(self) -> Rows:
        """How many texts each partner has, (partners,)."""
        return np.bincount(self.pair_partner, minlength=len(self.partners))

    @cached_property
    def having_texts(self) -> Rows:
        """The rows of the partners that have a text."""
        return np.flatnonzero(self.text_counts)

    @cached_property
    def joint_counts(self) -> Rows:
        """How many texts each partner has together with others of this side, (partners,)."""
        joint = np.bincount(self.pair_evidence, minlength=len(self.evidence)) > 1
        return np.bincount(self.pair_partner[joint[self.pair_evidence]], minlength=len(self.partners))

    @cached_property
    def languages(self) -> frozenset[str]:
        """Languages of the texts."""
        return self.text_columns.language.there - {""}

    @property
    def spanish_by_sound(self) -> Sounds:
        """The words of the Spanish texts by their sound."""
        return self.words.sounds

    @cached_property
    def sectors(self) -> list[frozenset[str]]:
        """Each partner's sectors: those given, and those of its texts."""
        return self._sectors_of(range(len(self.partners)))

    @cached_property
    def sector_codes(self) -> Codes:
        """The same as arrays."""
        return Codes.of(self.sectors)

    @cached_property
    def _by_partner(self) -> tuple[Rows, Rows]:
        """The rows of the texts partner by partner, and where each partner's begin, (partners + 1,)."""
        texts = self.pair_evidence[np.argsort(self.pair_partner, kind="stable")]
        return texts, np.concatenate([[0], np.cumsum(self.text_counts)])

    def texts_of(self, partner_row: int) -> Rows:
        """Return the rows of a partner's texts."""
        texts, starts = self._by_partner
        return texts[starts[partner_row] : starts[partner_row + 1]]

    def texts_of_all(self, partner_rows: Rows) -> Rows:
        """Return the rows of the texts of some partners, ascending, each once."""
        texts, starts = self._by_partner
        first = starts[partner_rows]
        return distinct(texts[spread_out(first, starts[partner_rows + 1] - first)])

    @cached_property
    def _pair_starts(self) -> Rows:
        """Where the pairs of each text begin, (texts + 1,): they lie text by text."""
        return np.searchsorted(self.pair_evidence, np.arange(len(self.evidence) + 1))

    @cached_property
    def _window_starts(self) -> Rows:
        """Where the windows of each text begin, (texts + 1,)."""
        return np.concatenate([[0], np.cumsum(self.windows.count[self.windows.slots])])

    def pairs_of(self, text_rows: Rows) -> Rows:
        """Return the rows of the pairs of some texts."""
        first = self._pair_starts[text_rows]
        return spread_out(first, self._pair_starts[text_rows + 1] - first)

    def windows_of(self, text_rows: Rows) -> Rows:
        """Return the rows of the windows of some texts."""
        first = self._window_starts[text_rows]
        return spread_out(first, self._window_starts[text_rows + 1] - first)

    @cached_property
    def profiles(self) -> Profiles:
        """What each partner's texts are about together."""
        groups, group = len(self.dense.means), self.dense.group
        first = group[self._window_starts[:-1]] if len(group) else np.empty(0, np.int64)
        both = self.pair_partner * groups + first[self.pair_evidence]
        counts = np.bincount(both, minlength=len(self.partners) * groups).reshape(-1, groups).astype(float)
        return Profiles.of(self.partner_sums, self.text_counts, counts, self.dense.means)

    @classmethod
    def build(
        cls, partners: Sequence[Partner], evidence: Sequence[Evidence], encoder: Encoder, progress: Progress | None
    ) -> "SideIndex":
        """Encode and index the texts of `partners` among `evidence`."""
        none = np.empty(0, np.int64)
        empty = cls(
            (), (), Windows(none, none, none), DenseIndex.empty(encoder.dimensions), LexicalIndex.empty(), WordCounts(),
            (none, none),
        )  # fmt: skip
        return empty.updated({p.id: p for p in partners}, {e.id: e for e in evidence}, encoder, progress)

    def updated(
        self,
        partners: Mapping[str, Partner | None],
        evidence: Mapping[str, Evidence | None],
        encoder: Encoder,
        progress: Progress | None = None,
    ) -> "SideIndex":
        """Return the side after a change.

        :param partners: id -> what it is now; None where it is no more, or no more of this side.
        :param evidence: likewise. All that name a partner that came or went are among them.
        """
        partner_ids = [p.id for p in self.partners]
        who = Kept.of(partner_ids, {id_: p for id_, p in partners.items() if p or id_ in self.partner_row})
        all_partners = who.arrange(self.partners)
        known = {p.id for p in all_partners}
        ours = {id_: e if e and not known.isdisjoint(e.partners) else None for id_, e in evidence.items()}
        what = Kept.of(self.evidence.ids, ours)
        texts = self.evidence.arranged(what)
        if not who.changes and not what.changes:
            return self
        # A text that only says something else about itself keeps its slot, and so its vectors.
        old_of = {self.evidence[row].id: row for row in what.removed.tolist()}
        same = {
            e.id: int(self.windows.slots[old_of[e.id]])
            for e in what.added
            if e.id in old_of and _read_alike(self.evidence[old_of[e.id]], e)
        }
        new = [e for e in what.added if e.id not in same]
        slots_in_use = len(self.windows.first)
        slot_of = same | {e.id: slots_in_use + i for i, e in enumerate(new)}
        slots = what.arrange_array(self.windows.slots, [slot_of[e.id] for e in what.added])
        read = _Read.of(new, encoder, progress)
        windows = Windows(
            np.concatenate([self.windows.first, len(self.dense.kinds) + np.cumsum(read.counts) - read.counts]),
            np.concatenate([self.windows.count, read.counts]),
            slots,
        )
        dense = self.dense.updated(windows.dense_slots, read.vectors, read.groups)
        lexical = self.lexical.updated(slots, [e.full_text for e in new], read.languages)
        words = self.words.updated([self.evidence[row] for row in what.removed.tolist()], what.added)
        pairs, touched = self._pairs(who, what, {p.id: row for row, p in enumerate(all_partners)})
        sums = who.arrange_array(self.partner_sums, np.zeros((len(who.added), dense.base.shape[1]), np.float32))
        side = SideIndex(all_partners, texts, windows, dense, lexical, words, pairs, sums)
        gone = [self.evidence[row] for row in what.removed.tolist()]
        side.read = self.read.updated(gone, what.added, new, words, encoder)
        side._refresh(self, who, what, touched)
        texts_touched = old_of.keys() | slot_of.keys()
        side.asked = self.asked.updated(side, texts_touched, [e.id for e in new], what.added_rows, encoder)
        return side

    def _pairs(
        self, who: "Kept[Partner]", what: "Kept[Evidence]", partner_row: dict[str, int]
    ) -> tuple[tuple[Rows, Rows], Rows]:
        """Return which text is whose after a change, and the rows of the partners whose texts are others now."""
        texts, partners = what.new_row[self.pair_evidence], who.new_row[self.pair_partner]
        stay = (texts >= 0) & (partners >= 0)
        added = np.array(
            [
                (row, partner_row[id_])
                for row, e in zip(what.added_rows.tolist(), what.added, strict=True)
                for id_ in dict.fromkeys(e.partners)
                if id_ in partner_row
            ],
            np.int64,
        ).reshape(-1, 2)
        pair_evidence = np.concatenate([texts[stay], added[:, 0]])
        pair_partner = np.concatenate([partners[stay], added[:, 1]])
        order = np.argsort(pair_evidence, kind="stable")
        lost = partners[~stay]
        touched = np.unique(np.concatenate([lost[lost >= 0], added[:, 1], who.added_rows]))
        return (pair_evidence[order], pair_partner[order]), touched

    def _refresh(self, before: "SideIndex", who: "Kept[Partner]", what: "Kept[Evidence]", touched: Rows) -> None:
        """Work out anew what depends on a partner's texts, for the partners that are `touched`; take over the rest."""
        if "partner_columns" in before.__dict__:
            self.__dict__["partner_columns"] = before.partner_columns.updated(who)
        if "text_columns" in before.__dict__:
            self.__dict__["text_columns"] = before.text_columns.updated(what)
        self.partner_sums[touched] = self._sums_of(touched)
        if "sectors" in before.__dict__:
            sectors = who.arrange_list(before.sectors, [frozenset()] * len(who.added))
            for row, codes in zip(touched.tolist(), self._sectors_of(touched.tolist()), strict=True):
                sectors[row] = codes
            self.__dict__["sectors"] = sectors

    def _sectors_of(self, partner_rows: Sequence[int]) -> list[frozenset[str]]:
        values, numbers = self.text_columns.sectors.values, self.text_columns.sectors.rows
        return [
            frozenset(
                chain(self.partners[row].sectors, *(values[i] for i in set(numbers[self.texts_of(row)].tolist())))
            )
            for row in partner_rows
        ]

    def _sums_of(self, partner_rows: Rows) -> Vectors:
        """Return the sums of the vectors of some partners' texts, (partner_rows, dimensions)."""
        sums = np.zeros((len(partner_rows), self.dense.base.shape[1]), np.float32)
        counts = self.text_counts[partner_rows]
        block = np.cumsum(counts) // BLOCK  # whole partners, so that a sum is the same whatever lies beside it
        for part in np.split(np.arange(len(partner_rows)), np.flatnonzero(np.diff(block)) + 1):
            having = part[counts[part] > 0]
            if len(having):
                texts = np.concatenate([self.texts_of(row) for row in partner_rows[having].tolist()])
                starts = np.cumsum(counts[having]) - counts[having]
                sums[having] = np.add.reduceat(self._means_of(texts), starts, axis=0)
        return sums

    def _means_of(self, text_rows: Rows) -> NDArray[np.float64]:
        """Return the mean vectors of texts' windows, (text_rows, dimensions)."""
        slots = self.windows.slots[text_rows]
        first, count = self.windows.first[slots], self.windows.count[slots]
        vectors = self.dense.at(spread_out(first, count)).astype(np.float64)
        if len(vectors) == len(text_rows):
            return vectors
        return np.asarray(np.add.reduceat(vectors, np.cumsum(count) - count, axis=0) / count[:, None])

    def save(self, folder: Path, row_of: Mapping[str, int]) -> None:
        """Write the indexes into the new folder `folder`; `row_of`: id of a text -> its row in the file of texts."""
        folder.mkdir()
        arrays.save(
            folder,
            "side",
            texts=np.array([row_of[id_] for id_ in self.evidence.ids], np.int64),
            counts=self.windows.count[self.windows.slots],
            pair_evidence=self.pair_evidence,
            pair_partner=self.pair_partner,
            partner_sums=self.partner_sums,
        )
        self.text_columns.save(folder)
        self.dense.save(folder)
        self.lexical.save(folder)
        self.words.save(folder)
        self.asked.save(folder, self.windows.slots)
        self.read.save(folder, self.windows.slots)

    @classmethod
    def load(cls, folder: Path, partners: Sequence[Partner], texts: TextsFile) -> "SideIndex":
        """Load what `save` wrote; `partners` are those that it was built from, `texts` all of the snapshot."""
        rows, counts, sums = (arrays.load(folder, "side", name) for name in ("texts", "counts", "partner_sums"))
        pairs = arrays.load(folder, "side", "pair_evidence"), arrays.load(folder, "side", "pair_partner")
        windows = Windows(np.cumsum(counts) - counts, counts, np.arange(len(counts)))
        side = cls(
            partners, Texts(texts, rows), windows, DenseIndex.load(folder), LexicalIndex.load(folder),
            WordCounts.load(folder), pairs, sums, Typical.load(folder), ReadAhead.load(folder),
        )  # fmt: skip
        side.__dict__["text_columns"] = TextColumns.load(folder)
        return side


@dataclass(frozen=True)
class _Read:
    """Texts as the indexes take them: `counts` (texts,) of windows, `vectors` and `groups` of the windows."""

    counts: Rows
    vectors: Vectors
    groups: list[str]
    languages: list[str]

    @classmethod
    def of(cls, texts: Sequence[Evidence], encoder: Encoder, progress: Progress | None) -> "_Read":
        windows = [encoder.windows(e.full_text) for e in texts]
        counts = np.array([len(w) for w in windows], np.int64)
        languages = [e.language or detect_language(e.text) or "" for e in texts]
        labels = np.array([role_of(e) is Role.QUERY for e in texts], bool)
        vectors = _encode(list(chain(*windows)), np.repeat(labels, counts), encoder, progress)
        # Texts compete with their like: of one language, and read by the encoder in one way.
        named = [f"{language} {label}" for language, label in zip(languages, labels, strict=True)]
        groups = [name for name, count in zip(named, counts.tolist(), strict=True) for _ in range(count)]
        return cls(counts, vectors, groups, languages)


def role_of(text: Evidence) -> Role:
    """Return what a text's windows are read as; labels as questions are, which E5 wants of like against like."""
    return Role.QUERY if len(text.full_text) <= LABEL else Role.PASSAGE


def _read_alike(old: Evidence, new: Evidence) -> bool:
    """Tell whether two states of a text are the same to the indexes."""
    return (old.text, old.title, old.language) == (new.text, new.title, new.language)


def _encode(windows: Sequence[str], labels: NDArray[np.bool_], encoder: Encoder, progress: Progress | None) -> Vectors:
    """Return the windows' vectors; `labels`: which are read as questions."""
    vectors = np.zeros((len(windows), encoder.dimensions), np.float32)
    for rows, role in ((np.flatnonzero(~labels), Role.PASSAGE), (np.flatnonzero(labels), Role.QUERY)):
        if len(rows):
            vectors[rows] = encoder.encode([windows[row] for row in rows.tolist()], role, progress)
    return vectors
