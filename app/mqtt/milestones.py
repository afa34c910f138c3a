"""How far a print has come, told in a few steps."""

from collections.abc import Sequence
from dataclasses import replace

from app.mqtt.run import Reached, Run, Transition

MILESTONES = (25, 50, 75)  # percent


def passed(run: Run) -> list[int]:
    """The milestones a run has come by."""
    return [percent for percent in MILESTONES if percent <= run.last_percent]


def reach(run: Run, passed: Sequence[int]) -> tuple[Run, list[Transition]]:
    """The run that knows what was told, and the milestones that were not."""
    reached: list[Transition] = []
    for percent in passed:
        if percent > run.milestone:
            run = replace(run, milestone=percent)
            reached.append(Reached(run, percent))
    return run, reached
