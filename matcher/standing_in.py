"""A text that is shown by another that says the same is asked for by that one."""

from matcher.engine import Engine
from matcher.store.store import Store
from matcher.store.whole import shown_by


def stands_for(store: Store, engine: Engine, evidence: str) -> str:
    """Return the id by which an engine knows a text: its own, or that of the text by which it is shown."""
    if evidence in engine.snapshot.evidence or "\0" in evidence:
        return evidence
    with store.reading() as session:
        return shown_by(session, evidence)
