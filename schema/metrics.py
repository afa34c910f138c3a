"""Operations by name and outcome, with a bounded number of names."""

from __future__ import annotations

from functools import cache

from app.tallies import Count, Counts, Durations, Histogram

MAX_NAMES = 200
_seen: set[str] = set()
_operations = Counts(
    "spoolgraph_graphql_operations", "GraphQL operations.", ["operation", "type", "outcome"]
)
_seconds = Histogram(
    "spoolgraph_graphql_operation_seconds",
    "Time to execute GraphQL operations.",
    ["operation"],
    bounds=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
)


def label(name: str | None) -> str:
    """The name as a label: clients choose names, so only so many are told apart."""
    if not name:
        return "anonymous"
    if name not in _seen:
        if len(_seen) >= MAX_NAMES:
            return "other"
        _seen.add(name)
    return name


def note(name: str | None, kind: str, *, ok: bool, seconds: float | None = None) -> None:
    """Count one operation that is done; a subscription has no duration worth knowing."""
    known = label(name)
    _counted(known, kind, "ok" if ok else "error").add()
    if seconds is not None:
        _timed(known).add(seconds)


@cache
def _counted(operation: str, kind: str, outcome: str) -> Count:
    """Finding the figure of some labels costs more than counting in it."""
    return _operations.of(operation, kind, outcome)


@cache
def _timed(operation: str) -> Durations:
    return _seconds.of(operation)
