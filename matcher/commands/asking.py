"""Commands that ask: match, show, status."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import click

from matcher import parts, render
from matcher.answer_json import plain, to_json
from matcher.asking import checked
from matcher.commands.context import Context, in_context, with_language
from matcher.commands.files import format_of, write_file
from matcher.errors import BadInput, NotFound, SnapshotError
from matcher.index.snapshot import current_id, read_manifest
from matcher.language import N_
from matcher.list_columns import match_columns
from matcher.macro_regions import MacroRegions
from matcher.records import Filters, Query, Side
from matcher.sources.columns import SIDES
from matcher.store.whole import shown_under
from matcher.table_export import to_bytes


@click.command(
    "match",
    help=N_(
        "Rank partners for a problem (--seeks supply) or for a capability (--seeks demand), described in TEXT or by a stored text (--evidence)."
    ),
)
@click.argument("text", required=False)
@click.option(
    "--seeks",
    type=click.Choice(sorted(SIDES)),
    help=N_(
        "Side that is looked for: supply (oferta), who can help, or demand (demanda), who needs it. Default: supply; with --evidence the other side."
    ),
)
@click.option("--evidence", "evidence_id", help=N_("Id of a stored evidence or need that stands in for TEXT."))
@click.option("--region", help=N_("Region where you are, by name or ISO 3166-2 code (Cusco, PE-CUS)."))
@click.option(
    "--country", "countries", multiple=True, help=N_("Country where you are, by name or code; may be repeated.")
)
@click.option(
    "--sector",
    "sectors",
    multiple=True,
    help=N_("Your sector, by name or ISIC (CIIU) code (textiles, C13); may be repeated."),
)
@click.option(
    "--no-guess",
    is_flag=True,
    help=N_("Without --sector, do not deduce the sector from TEXT."),
)
@click.option("-k", "k", type=int, default=10, show_default=True, help=N_("How many partners to show."))
@click.option(
    "--without",
    default="",
    help=N_("Rules to switch off, separated by commas: place, sector, track_record, experience."),
)
@click.option(
    "--spread", is_flag=True, help=N_("Let partners with many introductions lately give their place to others.")
)
@click.option("--only-country", multiple=True, help=N_("Show only partners in this country; may be repeated."))
@click.option(
    "--only-region",
    multiple=True,
    help=N_("Show only partners in this region, or in the regions of this macro-region; may be repeated."),
)
@click.option("--only-sector", multiple=True, help=N_("Show only partners of this sector; may be repeated."))
@click.option(
    "--only-kind", multiple=True, help=N_("Show only partners of this kind (university, firm…); may be repeated.")
)
@click.option(
    "--only-language", multiple=True, help=N_("Consider only texts in this language (es, en…); may be repeated.")
)
@click.option(
    "--since", type=click.DateTime(["%Y-%m-%d", "%d/%m/%Y"]), help=N_("Consider only texts from this day on.")
)
@click.option("--until", type=click.DateTime(["%Y-%m-%d", "%d/%m/%Y"]), help=N_("Consider only texts up to this day."))
@click.option("--json", "as_json", is_flag=True, help=N_("Print the whole answer as JSON."))
@click.option(
    "--output",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help=N_("Write the list to FILE.csv, FILE.xlsx or FILE.json instead."),
)
@with_language
@in_context
def match_command(
    context: Context, /, text: str | None, seeks: str | None, evidence_id: str | None, **options: Any
) -> None:
    """Answer one question."""
    if (text is None) == (evidence_id is None):
        raise BadInput(N_("give either TEXT or --evidence ID, see `tinkuy match --help`"))
    chosen: dict[str, Any] = {
        "guess_sector": not options["no_guess"],
        "k": options["k"],
        "spread": options["spread"],
        "without": frozenset(name.strip() for name in options["without"].split(",") if name.strip()),
        "filters": Filters(
            frozenset(options["only_country"]),
            frozenset(options["only_region"]),
            frozenset(options["only_sector"]),
            frozenset(options["only_kind"]),
            frozenset(options["only_language"]),
            _day(options["since"]),
            _day(options["until"]),
        ),
    }
    given = {name: options[name] for name in ("region", "countries", "sectors") if options[name]}
    if seeks:
        given["seeks"] = Side(SIDES[seeks])
    output: Path | None = options["output"]
    format_ = format_of(output) if output else None
    # Whatever can be said without the model is said before it is loaded.
    current_id(context.settings.home)
    groups = MacroRegions.load(context.settings.macro_regions)
    asked = Query(text, **{"seeks": Side.SUPPLY, **chosen, **given}) if text is not None else None
    query = checked(asked, groups) if asked else None
    with render.waiting(context.say(N_("Looking for partners"))):
        engine = parts.open_live_engine(context.settings).current()
        query = query or engine.query_for(evidence_id or "", **chosen, **given)
        answer = engine.match(query, reader=context.settings.language)
    if output and format_:
        write_file(output, to_bytes(match_columns(answer), answer.matches, format_, context.say))
        told = N_("{count} rows written to {path}")
        click.echo(context.say(told).format(count=len(answer.matches), path=output))
    elif options["as_json"]:
        click.echo(json.dumps(to_json(answer), ensure_ascii=False, indent=2))
    else:
        context.print(render.answer_table(answer, context.say, context.settings.language))


def _day(moment: Any) -> date | None:
    return moment.date() if moment else None


@click.command("show", help=N_("Show a partner with its texts, or one text, by ID."))
@click.argument("id_", metavar="ID")
@click.option("--json", "as_json", is_flag=True, help=N_("Print it as JSON."))
@with_language
@in_context
def show_command(context: Context, id_: str, as_json: bool) -> None:
    """Show one record of the database."""
    store = parts.open_store(context.settings)
    now = store.everything()
    with store.reading() as session:
        id_ = shown_under(session, [id_]).get(id_, id_)
    partners, evidence = {p.id: p for p in now.partners}, now.evidence
    if id_ in partners:
        texts = [e for e in evidence if id_ in e.partners]
        found: Any = {"partner": partners[id_], "evidence": texts}
        page = render.partner_page(partners[id_], texts, context.say, context.settings.language)
    else:
        text = next((e for e in evidence if e.id == id_), None)
        if text is None:
            raise NotFound(N_("no partner, evidence or need has the id {id!r}"), id=id_)
        found = {"evidence": text, "partners": [partners[p] for p in text.partners]}
        page = render.evidence_page(text, found["partners"], context.say)
    if as_json:
        click.echo(json.dumps(plain(found), ensure_ascii=False, indent=2))
    else:
        context.print(page)


@click.command("status", help=N_("Show what is in the database and which snapshot serves."))
@click.option("--json", "as_json", is_flag=True, help=N_("Print it as JSON."))
@with_language
@in_context
def status_command(context: Context, as_json: bool) -> None:
    """Tell counts and snapshot."""
    settings = context.settings
    store = parts.open_store(settings)
    evidence = store.evidence()
    with_text = {p for e in evidence for p in e.partners}
    known = {"home": str(settings.home), **store.counts()}
    known["partners_without_texts"] = sum(p.id not in with_text for p in store.partners())
    try:
        id_ = current_id(settings.home)
        manifest = read_manifest(settings.home / "snapshots" / id_)
        known |= {"snapshot": id_, "built": manifest["built"], "model": manifest["model"]}
    except SnapshotError as error:
        known["snapshot"] = error.text(context.say)
    if as_json:
        click.echo(json.dumps(known, ensure_ascii=False, indent=2))
        return
    labels = {
        "home": N_("Folder"),
        "supply_partners": N_("Supply partners"),
        "demand_partners": N_("Demand partners"),
        "supply_evidence": N_("Evidence of supply"),
        "demand_evidence": N_("Needs"),
        "outcomes": N_("Outcomes"),
        "partners_without_texts": N_("Partners without texts (cannot be found)"),
        "snapshot": N_("Snapshot"),
        "built": N_("Built"),
        "model": N_("Model"),
    }
    for name, value in known.items():
        click.echo(f"{context.say(labels[name])}: {value}")
