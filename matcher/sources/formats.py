"""The formats that Tinkuy reads, by name."""

from pathlib import Path

from matcher.language import N_
from matcher.sources import benchmark, cordis, ocds, proinnovate, table
from matcher.sources.pages import Asked, Format, paged


def _with_mapping(asked: Asked) -> tuple[Path, ...]:
    """Return a table's files, the mapping among them."""
    mapping = asked.options.get("mapping")
    return (*asked.paths, Path(mapping)) if mapping else asked.paths


FORMATS = {
    format_.name: format_
    for format_ in (
        Format(
            "table",
            N_("tables of partners, texts, needs, outcomes (CSV, XLSX): see `tinkuy template`; others with --preview"),
            "tinkuy import table socios.xlsx",
            lambda asked: paged(table.read(_with_mapping(asked), asked.stored), asked),
            {"mapping": N_("a TOML file that says how foreign sheets are read, as --preview --mapping writes it")},
        ),
        Format(
            "proinnovate",
            N_("ProInnóvate's project portfolio, Peru's innovation fund (CSV, open data)"),
            "tinkuy import proinnovate proyectos_finalizados.csv proyectos_ejecucion.csv",
            lambda asked: paged(proinnovate.read(asked.paths), asked),
        ),
        Format(
            "cordis",
            N_("CORDIS' tables of the European Union's projects and organisations: the folder or zip with project.csv"),
            "tinkuy import cordis cordis-HORIZONprojects-csv.zip",
            lambda asked: paged(cordis.read(asked.paths), asked),
        ),
        Format(
            "ocds",
            N_(
                "Open Contracting releases or records (JSON, JSONL, also packed): public tenders for R&D and technology"
            ),
            "tinkuy import ocds releases.jsonl.gz",
            lambda asked: paged(ocds.read(asked.paths), asked),
        ),
        Format(
            "benchmark",
            N_("a folder of judged questions, as `tinkuy export benchmark` writes it"),
            "tinkuy import benchmark data/questions",
            lambda asked: paged(benchmark.read(asked.paths), asked),
        ),
    )
}
