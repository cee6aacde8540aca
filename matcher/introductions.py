"""How far a request for introduction can go: its stages, the steps between them, and what each comes to."""

from enum import StrEnum

from matcher.errors import BadInput, Conflict
from matcher.language import N_
from matcher.records import Stage


class Standing(StrEnum):
    """Where a request for introduction stands."""

    PROPOSED = "proposed"
    SENT = "sent"
    MET = "met"
    AGREED = "agreed"
    PROJECT = "project"
    DECLINED = "declined"


PATH = (Standing.PROPOSED, Standing.SENT, Standing.MET, Standing.AGREED, Standing.PROJECT)
OUTCOME: dict[Standing, Stage | None] = {
    Standing.PROPOSED: None,
    Standing.SENT: Stage.INTRODUCED,
    Standing.MET: Stage.MET,
    Standing.AGREED: Stage.AGREED,
    Standing.PROJECT: Stage.PROJECT,
    Standing.DECLINED: Stage.DECLINED,
}
"""What a stage counts as in the track record; None: nothing has happened yet."""


def next_stages(stage: Standing, declined_from: Standing | None = None) -> tuple[Standing, ...]:
    """Return the stages that may follow: the next one, declined, and last the one before, as a correction.

    :param declined_from: where a declined one stood before, the only stage that it can go back to.
    """
    if stage is Standing.DECLINED:
        return (declined_from,) if declined_from else ()
    place = PATH.index(stage)
    forward = (*PATH[place + 1 : place + 2], Standing.DECLINED) if stage is not Standing.PROJECT else ()
    return (*forward, *PATH[max(place - 1, 0) : place])


def is_correction(stage: Standing, to: Standing) -> bool:
    """Tell whether a step goes back: what was recorded before had not happened."""
    return stage is Standing.DECLINED or (to is not Standing.DECLINED and PATH.index(to) < PATH.index(stage))


def check_step(stage: Standing, to: Standing, reason: str | None, declined_from: Standing | None = None) -> None:
    """Make sure that a step is allowed; see `next_stages`.

    :raises Conflict: it is not allowed from there.
    :raises BadInput: declining and correcting need a reason, and there is none.
    """
    allowed = next_stages(stage, declined_from)
    if to not in allowed:
        message = N_("an introduction that is {stage} cannot become {to}; from there it can become: {allowed}")
        raise Conflict(message, stage=stage.value, to=to.value, allowed=", ".join(allowed) or "-")
    if not (reason or "").strip():
        if to is Standing.DECLINED:
            raise BadInput(N_("give the reason why the introduction was declined"))
        if is_correction(stage, to):
            raise BadInput(N_("a step back from {stage} to {to} is a correction: give its reason"), stage=stage, to=to)
