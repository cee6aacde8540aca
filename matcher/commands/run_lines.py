"""A run of a source in one line, and in words what it does to records."""

from matcher.commands.context import Context
from matcher.language import N_
from matcher.store.import_runs import Run

STATES = {
    "reading": N_("not ended: the next `tinkuy sync` goes on"), "ending": N_("not ended: the next `tinkuy sync` goes on"),
    "failed": N_("stopped by an error: the next `tinkuy sync` goes on"), "done": N_("done"),
    "asks": N_("asks: too many records are missing"), "kept": N_("asked; the records were kept"),
    "left": N_("given up for a newer run"),
}  # fmt: skip
EFFECTS = {"added": N_("New: {names}"), "changed": N_("Changed: {names}"), "gone": N_("No longer there: {names}")}


def run_line(context: Context, run: Run) -> str:
    """Return a run in one line."""
    say = context.say
    told = N_(
        "{day}: {state}; {read} rows read: {added} records added, {changed} changed, {unchanged} unchanged; {refused} rows refused"
    )
    state = say(STATES[run.state])
    if run.error:
        state = f"{state} ({run.error.text(say)})"
    counts = {name: getattr(run, name) for name in ("read", "added", "changed", "unchanged", "refused")}
    return say(told).format(day=run.at.strftime("%Y-%m-%d %H:%M"), state=state, **counts)
