"""Introductions: every step that is allowed and forbidden, by hand, and what each stage comes to."""

import pytest

from matcher.errors import BadInput, Conflict
from matcher.introductions import OUTCOME, Standing, check_step, is_correction, next_stages
from matcher.records import Stage

# From each stage (rows) to each other (columns): + allowed, r allowed with a reason, . forbidden. A declined one
# stood at `sent` before.
TABLE = """
            proposed sent met agreed project declined
proposed    .        +    .   .      .       r
sent        r        .    +   .      .       r
met         .        r    .   +      .       r
agreed      .        .    r   .      +       r
project     .        .    .   r      .       .
declined    .        r    .   .      .       .
"""
HEAD, *ROWS = [line.split() for line in TABLE.strip().splitlines()]
CELLS = [(Standing(row[0]), Standing(to), cell) for row in ROWS for to, cell in zip(HEAD, row[1:], strict=True)]


@pytest.mark.parametrize(("stage", "to", "cell"), CELLS)
def test_steps(stage, to, cell):
    before = Standing.SENT if stage is Standing.DECLINED else None
    if cell == ".":
        with pytest.raises(Conflict, match=f"that is {stage.value} cannot become {to.value}"):
            check_step(stage, to, "motivo", before)
        return
    check_step(stage, to, "motivo", before)
    if cell == "r":
        for reason in (None, "", " \n"):
            with pytest.raises(BadInput, match="reason"):
                check_step(stage, to, reason, before)
    else:
        check_step(stage, to, None, before)


def test_the_table_is_whole():
    assert len(CELLS) == 36


def test_what_may_come_next_is_what_the_table_says():
    for stage in Standing:
        allowed = {to for row, to, cell in CELLS if row is stage and cell != "."}
        assert set(next_stages(stage, Standing.SENT)) == allowed
    assert next_stages(Standing.MET) == (Standing.AGREED, Standing.DECLINED, Standing.SENT)


def test_a_step_back_is_a_correction_and_declining_is_none():
    assert is_correction(Standing.AGREED, Standing.MET)
    assert is_correction(Standing.DECLINED, Standing.SENT)
    assert not is_correction(Standing.AGREED, Standing.DECLINED)
    assert not is_correction(Standing.MET, Standing.AGREED)


def test_what_each_stage_comes_to():
    assert OUTCOME == {
        Standing.PROPOSED: None, Standing.SENT: Stage.INTRODUCED, Standing.MET: Stage.MET,
        Standing.AGREED: Stage.AGREED, Standing.PROJECT: Stage.PROJECT, Standing.DECLINED: Stage.DECLINED,
    }  # fmt: skip
