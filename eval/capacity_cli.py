"""`python -m eval capacity`: what more texts need, as tables in Markdown."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import click

from eval.speed.capacity import GB, INDEXES, MB, Measured, Plan, gpu_s, index_bytes, shards, vector_bytes
from matcher.errors import BadInput
from matcher.language import N_

SIZES = (1_000_000, 10_000_000, 100_000_000, 1_000_000_000)
NAMES = ("1 million", "10 million", "100 million", "1 billion")
Rows = Iterable[tuple[str, Sequence[str]]]


@click.command("capacity")
@click.argument(
    "bench",
    metavar="BENCH.json…",
    nargs=-1,
    required=True,
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
)
@click.option("--memory", default=Plan.memory, show_default=True, help="GB of memory of a machine.")
@click.option("--used", default=Plan.used, show_default=True, help="Share of it that an index may take.")
@click.option("--replicas", default=Plan.replicas, show_default=True, help="Copies of each shard.")
@click.option("--cores", default=Plan.cores, show_default=True, help="Cores of a machine that encodes.")
@click.option("--gpu", default=Plan.gpu, show_default=True, help="Pieces a second that a GPU reads: assumed.")
def capacity_command(
    bench: tuple[Path, ...], memory: float, used: float, replicas: int, cores: int, gpu: float
) -> None:
    """Print what a million to a billion texts need, worked out from what `python -m eval bench --json` wrote.

    The bench may be run in parts, sizes and encoders apart: all of them are read together.
    """
    plan = Plan(memory, used, replicas, cores, gpu)
    told: dict[str, Any] = {}
    for file in bench:
        more = json.loads(file.read_text(encoding="utf-8"))
        if more.get("cores", told.get("cores")) != told.get("cores", more.get("cores")):
            raise BadInput(
                N_("{file} is of {more} cores, those before it of {cores}: their seconds cannot be put together"),
                file=file,
                more=more["cores"],
                cores=told["cores"],
            )
        told |= more
    try:
        found = Measured.of(told)
    except (KeyError, IndexError) as error:
        raise BadInput(
            N_("{file} lacks {what}: run `python -m eval bench --json` anew, with the comparison of encoders"),
            file=", ".join(map(str, bench)),
            what=str(error),
        ) from error
    click.echo("\n\n".join([_measured(found, told), _needs(found), _indexes(found, plan), _encoding(found, plan)]))


def _measured(found: Measured, told: dict[str, Any]) -> str:
    rows = [(f"disk: {part}, bytes", _number(size)) for part, size in found.bytes_of.items()]
    rows += [
        ("disk: all, bytes", _number(sum(found.bytes_of.values()))),
        ("memory of a process that answers, bytes", _number(found.memory)),
        ("windows (vectors)", _number(found.vectors)),
        ("pieces that the model reads (windows, sentences, new words)", _number(found.pieces)),
        ("postings", _number(found.postings)),
        ("building the index without encoding, milliseconds", _number(1000 * found.index_s)),
        *((f"encoding, {kind}, milliseconds of a core", _number(1000 * s)) for kind, s in found.core_s.items()),
    ]
    head = (
        f"**Measured, a text**, at {found.texts:,} texts on {told['cores']} cores; without any text a process takes "
        f"{found.fixed / MB:,.0f} MB (0: not told apart, with one size only)."
    )
    return f"{head}\n\n{_table(('', 'a text'), [(name, [value]) for name, value in rows])}"


def _needs(found: Measured) -> str:
    rows: Rows = [
        ("disk of a snapshot, GB", [_gb(sum(found.bytes_of.values()) * n) for n in SIZES]),
        ("memory of one process that answers, GB", [_gb(found.fixed + found.memory * n) for n in SIZES]),
        ("cache of vectors on the disk, GB", [_gb(4 * found.dimensions * found.pieces * n) for n in SIZES]),
        ("building the index in one process, hours", [_number(found.index_s * n / 3600) for n in SIZES]),
    ]
    return f"**As one snapshot on one machine**\n\n{_table(('', *NAMES), rows)}"


def _indexes(found: Measured, plan: Plan) -> str:
    tables = []
    for kind in INDEXES:
        sizes = [index_bytes(kind, n, found) for n in SIZES]
        told = [
            f"{_gb(size)} GB: {shards(size, plan):,} × {plan.replicas} = {shards(size, plan) * plan.replicas:,}"
            for size in sizes
        ]
        tables.append((f"{kind} ({vector_bytes(kind, found.dimensions):,.0f} bytes)", told))
    tables.append(("of which postings, GB", [_gb(8 * found.postings * n) for n in SIZES]))
    head = (
        f"**Memory of both legs, and machines** of {plan.memory:g} GB of which an index takes {plan.used:.0%}: "
        f"shards × {plan.replicas} replicas. In brackets: a vector."
    )
    return f"{head}\n\n{_table(('index', *NAMES), tables)}"


def _encoding(found: Measured, plan: Plan) -> str:
    rows: list[tuple[str, Sequence[str]]] = []
    for kind, core_s in found.core_s.items():
        rows.append((f"{kind}: core hours", [_number(core_s * n / 3600) for n in SIZES]))
        rows.append((f"{kind}: hours of {plan.cores} cores", [_number(core_s * n / 3600 / plan.cores) for n in SIZES]))
    rows.append(
        (f"a GPU of {plan.gpu:,.0f} pieces a second: hours", [_number(gpu_s(n, found, plan) / 3600) for n in SIZES])
    )
    return f"**Encoding.** Cores as measured; the GPU is assumed, not run.\n\n{_table(('', *NAMES), rows)}"


def _table(head: Sequence[str], rows: Rows) -> str:
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *([name, *values] for name, values in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _gb(bytes_: float) -> str:
    return _number(bytes_ / GB)


def _number(value: float) -> str:
    """Return a number to three figures."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"
