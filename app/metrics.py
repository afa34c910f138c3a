"""What Prometheus sees beside the requests: printers, ingest, subscribers, queues, loop lag."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Iterator
from enum import StrEnum
from types import TracebackType
from typing import Any, Self

from prometheus_client import REGISTRY, Gauge
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from app.printers.status import ConnectionState, PrinterState
from app.runtime import Runtime

LAG_INTERVAL_SECONDS = 0.5
_LAG = Gauge("spoolgraph_loop_lag_seconds", "How late the event loop woke up, last measured.")


async def watch_loop() -> None:
    """Measure for ever how late the event loop runs what is due."""
    while True:
        due = time.perf_counter() + LAG_INTERVAL_SECONDS
        await asyncio.sleep(LAG_INTERVAL_SECONDS)
        _LAG.set(max(0.0, time.perf_counter() - due))


class FarmMetrics(Collector):
    """Reads the live parts when Prometheus asks; registered while the context is open."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    def __enter__(self) -> Self:
        REGISTRY.register(self)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        REGISTRY.unregister(self)

    def describe(self) -> Iterator[Metric]:
        """Nothing is promised before it is collected."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        """The present figures."""
        statuses = self._runtime.live.statuses()
        yield _by_label(
            "spoolgraph_printers",
            "Printers by state.",
            "state",
            PrinterState,
            Counter(status.state for status in statuses),
        )
        yield _by_label(
            "spoolgraph_printer_connections",
            "Printers by connection state.",
            "connection",
            ConnectionState,
            Counter(status.connection for status in statuses),
        )
        yield GaugeMetricFamily(
            "spoolgraph_printers_held",
            "Printers that this process is connected to and writes for.",
            len(self._runtime.ingest.held),
        )
        hub = self._runtime.hub
        yield GaugeMetricFamily(
            "spoolgraph_subscribers", "Open feeds of this process.", hub.subscribers
        )
        yield GaugeMetricFamily(
            "spoolgraph_hub_backlog", "Messages that wait to reach other processes.", hub.backlog
        )
        yield GaugeMetricFamily(
            "spoolgraph_hub_connected", "1 while other processes are reached.", hub.connected
        )
        counts = self._runtime.ingest.counts
        for name, help_text, value in (
            ("messages_ingested", "Reports read from printers.", counts.messages),
            ("messages_unreadable", "Reports that could not be read.", counts.unreadable),
            ("messages_unknown_serial", "Reports of unknown printers.", counts.unknown_serials),
            ("webhook_attempts", "Messages posted to webhooks.", self._runtime.webhooks.attempts),
            ("webhook_failures", "Attempts without a 2xx.", self._runtime.webhooks.failures),
        ):
            yield CounterMetricFamily(f"spoolgraph_{name}", help_text, value)
        yield GaugeMetricFamily(
            "spoolgraph_ingest_backlog",
            "Transitions that wait for the database.",
            self._runtime.ingest.backlog,
        )


def _by_label(
    name: str, help_text: str, label: str, values: type[StrEnum], found: Counter[Any]
) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, help_text, labels=[label])
    for value in values:
        family.add_metric([value.lower()], found.get(value, 0))
    return family
