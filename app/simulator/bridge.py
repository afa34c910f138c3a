"""All simulated printers behind one connection to a central broker."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from functools import partial
from urllib.parse import unquote, urlsplit

import aiomqtt
import structlog

from app.simulator.printer import SimPrinter

log = structlog.get_logger(__name__)

# Reports that wait for the broker; beyond that the oldest are lost, as on a full network.
BOUND = 20_000
RETRY_SECONDS = (0.2, 0.5, 1.0, 2.0, 5.0)


class CentralBridge:
    """Publishes `device/<serial>/report` and listens to `device/+/request`."""

    def __init__(self, url: str, printers: Iterable[SimPrinter]) -> None:
        self._url = urlsplit(url)
        self._printers = {printer.serial: printer for printer in printers}
        self._waiting: asyncio.Queue[tuple[str, bytes]] = asyncio.Queue(BOUND)
        for serial, printer in self._printers.items():
            printer.listeners.add(partial(self._report, serial))

    def _report(self, serial: str, payload: bytes) -> None:
        if self._waiting.full():
            self._waiting.get_nowait()
        self._waiting.put_nowait((f"device/{serial}/report", payload))

    async def run(self) -> None:
        """Stay connected until cancelled."""
        attempt = 0
        while True:
            try:
                async with self._client() as client:
                    await client.subscribe("device/+/request", qos=1)
                    attempt = 0
                    async with asyncio.TaskGroup() as group:
                        group.create_task(self._send(client))
                        group.create_task(self._listen(client))
            except* aiomqtt.MqttError as errors:
                log.warning("central broker lost", error=str(errors.exceptions[0])[:100])
            await asyncio.sleep(RETRY_SECONDS[min(attempt, len(RETRY_SECONDS) - 1)])
            attempt += 1

    def _client(self) -> aiomqtt.Client:
        secure = self._url.scheme == "mqtts"
        return aiomqtt.Client(
            self._url.hostname or "127.0.0.1",
            port=self._url.port or (8883 if secure else 1883),
            username=unquote(self._url.username) if self._url.username else None,
            password=unquote(self._url.password) if self._url.password else None,
            tls_params=aiomqtt.TLSParameters() if secure else None,
            max_queued_outgoing_messages=BOUND,
        )

    async def _send(self, client: aiomqtt.Client) -> None:
        while True:
            topic, payload = await self._waiting.get()
            await client.publish(topic, payload, qos=0)

    async def _listen(self, client: aiomqtt.Client) -> None:
        async for message in client.messages:
            printer = self._printers.get(str(message.topic).split("/")[1])
            if printer is not None and isinstance(message.payload, bytes | bytearray):
                printer.receive(bytes(message.payload))
