"""The rows: every benchmark, in the order in which they run."""

from __future__ import annotations

from benchmarks import (
    dispatching,
    history,
    ingest_load,
    ingest_rate,
    latency,
    queries,
    rest,
    subscribers,
)

BENCHMARKS = (
    queries.BENCHMARK,
    rest.BENCHMARK,
    ingest_rate.BENCHMARK,
    ingest_load.BENCHMARK,
    latency.BENCHMARK,
    subscribers.BENCHMARK,
    history.BENCHMARK,
    dispatching.BENCHMARK,
)
