"""What every command shares: the settings and the reader's language."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import click

from matcher import render
from matcher.language import N_, Translate
from matcher.settings import Settings


@dataclass(frozen=True, slots=True)
class Context:
    """What every command has: settings and the user's language."""

    settings: Settings
    say: Translate

    def print(self, what: Any) -> None:
        """Show something on standard output."""
        render.console(shutil.get_terminal_size((120, 40)).columns).print(what)


in_context = click.make_pass_decorator(Context)


def with_language(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the option `--lang`."""
    return click.option(
        "--lang", type=click.Choice(["es", "en"]), expose_value=False, help=N_("Language of the answer (default: es).")
    )(function)
