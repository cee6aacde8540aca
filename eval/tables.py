"""Evaluations as Markdown tables."""

from collections.abc import Iterable, Sequence

from eval.evaluation import Declined, Difference, Evaluation, Measured, best_baseline, primary
from eval.measures import MEASURES, Figure
from eval.slices import Slice


def markdown(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table; bars inside cells are escaped."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def figure(found: Figure) -> str:
    """Return `0.440 [0.333, 0.547]`."""
    return f"{found.mean:.3f} [{found.low:.3f}, {found.high:.3f}]"


def systems_table(systems: dict[str, Measured], subject: str | None) -> str:
    """Return every system's figures, and in bold the subject's lift over the best of the others by each measure."""
    rows = [[name, *(figure(each.figures[m]) for m in MEASURES)] for name, each in systems.items()]
    if subject and len(systems) > 1:
        rows.append([f"**{subject} over the best baseline**", *(_lift(systems, subject, m) for m in MEASURES)])
    return markdown(["system", *MEASURES], rows)


def _lift(systems: dict[str, Measured], subject: str, measure: str) -> str:
    best = best_baseline(systems, subject, measure)
    if best is None or measure == "Judged@10":  # how many are judged is no merit
        return ""
    base, own = systems[best].figures[measure].mean, systems[subject].figures[measure].mean
    share = f" ({(own - base) / base:+.0%})" if base else ""
    return f"**{own - base:+.3f}{share}** {best}"


def differences_table(found: Sequence[Difference]) -> str:
    """Return differences with their intervals and p-values."""
    head = [
        "system", f"{found[0].measure} less that of {found[0].reference}", "p", "p (Holm)"
    ] if found else ["system"]  # fmt: skip
    return markdown(
        head, [[d.name, f"{d.mean:+.3f} [{d.low:+.3f}, {d.high:+.3f}]", p_value(d.p), p_value(d.p_holm)] for d in found]
    )


def p_value(p: float) -> str:
    """Return a p-value with as many digits as mean something; in bold below 0.05."""
    shown = f"{p:.4f}" if p < 0.01 else f"{p:.3f}"
    return f"**{shown}**" if p < 0.05 else shown


def exposure_table(systems: dict[str, Measured]) -> str:
    """Return how each system spreads attention."""
    rows = [
        [
            name, f"{e.coverage:.3f}", f"{e.gini:.3f}", f"{e.most_shown:.3f}",
            "-" if e.local is None else f"{e.local:.3f}",
        ]
        for name, e in ((name, each.exposure) for name, each in systems.items())
    ]  # fmt: skip
    return markdown(["top 10", "coverage", "Gini", "share of the most shown 1 %", "in region (else country)"], rows)


def slices_table(found: Sequence[Slice], measure: str) -> str:
    """Return a measure by kind of question."""
    rows = [[s.trait, s.value, str(s.questions), f"{s.mean:.3f} [{s.low:.3f}, {s.high:.3f}]"] for s in found]
    return markdown(["by", "value", "questions", measure], rows)


def declined_lines(found: Declined) -> list[str]:
    """Return how often "no good match" was said."""
    lines = [f"declined: {found.judged} of {found.of_judged} judged questions"]
    if found.of_hopeless:
        lines.append(f"declined: {found.hopeless} of {found.of_hopeless} questions that have no answer")
    return lines


def whole(found: Evaluation, subject: str, model: str) -> str:
    """Return an evaluation as one Markdown text."""
    measure = primary(found.bench)
    parts = [
        f"{found.bench.name}: {len(found.bench.qrels)} judged questions, primary {measure}, model {model}",
        systems_table(found.systems, subject),
        "\n".join(declined_lines(found.declined)),
        exposure_table(found.systems),
    ]
    if found.slices:
        parts.append(slices_table(found.slices, measure))
    return "\n\n".join(parts)
