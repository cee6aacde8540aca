"""The formats that Tinkuy reads, by name."""

from pathlib import Path

from matcher.language import N_
from matcher.sources import benchmark, cordis, oai, ocds, openalex, orcid, proinnovate, ror, table, vivo
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
        Format(
            "openalex",
            N_("OpenAlex's works, institutions and authors: from its API, replies of it (JSON), or its snapshot (.gz)"),
            "tinkuy import openalex works.json",
            openalex.read,
            {
                "institution": N_("ROR id of the one institution whose works are read, e.g. https://ror.org/…"),
                "people": N_("`partners`: authors become partners too"),
                "api_key": N_("the key that OpenAlex gives free of charge; from an address little is read without"),
                "mailto": N_("an e-mail address, by which OpenAlex can reach you"),
                "changes": N_(
                    "`updated`: only what has changed since the last run, which takes a paid key of OpenAlex"
                ),
            },
            live=True,
        ),
        Format(
            "ror",
            N_("ROR, the register of research organisations: its data dump (.zip or .json), or its API"),
            "tinkuy import ror v2.0-ror-data.zip",
            ror.read,
            {
                "country": N_("only organisations of these countries: PE, or PE,BO"),
                "client_id": N_("the client id that ROR gives free of charge; without, 50 questions in five minutes"),
            },
            live=True,
        ),
        Format(
            "orcid",
            N_(
                "ORCID's records (JSON, XML, the public data file .tar.gz, or the API): works, as those of the employer"
            ),
            "tinkuy import orcid record.json",
            orcid.read,
            {
                "people": N_("`partners`: researchers become partners too"),
                "token": N_("a token for ORCID's public API, if it asks for one"),
            },
            live=True,
            by_key=True,
        ),
        Format(
            "vivo",
            N_("VIVO's research profiles in RDF: N-Triples, Turtle or RDF/XML, plain or gzip, up to 5 million triples"),
            "tinkuy import vivo export.nt",
            vivo.read,
            {"people": N_("`partners`: researchers become partners too")},
        ),
        Format(
            "oai-pmh",
            N_("a repository or research information system by OAI-PMH, live or its files: CERIF-XML or Dublin Core"),
            "tinkuy import oai-pmh perucris.xml",
            oai.read,
            oai.OPTIONS,
            live=True,
            by_key=True,
        ),
    )
}
