"""`tinkuy …`: the command line. Spanish by default, English with `--lang en`."""

import json
import logging
import os
import shutil
import sys
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import click
from click.shell_completion import get_completion_class

from matcher import parts, render
from matcher.answer_json import plain, to_json
from matcher.asking import checked
from matcher.errors import BadInput, NotFound, SnapshotError, TinkuyError
from matcher.importing import FORMATS, import_files, write_refusals
from matcher.index.snapshot import current_id, read_manifest
from matcher.language import N_, Translate, languages, translator
from matcher.records import Filters, Query, Side
from matcher.settings import CHECKOUT, Settings
from matcher.sources.columns import SIDES
from matcher.sources.table import write_template

PROGRAM = "tinkuy"
SHELLS = ("bash", "zsh", "fish")


@dataclass(frozen=True, slots=True)
class Context:
    """What every command has: settings and the user's language."""

    settings: Settings
    say: Translate

    def print(self, what: Any) -> None:
        """Show something on standard output."""
        render.console(shutil.get_terminal_size((120, 40)).columns).print(what)


in_context = click.make_pass_decorator(Context)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; an error that a person can mend is one line and exit code 2."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    say: Translate = str
    try:
        settings = Settings.read(os.environ)
        settings = replace(settings, language=_language_in(given) or settings.language)
        say = translator(settings.language)
        translated = deepcopy(commands)
        _translate(translated, say)
        code = translated.main(given, prog_name=PROGRAM, obj=Context(settings, say), standalone_mode=False)
    except TinkuyError as error:
        click.echo(f"{PROGRAM}: {error.text(say)}", err=True)
        sys.exit(2)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
        sys.exit(2)
    except click.ClickException as error:
        click.echo(f"{PROGRAM}: {error.format_message()}", err=True)
        sys.exit(2)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)
    sys.exit(code if isinstance(code, int) else 0)


def _language_in(arguments: list[str]) -> str | None:
    """Return the value of `--lang`: help and errors must know it before the arguments are parsed."""
    for i, argument in enumerate(arguments):
        value = argument.partition("=")[2] if argument.startswith("--lang=") else None
        if argument == "--lang" and i + 1 < len(arguments):
            value = arguments[i + 1]
        if value in languages():
            return value
    return None


def _translate(command: click.Command, say: Translate) -> None:
    command.help = say(command.help) if command.help else None
    command.short_help = say(command.short_help) if command.short_help else None
    for parameter in command.params:
        if isinstance(parameter, click.Option) and parameter.help:
            parameter.help = say(parameter.help)
    if isinstance(command, click.Group):
        for child in command.commands.values():
            _translate(child, say)


def _with_language(function: Callable[..., Any]) -> Callable[..., Any]:
    return click.option(
        "--lang", type=click.Choice(["es", "en"]), expose_value=False, help=N_("Language of the answer (default: es).")
    )(function)


@click.group(
    context_settings={"max_content_width": 110},
    help=N_(
        "Tinkuy finds who at universities and institutes can help a firm, and which firms need what a university can do."
    ),
)
@_with_language
def commands() -> None:
    """Hold the commands."""


@commands.command(
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
@click.option("-k", "k", type=int, default=10, show_default=True, help=N_("How many partners to show."))
@click.option(
    "--without",
    default="",
    help=N_("Rules to switch off, separated by commas: place, sector, track_record, experience."),
)
@click.option("--only-country", multiple=True, help=N_("Show only partners in this country; may be repeated."))
@click.option("--only-region", multiple=True, help=N_("Show only partners in this region; may be repeated."))
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
@_with_language
@in_context
def match_command(
    context: Context, /, text: str | None, seeks: str | None, evidence_id: str | None, **options: Any
) -> None:
    """Answer one question."""
    if (text is None) == (evidence_id is None):
        raise BadInput(N_("give either TEXT or --evidence ID, see `tinkuy match --help`"))
    chosen = {
        "k": options["k"],
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
    # Whatever can be said without the model is said before it is loaded.
    current_id(context.settings.home)
    query = checked(Query(text, **{"seeks": Side.SUPPLY, **chosen, **given})) if text is not None else None
    with render.waiting(context.say(N_("Looking for partners"))):
        engine = parts.open_live_engine(context.settings).current()
        query = query or engine.query_for(evidence_id or "", **chosen, **given)
        answer = engine.match(query, reader=context.settings.language)
    if options["as_json"]:
        click.echo(json.dumps(to_json(answer), ensure_ascii=False, indent=2))
    else:
        context.print(render.answer_table(answer, context.say, context.settings.language))


def _day(moment: Any) -> date | None:
    return moment.date() if moment else None


@commands.command("show", help=N_("Show a partner with its texts, or one text, by ID."))
@click.argument("id_", metavar="ID")
@click.option("--json", "as_json", is_flag=True, help=N_("Print it as JSON."))
@_with_language
@in_context
def show_command(context: Context, id_: str, as_json: bool) -> None:
    """Show one record of the database."""
    store = parts.open_store(context.settings)
    partners = {p.id: p for p in store.partners()}
    evidence = store.evidence()
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


@commands.command("status", help=N_("Show what is in the database and which snapshot serves."))
@click.option("--json", "as_json", is_flag=True, help=N_("Print it as JSON."))
@_with_language
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


@commands.command(
    "import",
    help=N_(
        "Read FILES of a FORMAT (table, proinnovate, benchmark) into the database. What is there already under the same id is updated; running it twice changes nothing. Refused rows are listed with their reasons in a file."
    ),
)
@click.argument("format_", metavar="FORMAT", type=click.Choice(list(FORMATS)))
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--refusals",
    type=click.Path(path_type=Path),
    help=N_("Where to write the refused rows (default: refusals.csv in Tinkuy's folder)."),
)
@_with_language
@in_context
def import_command(context: Context, format_: str, files: tuple[Path, ...], refusals: Path | None) -> None:
    """Import files and account for every row."""
    say = context.say
    with render.progress_bar(say(N_("Importing"))) as progress:
        summary = import_files(parts.open_store(context.settings), format_, files, progress)
    click.echo(
        say(
            N_(
                "{read} rows read: {added} records added, {changed} changed, {unchanged} unchanged; {refused} rows refused"
            )
        ).format(
            read=summary.read,
            added=summary.added,
            changed=summary.changed,
            unchanged=summary.unchanged,
            refused=len(summary.refusals),
        )
    )
    if summary.refusals:
        path = refusals or context.settings.home / "refusals.csv"
        write_refusals(summary.refusals, path, say)
        for refusal in summary.refusals[:5]:
            click.echo(
                say(N_("  {file}, row {row}: {reason}")).format(
                    file=refusal.file, row=refusal.number, reason=refusal.error.text(say)
                )
            )
        click.echo(say(N_("All refused rows with their reasons: {path}")).format(path=path))
    if summary.added or summary.changed:
        click.echo(say(N_("Run `tinkuy index` so that questions find the new records.")))


@commands.command(
    "template",
    help=N_("Write the empty table template to FILE.xlsx (one workbook with explanations) or to a folder (CSV files)."),
)
@click.argument("path", metavar="FILE", type=click.Path(path_type=Path))
@_with_language
@in_context
def template_command(context: Context, path: Path) -> None:
    """Write the template of the format `table`."""
    for file in write_template(path, context.say, spanish=context.settings.language == "es"):
        click.echo(str(file))


@commands.command(
    "index",
    help=N_(
        "Build a new snapshot from the database. The old one serves until the new one is whole; a running server takes it up at its next question."
    ),
)
@_with_language
@in_context
def index_command(context: Context) -> None:
    """Build a snapshot."""
    with render.progress_bar(context.say(N_("Building the snapshot"))) as progress:
        id_ = parts.build_snapshot(context.settings, progress)
    click.echo(context.say(N_("Snapshot {id} serves.")).format(id=id_))


@commands.command(
    "demo",
    help=N_("Load the demonstration data where the database is empty, and build a snapshot where there is none."),
)
@_with_language
@in_context
def demo_command(context: Context) -> None:
    """Make a first question possible."""
    settings, say = context.settings, context.say
    store = parts.open_store(settings)
    if not any(store.counts().values()):
        files = sorted((CHECKOUT / "data" / "demo").glob("*.csv"))
        if not files:
            raise NotFound(N_("the demonstration data is not here: run this in a checkout of Tinkuy"))
        with render.progress_bar(say(N_("Loading the demonstration data"))) as progress:
            import_files(store, "table", files, progress)
    try:
        id_ = current_id(settings.home)
        read_manifest(settings.home / "snapshots" / id_)
    except SnapshotError:
        with render.progress_bar(say(N_("Building the snapshot (a minute, once)"))) as progress:
            id_ = parts.build_snapshot(settings, progress)
    click.echo(say(N_("Snapshot {id} serves.")).format(id=id_))
    click.echo(say(N_('Now ask, for instance: tinkuy match "se me corren los colores de las chompas" --region Cusco')))


@commands.command(
    "model", help=N_("Prepare the language model (the bundled one is converted once) and show which it is.")
)
@_with_language
@in_context
def model_command(context: Context) -> None:
    """Load the model."""
    with render.progress_bar(context.say(N_("Preparing the model"))):
        encoder = parts.open_encoder(context.settings)
    click.echo(f"{encoder.revision} ({encoder.dimensions})")


@commands.command("serve", help=N_("Start the server, on this machine only unless --host says otherwise."))
@click.option("--host", default="127.0.0.1", show_default=True, help=N_("Address to listen on."))
@click.option("--port", default=8000, show_default=True, help=N_("Port to listen on."))
@_with_language
@in_context
def serve_command(context: Context, host: str, port: int) -> None:
    """Serve the API."""
    import uvicorn

    current_id(context.settings.home)  # without a snapshot there is nothing to serve: say so now
    click.echo(
        context.say(N_("Tinkuy at http://{host}:{port} (try it at /docs; stop with Ctrl+C)")).format(
            host=host, port=port
        )
    )
    uvicorn.run("api.app:create_app", factory=True, host=host, port=port, log_level="warning")


@commands.command(
    "completion",
    help=N_('Print the completion script of a SHELL (bash, zsh, fish); e.g. eval "$(tinkuy completion bash)".'),
)
@click.argument("shell", type=click.Choice(SHELLS))
def completion_command(shell: str) -> None:
    """Print a completion script."""
    complete = get_completion_class(shell)
    if complete is None:
        raise BadInput(N_("no completion for {shell}"), shell=shell)
    click.echo(complete(commands, {}, PROGRAM, "_TINKUY_COMPLETE").source())
