"""Figures that are counted on the loop look like the client library's own."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, generate_latest
from prometheus_client import Histogram as TheirHistogram

from app.tallies import Counts, Histogram

BOUNDS = (0.1, 0.5, 1)
SECONDS = (0.05, 0.1, 0.3, 1, 7)


def _shown(registry: CollectorRegistry) -> list[str]:
    """The lines without the moments of making, which only the library's own figures tell."""
    lines = generate_latest(registry).decode().splitlines()
    return [line for line in lines if "_created" not in line]


def test_counters_and_histograms_are_shown_as_the_library_shows_its_own() -> None:
    ours, theirs = CollectorRegistry(), CollectorRegistry()
    counts = Counts("asked", "Asked.", ["who"], ours)
    durations = Histogram("asking_seconds", "Time.", ["who"], BOUNDS, ours)
    their_counts = Counter("asked", "Asked.", ["who"], registry=theirs)
    their_durations = TheirHistogram(
        "asking_seconds", "Time.", ["who"], buckets=BOUNDS, registry=theirs
    )
    for who, times in (("a", 1), ("b", 3)):
        counts.of(who).add(times)
        their_counts.labels(who).inc(times)
    for seconds in SECONDS:
        durations.of("a").add(seconds)
        their_durations.labels("a").observe(seconds)
    assert _shown(ours) == _shown(theirs)
    assert 'asking_seconds_bucket{le="0.1",who="a"} 2.0' in _shown(ours)
