"""Judging at the terminal: one pair after the other, each grade on disk as soon as it is given."""

from collections.abc import Callable

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.text import Text

from eval.pool_file import GRADES, TEXTS, PoolFile
from matcher.language import N_, Translate
from matcher.text import clean

BACK, SKIP, QUIT = "b", "s", "q"
SCALE = N_("0 does not help at all · 1 could help a little · 2 good · 3 exactly who is needed")
KEYS = N_("b back · s skip · q quit; what is graded is kept, begin again where you stopped")


def judge(
    pool: PoolFile, say: Translate, ask: Callable[[str], str], show: Callable[[RenderableType], None]
) -> tuple[int, int]:
    """Ask for every pair without a grade, in the file's order; return how many are graded, of how many.

    :param ask: shows a prompt and returns what was typed.
    """
    show(Text(f"{say(SCALE)}\n{say(KEYS)}", style="dim"))
    total = len(pool.rows)
    at = _next_open(pool, -1)
    while at is not None:
        show(_page(pool, at, say))
        key = _key(pool.grade(at), say, ask)
        if key == QUIT:
            break
        if key == BACK:
            at = max(at - 1, 0)
            continue
        if key in GRADES:
            pool.put_grade(at, key)
        at = _next_open(pool, at)
    return sum(bool(pool.grade(i)) for i in range(total)), total


def _next_open(pool: PoolFile, after: int) -> int | None:
    return next((i for i in range(after + 1, len(pool.rows)) if not pool.grade(i)), None)


def _key(grade: str, say: Translate, ask: Callable[[str], str]) -> str:
    """Return a grade, BACK, SKIP or QUIT, asking until it is one of them; of a graded pair nothing means SKIP."""
    prompt = say(N_("Grade (now {grade})")).format(grade=grade) if grade else say(N_("Grade"))
    while True:
        key = ask(prompt).strip().lower()
        if grade and not key:
            return SKIP
        if key in (*GRADES, BACK, SKIP, QUIT):
            return key
        prompt = say(N_("Please 0, 1, 2, 3, b, s or q"))


def _page(pool: PoolFile, row: int, say: Translate) -> RenderableType:
    """Return a pair as a judge sees it; how it came into the pool is not told."""

    def text(name: str) -> str:
        return clean(pool.cell(row, name))  # the file may come from anywhere: no control characters

    done = sum(bool(pool.grade(i)) for i in range(len(pool.rows)))
    head = say(N_("Question {id} · {done} of {total} graded")).format(
        id=text("question"), done=done, total=len(pool.rows)
    )
    name = Text.assemble((text("name"), "bold"), ("  " + text("place"), "dim"))
    passages = [Text("· " + found) for i in range(1, TEXTS + 1) if (found := text(f"text_{i}"))]
    return Group(Panel(Text(text("question_text")), title=Text(head), title_align="left"), name, *passages)
