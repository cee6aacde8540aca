"""Answers and records as a person reads them in a terminal."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from rich import box
from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from matcher.language import N_, Translate
from matcher.places import country_name, region_name
from matcher.records import Evidence, Match, MatchList, Partner, Passage, Side, Verdict
from matcher.sectors import sector_name
from matcher.shown import fitting, moved, pieces, weightiest

PASSAGE = 260  # characters of a passage in the table


def answer_table(answer: MatchList, say: Translate, language: str) -> RenderableType:
    """Return an answer as a table: rank, partner, place and km, why, best passage."""
    if not answer.matches:
        return Text(say(N_("No partner passes these filters. Ask again with fewer of them.")))
    side = N_("Partner who can help") if answer.query.seeks is Side.SUPPLY else N_("Partner who may need it")
    table = Table(box=box.SIMPLE_HEAD, show_lines=True, expand=True, pad_edge=False)
    table.add_column("#", justify="right", no_wrap=True)
    table.add_column(say(side), ratio=3, overflow="fold")
    table.add_column(say(N_("Where")), ratio=2)
    table.add_column(say(N_("Why")), ratio=3)
    table.add_column(say(N_("Best passage")), ratio=5)
    for match in answer.matches:
        why = Text("\n").join(Text("· " + c.reason) for c in weightiest(match))
        if told := moved(match, say):
            why.append("\n" + told, style="dim")
        for turn in (c for c in match.contributions if c.signal == "exposure"):
            why.append("\n" + turn.reason, style="dim")
        name = Text.assemble((match.partner.name, "bold"), ("\n" + match.partner.id, "dim"))
        passage = _excerpt(match.passages[0]) if match.passages else Text("")
        table.add_row(str(match.rank), name, _where(match, answer.query.region, say, language), why, passage)
    if answer.verdict is Verdict.MATCHES:
        return table
    advice = Text("\n").join(Text("· " + step) for step in answer.advice)
    return Group(Panel(advice, title=say(N_("No good match")), border_style="yellow"), table)


def _where(match: Match, asked_from: str | None, say: Translate, language: str) -> Text:
    partner = match.partner
    region = region_name(partner.region) if partner.region else None
    parts = dict.fromkeys(p for p in (partner.city, region) if p)
    country = country_name(partner.country, language) if partner.country else None
    text = Text(", ".join(parts) or country or say(N_("place unknown")))
    if asked_from and partner.region == asked_from:
        text.append("\n" + say(N_("in your region")), style="green")
    elif match.kilometres is not None:
        text.append(f"\n{round(match.kilometres)} km", style="dim")
    return text


def _excerpt(passage: Passage) -> Text:
    """Return the sentence that fits best after the text's title, with the words marked.

    Words in common are underlined; after a word of like meaning stands the question's: `calzado (≈ zapato)`.
    """
    start, end = fitting(passage)
    cut = min(end, start + PASSAGE)
    body = Text()
    for piece in pieces(passage, start, cut):
        body.append(piece.text, style="underline" if piece.marked else "")
        if piece.answers:
            body.append(f" (≈ {piece.answers})", style="dim")
    body.append("…" if cut < end else "")
    return Text.assemble((passage.title + ": ", "italic"), body) if passage.title else body


def partner_page(partner: Partner, texts: list[Evidence], say: Translate, language: str) -> RenderableType:
    """Return all that is public of a partner."""
    facts = {
        N_("Id"): partner.id,
        N_("Side"): say(N_("supply")) if partner.side is Side.SUPPLY else say(N_("demand")),
        N_("Kind"): partner.kind,
        N_("Where"): ", ".join(
            dict.fromkeys(
                p
                for p in (
                    partner.city,
                    region_name(partner.region) if partner.region else None,
                    country_name(partner.country, language) if partner.country else None,
                )
                if p
            )
        ),
        N_("Sectors"): "; ".join(f"{code} {sector_name(code, language)}" for code in partner.sectors),
        N_("Web"): partner.url or "",
        N_("Identifiers"): "; ".join(partner.identifiers),
    }
    shown: list[RenderableType] = [Text(partner.name, style="bold"), _facts(facts, say)]
    shown += [_text_panel(e) for e in texts]
    return Group(*shown)


def evidence_page(evidence: Evidence, partners: list[Partner], say: Translate) -> RenderableType:
    """Return an evidence or need with the names of its partners."""
    facts = {
        N_("Partners"): "; ".join(f"{p.name} ({p.id})" for p in partners),
        N_("Source"): evidence.source or "",
        N_("Web"): evidence.url or "",
    }
    return Group(_text_panel(evidence), _facts(facts, say))


def _text_panel(evidence: Evidence) -> Panel:
    foot = " · ".join(p for p in (evidence.id, evidence.kind, str(evidence.date or ""), evidence.source or "") if p)
    return Panel(
        Text(evidence.text), title=Text(evidence.title or ""), subtitle=Text(foot, style="dim"), title_align="left"
    )


def _facts(facts: Mapping[str, str], say: Translate) -> Table:
    table = Table.grid(padding=(0, 2))
    for name, value in facts.items():
        if value:
            table.add_row(Text(say(name), style="dim"), Text(value))
    return table


def console(width: int | None, *, stderr: bool = False) -> Console:
    """Return a console; a fixed width where the output is no terminal."""
    made = Console(stderr=stderr, highlight=False, markup=False)
    return made if made.is_terminal else Console(stderr=stderr, highlight=False, markup=False, width=width or 120)


@contextmanager
def progress_bar(what: str, rate: str = "") -> Iterator[Callable[[int, int | None], None]]:
    """Show a bar on standard error, where that is a terminal; else a line at the start.

    :param rate: how a rate is told, with a place for the number, e.g. `{count} rows/s`; empty: it is not told.
    """
    shown = console(None, stderr=True)
    if not shown.is_terminal:
        shown.print(f"{what} …")
        yield lambda *_: None
        return
    columns: list[ProgressColumn] = [TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()]
    if rate:
        columns.append(_Rate(rate))
    columns.append(TimeRemainingColumn())
    with Progress(*columns, console=shown, transient=True) as bars:
        task = bars.add_task(what, total=None)
        yield lambda done, total: bars.update(task, completed=done, total=total)


class _Rate(ProgressColumn):
    """How many are done a second."""

    def __init__(self, told: str) -> None:
        super().__init__()
        self._told = told

    def render(self, task: Task) -> Text:
        """Return the rate as text."""
        speed = task.finished_speed or task.speed
        return Text(self._told.format(count=round(speed)) if speed else "")


@contextmanager
def waiting(what: str) -> Iterator[None]:
    """Show on standard error that something is going on, where that is a terminal."""
    with console(None, stderr=True).status(what):
        yield
