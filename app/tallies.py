"""Figures of the hot path: counted on the event loop for next to nothing, shown by Prometheus.

The client library's own figures lock and check each time they are counted in, which is a
noticeable part of a short request. These belong to the one thread of the loop.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence

from prometheus_client import REGISTRY
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector, CollectorRegistry

# Seconds, as in the client library.
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0)


class Count:
    """A number that grows."""

    __slots__ = ("value",)

    def __init__(self) -> None:
        self.value = 0

    def add(self, amount: int = 1) -> None:
        """So many more."""
        self.value += amount


class Durations:
    """How many were at most as long as each bound, and all of them together."""

    __slots__ = ("bounds", "numbers", "seconds")

    def __init__(self, bounds: Sequence[float]) -> None:
        self.bounds = bounds
        self.numbers = [0] * (len(bounds) + 1)
        self.seconds = 0.0

    def add(self, seconds: float) -> None:
        """One more that took so long."""
        self.numbers[bisect_left(self.bounds, seconds)] += 1
        self.seconds += seconds

    def buckets(self) -> Iterator[tuple[str, float]]:
        """The bounds as text with how many kept them, each with all before it."""
        total = 0
        names = [*(str(float(bound)) for bound in self.bounds), "+Inf"]
        for name, number in zip(names, self.numbers, strict=True):
            total += number
            yield name, total


class Counts(Collector):
    """A counter with labels."""

    def __init__(
        self,
        name: str,
        documentation: str,
        labels: Sequence[str],
        registry: CollectorRegistry = REGISTRY,
    ) -> None:
        self._said = (name, documentation)
        self._labels = labels
        self._known: dict[tuple[str, ...], Count] = {}
        registry.register(self)

    def of(self, *labels: str) -> Count:
        """The number of some labels, to be kept by whoever counts in it."""
        return self._known.setdefault(labels, Count())

    def collect(self) -> Iterable[Metric]:
        """As Prometheus reads it."""
        family = CounterMetricFamily(*self._said, labels=self._labels)
        for labels, count in list(self._known.items()):
            family.add_metric(labels, count.value)
        yield family


class Histogram(Collector):
    """A histogram with labels."""

    def __init__(
        self,
        name: str,
        documentation: str,
        labels: Sequence[str],
        bounds: Sequence[float] = BUCKETS,
        registry: CollectorRegistry = REGISTRY,
    ) -> None:
        self._said = (name, documentation)
        self._labels = labels
        self._bounds = bounds
        self._known: dict[tuple[str, ...], Durations] = {}
        registry.register(self)

    def of(self, *labels: str) -> Durations:
        """The durations of some labels, to be kept by whoever adds to them."""
        return self._known.setdefault(labels, Durations(self._bounds))

    def collect(self) -> Iterable[Metric]:
        """As Prometheus reads it."""
        family = HistogramMetricFamily(*self._said, labels=self._labels)
        for labels, durations in list(self._known.items()):
            family.add_metric(labels, list(durations.buckets()), durations.seconds)
        yield family
