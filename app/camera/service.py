"""The cameras of the farm, as seen from this process."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from contextlib import aclosing
from functools import partial
from typing import TYPE_CHECKING, Any

from app.calls import Calls
from app.camera.jpeg import jpeg_pictures
from app.camera.relay import Relay, client_of, received
from app.camera.rtsp import rtsp_pictures
from app.camera.stream import LINGER_SECONDS, CameraStream, Watcher
from app.camera.target import CameraTarget, camera_of
from app.database import EVERY_TEAM, Database
from app.errors import Conflict, DomainError, NotFound, Unreachable
from app.events import PrinterDeleted, PrinterUpdated
from app.farm_events.service import decode
from app.hub import EVENT, EVERY_TEAM_ID, Hub, Message
from app.printers import leases, queries
from app.printers.catalogue import Camera
from app.sealing import Sealer
from app.settings import Settings

if TYPE_CHECKING:
    from redis.asyncio import Redis

DEFAULT_FPS, MAX_FPS = 10, 30
SNAPSHOT_SECONDS = 5.0
# Of one process; beyond it nobody else is let in.
MAX_WATCHERS = 1_000
# How soon a camera moves after its printer, and notices a change of address.
LOOK_SECONDS = 3.0
STOP = "camera stop"
_PRINTER_EVENTS = frozenset({PrinterUpdated.kind, PrinterDeleted.kind})
_CALL = "camera"
_CALL_SECONDS = 5.0


class Cameras:
    """One stream per printer that is watched here, whatever the number of those who watch."""

    def __init__(
        self, settings: Settings, database: Database, hub: Hub, calls: Calls, sealer: Sealer
    ) -> None:
        self._settings = settings
        self._database = database
        self._hub = hub
        self._calls = calls
        self._sealer = sealer
        self._streams: dict[int, CameraStream] = {}
        self._plans: dict[int, CameraTarget | str] = {}
        self._relays: dict[int, tuple[Relay, asyncio.Task[None]]] = {}
        self._redis: Redis | None = None
        self._closed = False
        calls.answer(_CALL, self._answer)
        hub.listen(STOP, self._on_stop)

    def watchers(self, printer_id: int) -> int:
        """How many watch it through this process."""
        stream = self._streams.get(printer_id)
        return 0 if stream is None else len(stream.watchers)

    def watch(self, printer_id: int, fps: float = DEFAULT_FPS) -> Watcher:
        """Watch a printer; the caller has seen that it may, and closes what this returns.

        Raises `Conflict` when too many watch already, `Unreachable` while the server ends.
        """
        if self._closed:
            raise Unreachable("The server is shutting down.")
        if sum(len(stream.watchers) for stream in self._streams.values()) >= MAX_WATCHERS:
            raise Conflict("Too many watch cameras through this server at the moment.")
        stream = self._streams.get(printer_id)
        if stream is None:
            connect = partial(self._pictures, printer_id)
            gone = partial(self._gone, printer_id)
            stream = self._streams[printer_id] = CameraStream(connect, gone)
        return stream.watch(fps)

    async def snapshot(self, printer_id: int) -> bytes:
        """A picture (JPEG) of the running stream, or of one that is opened for it.

        Raises `Unreachable` with the reason when there is none within five seconds.
        """
        watcher = self.watch(printer_id)
        try:
            return await watcher.first(SNAPSHOT_SECONDS)
        finally:
            watcher.close()

    def stop(self, printer_id: int) -> None:
        """End every stream of a printer in every process, at once."""
        self._hub.publish(Message(STOP, str(printer_id), EVERY_TEAM_ID, b"{}"))

    async def run(self) -> None:
        """Keep streams where their printers are, until cancelled or until the hub closes."""
        looking = asyncio.create_task(self._look_often())
        try:
            async with self._hub.feed(EVENT) as feed:
                async for message in feed:
                    if message.key in _PRINTER_EVENTS:
                        event = decode(message.body)
                        if isinstance(event, PrinterUpdated | PrinterDeleted):
                            await self._look(event.printer_id)
        finally:
            looking.cancel()
            await self._close()

    async def _look_often(self) -> None:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            for printer_id in list(self._streams):
                await self._look(printer_id)

    async def _close(self) -> None:
        self._closed = True
        streams = list(self._streams.values())
        for stream in streams:
            stream.end()
        for stream in streams:
            await stream.closed()
        for _relay, task in list(self._relays.values()):
            task.cancel()
        if self._redis is not None:
            redis, self._redis = self._redis, None
            with contextlib.suppress(Exception):
                await redis.aclose()

    async def _pictures(self, printer_id: int, stream: CameraStream) -> AsyncGenerator[bytes, None]:
        plan = self._plans[printer_id] = await self._plan(printer_id)
        if isinstance(plan, str):
            stream.linger = 0.0  # the other process lingers
            body = {"printer_id": printer_id, "fps": stream.fps}
            ask = partial(self._calls.ask, plan, _CALL, body, timeout=_CALL_SECONDS)
            source = received(self._client(), printer_id, ask)
        else:
            stream.linger = LINGER_SECONDS
            source = self._own(plan, stream)
        async with aclosing(source):
            async for picture in source:
                yield picture

    def _own(self, target: CameraTarget, stream: CameraStream) -> AsyncGenerator[bytes, None]:
        ca_file = self._settings.printer_ca_file
        if target.kind is Camera.JPEG:
            return jpeg_pictures(target, ca_file)
        return rtsp_pictures(target, ca_file, lambda: stream.fps)

    async def _plan(self, printer_id: int) -> CameraTarget | str:
        """The camera itself, or the name of the process that holds its printer."""
        async with self._database.read(EVERY_TEAM) as session:
            row = (await queries.by_ids(session, [printer_id])).get(printer_id)
            owner = await leases.owner_of(session, printer_id) if self._hub.remote else None
        if row is None:
            raise NotFound("There is no such printer.")
        target = camera_of(row, self._sealer)
        if not self._hub.remote or owner == self._hub.process_id:
            return target
        if owner is None:
            raise Unreachable("No server process holds this printer at the moment.")
        return owner

    async def _look(self, printer_id: int) -> None:
        """Open a stream anew when its printer moved or changed."""
        stream, plan = self._streams.get(printer_id), self._plans.get(printer_id)
        if stream is None or plan is None:
            return
        try:
            now = await self._plan(printer_id)
        except NotFound:
            stream.end()
            return
        except DomainError:
            return
        if now != plan and self._streams.get(printer_id) is stream:
            self._plans[printer_id] = now
            stream.restart()

    async def _answer(self, body: dict[str, Any]) -> dict[str, Any]:
        """Another process listens: send it the pictures."""
        printer_id, fps = int(body["printer_id"]), float(body["fps"])
        if isinstance(await self._plan(printer_id), str):
            raise Unreachable("This process no longer holds the printer.")
        running = self._relays.get(printer_id)
        if running is not None:
            running[0].ask(fps)
            return {}
        relay = Relay(self._client(), printer_id, self.watch(printer_id, fps))
        task = asyncio.create_task(relay.run())
        self._relays[printer_id] = (relay, task)
        task.add_done_callback(lambda _done: self._relays.pop(printer_id, None))
        return {}

    def _client(self) -> Redis:
        if self._redis is None:
            self._redis = client_of(self._settings.broadcast_url)
        return self._redis

    def _gone(self, printer_id: int, stream: CameraStream) -> None:
        if self._streams.get(printer_id) is stream:
            del self._streams[printer_id]
            self._plans.pop(printer_id, None)

    def _on_stop(self, message: Message) -> None:
        stream = self._streams.get(int(message.key))
        if stream is not None:
            stream.end()
