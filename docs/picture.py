"""Draw `match.svg`, the README's picture, from the demonstration data: `.venv/bin/python docs/picture.py`."""

import os
from pathlib import Path

from rich.console import Console

from matcher import parts, render
from matcher.language import translator
from matcher.records import Query, Side
from matcher.settings import Settings

QUESTION = Query(
    "se me corren los colores de las chompas de alpaca al lavar",
    Side.SUPPLY,
    region="Cusco",
    sectors=("textiles",),
    k=3,
)
# Rich's own template without the fonts that it would fetch from afar.
TEMPLATE = """<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{ font-family: monospace; font-size: {char_height}px; line-height: {line_height}px; }}
{styles}
</style>
<defs><clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}"/></clipPath>
{lines}
</defs>
<rect fill="#ffffff" width="{width}" height="{height}"/>
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g></g>
</svg>
"""


def main() -> None:
    """Ask, and draw the answer."""
    from rich.terminal_theme import DEFAULT_TERMINAL_THEME

    settings = Settings.read(os.environ)
    answer = parts.open_live_engine(settings).current().match(QUESTION)
    with Path(os.devnull).open("w") as nowhere:
        console = Console(record=True, width=130, highlight=False, markup=False, file=nowhere)
        console.print(f'$ tinkuy match "{QUESTION.text}" --region Cusco --sector textiles -k 3')
        console.print(render.answer_table(answer, translator("es"), "es"))
    svg = console.export_svg(theme=DEFAULT_TERMINAL_THEME, code_format=TEMPLATE, unique_id="tinkuy")
    Path(__file__).with_name("match.svg").write_text(svg, encoding="utf-8")


main()
