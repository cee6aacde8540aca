"""What every engine is given: texts, vectors, questions; a folder that `material` writes."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from eval.speed.peers.peer import Question, Vectors

TEXTS, VECTORS, QUESTIONS, ASKED = "texts.json", "vectors.npy", "questions.json", "questions.npy"


@dataclass(frozen=True, slots=True)
class Texts:
    """Rows of texts as they are indexed: pieces that the model reads whole.

    `owners`: the partners of each. `vectors`: (rows, dimensions) of unit length. `language`: of most of them.
    """

    texts: list[str]
    owners: list[list[str]]
    vectors: Vectors
    language: str

    def save(self, folder: Path) -> None:
        """Write them."""
        told = {"texts": self.texts, "owners": self.owners, "language": self.language}
        (folder / TEXTS).write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")
        np.save(folder / VECTORS, self.vectors)

    @classmethod
    def load(cls, folder: Path) -> "Texts":
        """Read what `save` wrote."""
        told = json.loads((folder / TEXTS).read_text(encoding="utf-8"))
        return cls(told["texts"], told["owners"], np.load(folder / VECTORS), told["language"])


def save_questions(folder: Path, questions: list[tuple[str, Question]]) -> None:
    """Write questions with their names."""
    told = [{"id": id_, "text": question.text, "about": question.about} for id_, question in questions]
    (folder / QUESTIONS).write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")
    np.save(folder / ASKED, np.array([question.vector for _, question in questions], np.float32))


def load_questions(folder: Path) -> list[tuple[str, Question]]:
    """Read what `save_questions` wrote."""
    told: list[dict[str, Any]] = json.loads((folder / QUESTIONS).read_text(encoding="utf-8"))
    vectors = np.load(folder / ASKED)
    return [(q["id"], Question(q["text"], vector, q["about"])) for q, vector in zip(told, vectors, strict=True)]
