"""The rows: every benchmark, in the order in which they run."""

from __future__ import annotations

from benchmarks import (
    dispatching,
    history,
    ingest_load,
    ingest_rate,
    latency,
    mutation,
    queries,
    rest,
    starting,
    subscribers,
)

BENCHMARKS = (
    queries.BENCHMARK,
    rest.BENCHMARK,
    mutation.BENCHMARK,
    starting.BENCHMARK,
    ingest_rate.BENCHMARK,
    ingest_load.BENCHMARK,
    latency.BENCHMARK,
    subscribers.BENCHMARK,
    history.BENCHMARK,
    dispatching.BENCHMARK,
)
