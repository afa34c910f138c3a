"""Why a run stands still or ended, in words."""

from app.mqtt.hms import CANCEL_CODES, print_error_words, says_little
from app.mqtt.job import Observation
from app.mqtt.stages import pause_reason


def why_cancelled(*, from_here: bool) -> str:
    """Who cancelled a run."""
    return "Stopped from here." if from_here else "Cancelled at the printer."


def why_paused(seen: Observation) -> str | None:
    """Why a run stands still, where the printer tells."""
    if reason := pause_reason(seen.stage):
        return reason
    return _cause(seen, seen.print_error) or seen.fault


def why_failed(seen: Observation) -> str | None:
    """The cause of a failure that an error code gives, else None."""
    return _cause(seen, seen.print_error) or _cause(seen, seen.fail_reason)


def _cause(seen: Observation, error: int) -> str | None:
    """An error code in words, or the health message where that says more."""
    if error <= 0 or error in CANCEL_CODES:
        return None
    return seen.fault if seen.fault and says_little(error) else print_error_words(error)
