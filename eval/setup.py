"""What the commands share: their options, and model and weights made of them."""

import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import click

from eval.answers import Answered, run
from eval.systems import System
from matcher import parts
from matcher.encode import Encoder
from matcher.macro_regions import MacroRegions
from matcher.render import progress_bar
from matcher.settings import Settings
from matcher.weights import Weights

FilePath = click.Path(path_type=Path, dir_okay=False)
FOLDER = click.Path(path_type=Path, file_okay=False)


@dataclass(frozen=True, slots=True)
class Setup:
    """Model, weights, depth and macro-regions of an evaluation, the settings, and when it started."""

    encoder: Encoder
    weights: Weights
    depth: int
    settings: Settings
    macro_regions: MacroRegions
    started: float = field(default_factory=time.perf_counter)

    @classmethod
    def read(cls, depth: int, weights: Path | None, model: str | None) -> "Setup":
        """Load model and weights as the environment and the options say."""
        settings = Settings.read(os.environ)
        settings = replace(settings, model=model or settings.model, weights=weights or settings.weights)
        numbers = Weights.load(settings.weights_file())  # first: a slip there should not wait for the model
        groups = MacroRegions.load(settings.macro_regions)
        return cls(parts.open_encoder(settings), numbers, depth, settings, groups)

    def answers(self, folder: Path, systems: list[System], shuffle: int | None = None) -> Answered:
        """Answer a folder's questions by all systems, with a bar on standard error; see `answers.run`."""
        with progress_bar(folder.name) as progress:
            return run(
                folder,
                self.encoder,
                systems,
                depth=self.depth,
                progress=progress,
                shuffle=shuffle,
                macro_regions=self.macro_regions,
            )

    def write_json(self, path: Path | None, found: dict[str, Any]) -> None:
        """Write what was found and how, where a path was given; seconds hold vectors as far as not cached."""
        if path:
            about = {"model": self.encoder.revision, "depth": self.depth}
            seconds = round(time.perf_counter() - self.started, 1)
            path.parent.mkdir(parents=True, exist_ok=True)
            text = json.dumps(found | about | {"seconds": seconds}, indent=1, ensure_ascii=False)
            path.write_text(text, encoding="utf-8")


def shared(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options that all have."""
    for option in (
        click.option("--json", "json_file", type=FilePath, help="Write everything as JSON here."),
        click.option("--model", help="A sentence-transformers folder or name instead of the bundled model."),
        click.option("--weights", type=FilePath, help="Weights file instead of the shipped one."),
        click.option("--depth", default=1000, show_default=True, help="Partners ranked a question."),
    ):
        command = option(command)
    return command
