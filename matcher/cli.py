"""`tinkuy …`: the command line. Spanish by default, English with `--lang en`."""

import logging
import os
import sys
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import replace

import click
from click.shell_completion import get_completion_class

from matcher.commands import (
    access,
    asking,
    configuring,
    desk,
    encoding,
    exporting,
    feeding,
    keeping,
    recording,
    searches,
    serving,
    sources,
    tuning,
    wholeness,
)
from matcher.commands.context import Context, with_language
from matcher.errors import BadInput, TinkuyError
from matcher.language import N_, Translate, languages, translator
from matcher.settings import Settings

PROGRAM = "tinkuy"
SHELLS = ("bash", "zsh", "fish")


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
    except OSError as error:  # a full disk, a folder that cannot be written
        what = say(N_("{path} cannot be read or written: {reason}"))
        reason = error.strerror or type(error).__name__
        click.echo(f"{PROGRAM}: {what.format(path=error.filename or '-', reason=reason)}", err=True)
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


@click.group(
    context_settings={"max_content_width": 110},
    help=N_(
        "Tinkuy finds who at universities and institutes can help a firm, and which firms need what a university can do."
    ),
)
@with_language
def commands() -> None:
    """Hold the commands."""


for _command in (
    asking.match_command,
    asking.show_command,
    asking.status_command,
    feeding.import_command,
    feeding.template_command,
    sources.sources_command,
    configuring.source_group,
    sources.sync_command,
    wholeness.complete_command,
    wholeness.same_group,
    wholeness.found_group,
    encoding.encode_command,
    feeding.index_command,
    feeding.demo_command,
    feeding.model_command,
    desk.shortlist_command,
    desk.introduction_command,
    searches.search_command,
    searches.inbox_command,
    exporting.export_command,
    recording.record_command,
    tuning.tune_command,
    access.key_command,
    access.organisation_command,
    access.audit_command,
    access.erase_command,
    keeping.db_group,
    keeping.settings_command,
    serving.serve_command,
):
    commands.add_command(_command)


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
