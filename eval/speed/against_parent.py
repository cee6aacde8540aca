"""Is this commit slower than the one before it? Both do the same work in turns, on one machine in one run.

Time is the processor's, of all threads, one for each library; the least of several turns counts, since whatever else
runs only adds. (Counted instructions would be steadier still; virtual machines rarely give them.) Two processes, one
with each commit's `matcher`, do each stage in turns, so that the machine's moods meet both. What looks slower is
measured again by two new ones before it is called so.
"""

import io
import json
import os
import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

LIMIT = 1.2  # times as slow as before: the issue's
TURNS = 4  # of a stage, and twice as many where it looked slower
STAGES = ("index", "open", "questions", "delta", "import")  # of `workload`
# One thread for each library, and dictionaries in one order.
STEADY = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "PYTHONHASHSEED": "0"}
_MEANT = re.compile(r"^slower:[ \t]*(\S.*)$", re.IGNORECASE | re.MULTILINE)
Seconds = Sequence[float]


@dataclass(frozen=True, slots=True)
class Stage:
    """How a stage went: the processor's seconds of each turn before and now, or why they cannot be compared."""

    name: str
    before: Seconds = ()
    now: Seconds = ()
    why_not: str | None = None

    @property
    def ratio(self) -> float:
        """How many times as slow as before, of the least of each."""
        return min(self.now) / max(min(self.before), 1e-9)

    @property
    def slower(self) -> bool:
        """Whether that is above LIMIT."""
        return self.why_not is None and self.ratio > LIMIT


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found. `meant`: why it is slower, as the commit's message says; `skipped`: why nothing was compared."""

    stages: tuple[Stage, ...] = ()
    meant: str | None = None
    skipped: str | None = None

    @property
    def failed(self) -> bool:
        """Whether a stage is slower and nobody meant it."""
        return self.meant is None and any(stage.slower for stage in self.stages)

    def lines(self) -> list[str]:
        """Return it in words."""
        if self.skipped:
            return [f"nothing compared: {self.skipped}"]
        found = [
            f"{each.name}: not comparable ({each.why_not})"
            if each.why_not
            else f"{each.name}: {each.ratio:.2f} times the parent's time ({min(each.before):.3f} s of the processor)"
            + (f", above {LIMIT}" if each.slower else "")
            for each in self.stages
        ]
        if self.meant and any(each.slower for each in self.stages):
            found.append(f"slower on purpose: {self.meant}")
        return found


def judge(measure: Callable[[Mapping[str, int]], Sequence[Stage]], message: str) -> Verdict:
    """Measure all stages, and again what looks slower; the second time decides.

    :param measure: stage -> its turns, in the order of STAGES; gives how they went.
    :param message: of the commits since the parent; a line `Slower: reason` lets a slower stage pass.
    """
    found = {stage.name: stage for stage in measure(dict.fromkeys(STAGES, TURNS))}
    slower = [stage.name for stage in found.values() if stage.slower]
    if slower:  # a stage works on what those before it made
        needed = STAGES[: STAGES.index(slower[-1]) + 1]
        again = measure({name: 2 * TURNS if name in slower else 1 for name in needed})
        found |= {stage.name: stage for stage in again if stage.name in slower}
    meant = _MEANT.search(message)
    return Verdict(tuple(found.values()), meant.group(1).strip() if meant else None)


def compare(checkout: Path, revision: str = "HEAD^") -> Verdict:
    """Compare a checkout with another revision of it, by default the (first) parent of what is checked out."""
    parent = _git(checkout, "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")
    if parent is None:
        return Verdict(skipped=f"there is no {revision} here (a first commit, or a shallow clone)")
    name = parent.decode().strip()
    with tempfile.TemporaryDirectory(prefix="tinkuy-parent-") as aside:
        tree = Path(aside) / "tree"
        with zipfile.ZipFile(io.BytesIO(_git(checkout, "archive", "--format=zip", name) or b"")) as archive:
            archive.extractall(tree)  # our own commit; names that lead elsewhere are made harmless
        message = _git(checkout, "log", "--format=%B", f"{name}..HEAD") or b""
        return judge(lambda turns: _measured(tree, checkout, turns), message.decode())


def _measured(parent: Path, now: Path, turns: Mapping[str, int]) -> list[Stage]:
    with ExitStack() as stack:
        old, new = (stack.enter_context(_working(tree)) for tree in (parent, now))
        return [_in_turns(old, new, name, count) for name, count in turns.items()]


def _in_turns(old: "Worker", new: "Worker", stage: str, turns: int) -> Stage:
    seconds: dict[Worker, list[float]] = {old: [], new: []}
    for turn in range(turns):
        for worker in (old, new) if turn % 2 else (new, old):
            found = worker.do(stage)
            if isinstance(found, float):
                seconds[worker].append(found)
            elif worker is old:
                return Stage(stage, why_not=f"the parent says {found}")
            else:
                raise RuntimeError(f"the stage {stage} fails in this commit: {found}")
    return Stage(stage, seconds[old], seconds[new])


class Worker:
    """A process that does stages with the `matcher` of one tree."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process

    def do(self, stage: str) -> float | str:
        """Return the processor's seconds, or what is lacking."""
        assert self.process.stdin is not None  # noqa: S101 - they are pipes
        assert self.process.stdout is not None  # noqa: S101
        try:
            self.process.stdin.write(stage + "\n")
            self.process.stdin.flush()
            answer = self.process.stdout.readline()
        except BrokenPipeError:
            answer = ""
        if not answer:
            return "nothing: its process ended"
        found = json.loads(answer)
        return float(found["seconds"]) if "seconds" in found else str(found["lacks"])


@contextmanager
def _working(tree: Path) -> Iterator[Worker]:
    """Start this commit's workload with the `matcher` of a tree."""
    with tempfile.TemporaryDirectory(prefix="tinkuy-work-") as folder:
        # -P: the workload's own folder is no place to import from.
        command = [sys.executable, "-P", str(Path(__file__).with_name("workload.py")), str(tree), folder]
        environment = os.environ | STEADY | {"PYTHONPATH": str(tree), "TINKUY_HOME": folder}
        pipes = subprocess.PIPE
        process = subprocess.Popen(command, stdin=pipes, stdout=pipes, text=True, env=environment, cwd=folder)  # noqa: S603
        try:
            with process:
                yield Worker(process)
                if process.stdin:
                    process.stdin.close()
        finally:
            process.kill()


def _git(checkout: Path, *words: str) -> bytes | None:
    """Return what git says, None where it fails."""
    try:
        return subprocess.run(["git", "-C", str(checkout), *words], check=True, capture_output=True).stdout  # noqa: S603, S607
    except (OSError, subprocess.CalledProcessError):
        return None
