"""The formats that Tinkuy reads, by name."""

from matcher.language import N_
from matcher.sources import benchmark, cordis, ocds, proinnovate, table
from matcher.sources.pages import Format, paged

FORMATS = {
    format_.name: format_
    for format_ in (
        Format(
            "table",
            N_("Tinkuy's own tables of partners, texts, needs and outcomes: CSV or XLSX, see `tinkuy template`"),
            "tinkuy import table socios.xlsx",
            lambda asked: paged(table.read(asked.paths, asked.stored), asked),
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
