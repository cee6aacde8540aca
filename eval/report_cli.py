"""`python -m eval report`."""

import json
from pathlib import Path

import click

from eval.setup import FOLDER, FilePath, Setup, shared
from matcher.quality import FIGURES, PAGE, keep


@click.command("report")
@click.argument("folders", nargs=-1, required=True, type=FOLDER)
@click.option("--out", type=FilePath, default="report.html", show_default=True, help="Write the page here.")
@click.option(
    "--publish", is_flag=True, help="Also keep page and figures for this installation's page /quality, without names."
)
@click.option("--markdown", "markdown_file", type=FilePath, help="Write its tables as Markdown here.")
@shared
def report_command(
    folders: tuple[Path, ...],
    out: Path,
    publish: bool,
    markdown_file: Path | None,
    depth: int,
    weights: Path | None,
    model: str | None,
    json_file: Path | None,
) -> None:
    """Measure FOLDERS and write one self-contained HTML page with plots, beside baselines."""
    from eval import report  # plots load a large library

    setup = Setup.read(depth, weights, model)
    systems = report.systems_of(setup.weights)
    chapters = [report.chapter(setup.answers(folder, systems), setup.weights) for folder in folders]
    command = " ".join(["python -m eval report", *(folder.resolve().name for folder in folders)])
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(report.page(chapters, setup.weights, setup.encoder.revision, command), encoding="utf-8")
    if publish:
        texts = {
            PAGE: report.page(chapters, setup.weights, setup.encoder.revision, command, anonymous=True),
            FIGURES: json.dumps(
                report.summary(chapters, setup.weights, setup.encoder.revision, command), indent=1, ensure_ascii=False
            ),
        }
        keep(setup.settings.reports, texts)
        click.echo(f"{setup.settings.reports}: kept for the page /quality")
    if markdown_file:
        markdown_file.parent.mkdir(parents=True, exist_ok=True)
        markdown_file.write_text(report.markdown(chapters, setup.encoder.revision), encoding="utf-8")
    setup.write_json(json_file, {"folders": [report.report_json(each, setup.weights) for each in chapters]})
    click.echo(f"{out}: {len(chapters)} folder{'s'[len(chapters) == 1 :]}")
