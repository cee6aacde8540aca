"""The command that fits the weights to judged questions: tune."""

import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich import box
from rich.table import Table

from matcher import parts, render
from matcher.commands.context import Context, in_context, with_language
from matcher.engine import Engine
from matcher.errors import BadInput
from matcher.index.snapshot import Snapshot, current_id
from matcher.language import N_, Translate
from matcher.macro_regions import MacroRegions
from matcher.weights import Weights

if TYPE_CHECKING:  # their libraries are slow to import, and only tuning needs them
    from matcher.gains import Interval
    from matcher.tuning import Tuned

SEED = 20_260_101


@click.command(
    "tune",
    help=N_(
        "Fit the weights to what is known: the judged questions of benchmark FOLDERS, or the outcomes of your own introductions (--from-outcomes, as of the last `tinkuy index`). Tells what the new weights gain on questions that they have not seen, and writes them to a file; nothing else is changed."
    ),
)
@click.argument("folders", metavar="[FOLDER]...", nargs=-1, type=click.Path(path_type=Path, file_okay=False))
@click.option(
    "--from-outcomes",
    is_flag=True,
    help=N_("Learn from the database's outcomes; no question knows its own outcome or later ones."),
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    help=N_("File to write (default: weights-tuned.toml in Tinkuy's folder)."),
)
@click.option("--force", is_flag=True, help=N_("Overwrite that file."))
@click.option("--seed", type=int, default=SEED, help=N_("Draws the folds; the same seed gives the same weights."))
@with_language
@in_context
def tune_command(
    context: Context, folders: tuple[Path, ...], from_outcomes: bool, out: Path | None, force: bool, seed: int
) -> None:
    """Tune, tell, write."""
    from matcher import trial, tuning, weights_file

    settings, say = context.settings, context.say
    path = out or settings.home / "weights-tuned.toml"
    if not folders and not from_outcomes:
        raise BadInput(N_("give benchmark folders or --from-outcomes, see `tinkuy tune --help`"))
    if path.exists() and not force:
        raise BadInput(N_("{path} exists: give another --out, or --force to overwrite it"), path=path)
    start, groups = Weights.load(settings.weights_file()), MacroRegions.load(settings.macro_regions)
    # A file that cannot be written anew is refused before the work.
    weights_file.rewritten(settings.weights_file(), start)
    path.parent.mkdir(parents=True, exist_ok=True)
    if from_outcomes:
        current_id(settings.home)  # without a snapshot there is nothing to learn from: say so now
    encoder = parts.open_encoder(settings)
    with tempfile.TemporaryDirectory(prefix="tinkuy-tune-") as home:
        trials: list[trial.Trial] = []
        for number, folder in enumerate(folders):
            with render.progress_bar(say(N_("Reading {folder}")).format(folder=folder.name)) as progress:
                trials.append(trial.from_folder(folder, Path(home) / str(number), encoder, start, progress, groups))
        if from_outcomes:
            engine = Engine(Snapshot.open_current(settings.home, encoder), encoder, start, groups)
            trials.append(trial.from_history(engine))
        with render.progress_bar(say(N_("Tuning"))) as progress:
            tuned = tuning.tune(trials, start, seed=seed, progress=progress)
    text = weights_file.text_of(tuned, settings.weights_file(), encoder.revision, datetime.now(UTC).date())
    path.write_text(text, encoding="utf-8")
    context.print(_results(tuned, say))
    context.print(_numbers(start, tuned.weights, say))
    proven = tuned.gain.low > 0
    click.echo(
        say(
            N_("Gain on questions not seen: {gain}.")
            if proven
            else N_("Gain on questions not seen: {gain}. It may be chance: better keep the weights that you have.")
        ).format(gain=_interval(tuned.gain))
    )
    click.echo(say(N_("Written: {path}. To use it: TINKUY_WEIGHTS={path}")).format(path=path))


def _results(tuned: "Tuned", say: Translate) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    heads = (
        N_("Data"), N_("Questions"), N_("Judgements"), N_("Figure"), N_("Before"), N_("Tuned"), N_("Gain (95 %)"),
        N_("Calibration error"), N_("Judged of the first 10"),
    )  # fmt: skip
    for head in heads:
        table.add_column(say(head))
    for each in tuned.results:
        table.add_row(
            each.name, str(each.questions), str(each.judgements), each.primary, f"{each.before:.3f}",
            f"{each.after:.3f}", _interval(each.gain), f"{each.ece_before:.3f} → {each.ece_after:.3f}",
            f"{each.judged:.0%}",
        )  # fmt: skip
    return table


def _numbers(start: Weights, tuned: Weights, say: Translate) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for head in (N_("Weight"), N_("Before"), N_("Tuned")):
        table.add_column(say(head))
    before, after = {"bias": start.bias} | start.signals, {"bias": tuned.bias} | tuned.signals
    for name, value in before.items():
        table.add_row(name, f"{value:g}", f"{after[name]:g}")
    return table


def _interval(found: "Interval") -> str:
    return f"{found.mean:+.3f} [{found.low:+.3f}, {found.high:+.3f}]"
