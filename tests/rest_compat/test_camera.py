"""Cameras through the documented routes: simulated printers on one side, browsers' streams on the
other."""

from __future__ import annotations

import asyncio
import contextlib
import io
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

from app.accounts.models import Role, Scope
from app.camera import service, stream
from app.simulator.farm import SimulatedFarm, SimulatedPrinter, SimulatorOptions
from app.simulator.jobs import Job
from tests.running import RunningServer, eventually, running


class Watching:
    """A viewer: the parts of a multipart answer, one after the other."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self._bytes = response.aiter_bytes()
        self._unread = b""

    async def picture(self) -> bytes:
        """The next picture; raises `EOFError` at the end."""
        async with asyncio.timeout(10):
            head = await self._until(b"\r\n\r\n")
            assert b"Content-Type: image/jpeg" in head
            size = int(head.split(b"Content-Length: ")[1].split(b"\r\n")[0])
            data = await self._exactly(size)
            assert (data[:2], data[-2:]) == (b"\xff\xd8", b"\xff\xd9")
            assert await self._exactly(len(b"\r\n--frame\r\n")) == b"\r\n--frame\r\n"
            return data

    async def end(self) -> None:
        """Return when the server ended the stream."""
        with contextlib.suppress(EOFError, httpx.HTTPError):
            while True:
                await self.picture()

    async def _more(self) -> None:
        try:
            self._unread += await anext(self._bytes)
        except StopAsyncIteration:
            raise EOFError from None

    async def _until(self, mark: bytes) -> bytes:
        while mark not in self._unread:
            await self._more()
        found, _, self._unread = self._unread.partition(mark)
        return found

    async def _exactly(self, size: int) -> bytes:
        while len(self._unread) < size:
            await self._more()
        found, self._unread = self._unread[:size], self._unread[size:]
        return found


class Scene:
    """A server with one printer that prints and shows 20 pictures a second."""

    def __init__(self, server: RunningServer, printer: SimulatedPrinter, added: dict[str, Any]):
        self.server, self.printer = server, printer
        self.id = added["id"]
        self.path = f"/api/v1/printers/{added['databaseId']}/camera"

    @contextlib.asynccontextmanager
    async def watching(self, fps: int = 30, **client: Any) -> AsyncIterator[Watching]:
        """Somebody watches."""
        asked = self.server.client(**client).stream("GET", f"{self.path}/stream?fps={fps}")
        async with asked as response:
            assert response.status_code == 200
            yield Watching(response)

    async def snapshot(self) -> httpx.Response:
        """One picture, or a problem."""
        return await self.server.client().get(f"{self.path}/snapshot")

    @property
    def served(self) -> int:
        """How many connections the printer's camera has had."""
        return self.printer.camera.served

    async def left_alone(self) -> None:
        """Wait until nobody is connected to the camera."""
        await eventually(lambda: self.printer.camera.viewers == 0)


@contextlib.asynccontextmanager
async def scene(server: RunningServer, model: str = "p1s") -> AsyncIterator[Scene]:
    """A printer of a model, added to a server."""
    async with SimulatedFarm(SimulatorOptions(models=(model,), base_port=0, speed=60)) as farm:
        printer = farm.printers[0]
        printer.quirks.camera_pictures_per_second = 20
        printer.sim.start(Job("Gear", 600, 50))
        yield Scene(server, printer, await server.add(printer))


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """What takes ten seconds takes three."""
    monkeypatch.setattr(service, "LINGER_SECONDS", 3.0)
    monkeypatch.setattr(stream, "SILENCE_SECONDS", 3.0)


@pytest.mark.parametrize("model", ["p1s", "x1c"])
async def test_everybody_watches_one_connection(
    server: RunningServer, model: str, quick: None
) -> None:
    """Viewers and snapshots share the only connection, which is closed a while after the last;
    JPEG and RTSP alike."""
    async with scene(server, model) as place:
        async with (
            place.watching() as first,
            place.watching() as second,
            place.watching(5) as third,
        ):
            seen = [await each.picture() for each in (first, second, third, first, second, third)]
            assert Image.open(io.BytesIO(seen[0])).size == (1280, 720)
            assert len(set(seen)) > 1
            snapshot = await place.snapshot()
            assert snapshot.status_code == 200
            assert snapshot.headers["content-type"] == "image/jpeg"
            assert snapshot.headers["cache-control"] == "no-store"
            assert Image.open(io.BytesIO(snapshot.content)).size == (1280, 720)
            assert place.served == 1
        async with place.watching() as again:
            await again.picture()
            assert place.served == 1
        await place.left_alone()
        async with place.watching() as later:
            await later.picture()
        assert place.served == 2


async def test_a_snapshot_opens_the_camera_for_itself(server: RunningServer, quick: None) -> None:
    """Nobody watched before; those that follow soon share its connection."""
    async with scene(server) as place:
        for _ in range(3):
            assert (await place.snapshot()).status_code == 200
        assert place.served == 1
        await place.left_alone()


async def test_as_many_pictures_as_asked_for(server: RunningServer) -> None:
    """`fps` bounds what is sent; without it ten a second."""
    async with scene(server) as place:
        for query, most in (("?fps=4", 4), ("", 10)):
            asked = server.client().stream("GET", f"{place.path}/stream{query}")
            async with asked as response:
                watching = Watching(response)
                await watching.picture()
                began = time.monotonic()
                for _ in range(most):
                    await watching.picture()
                assert time.monotonic() - began > 0.9


async def test_stop_ends_every_stream_at_once(server: RunningServer) -> None:
    """All viewers are sent away and the camera is let go; afterwards it can be watched again."""
    async with scene(server) as place:
        async with place.watching() as first, place.watching() as second:
            await first.picture()
            answer = await server.client().post(f"{place.path}/stop")
            assert (answer.status_code, answer.json()) == (200, {"status": "stopped"})
            await first.end()
            await second.end()
        await place.left_alone()
        assert (await place.snapshot()).status_code == 200
        done = await server.graphql(
            """mutation($id: ID!) { stopCamera(input: {id: $id}) {
                printer { camera { watchers kind streamPath snapshotPath unavailableReason } }
                userErrors { code } } }""",
            {"id": place.id},
        )
        assert done["stopCamera"] == {
            "printer": {
                "camera": {
                    "watchers": 0,
                    "kind": "JPEG",
                    "streamPath": f"{place.path}/stream",
                    "snapshotPath": f"{place.path}/snapshot",
                    "unavailableReason": None,
                }
            },
            "userErrors": [],
        }
        await place.left_alone()
        assert (await server.client().post(f"{place.path}/stop")).status_code == 200


async def test_a_stalled_camera_is_opened_anew(server: RunningServer, quick: None) -> None:
    """Without a picture for a while the connection is made again, under the same viewers."""
    async with scene(server) as place, place.watching() as watching:
        await watching.picture()
        place.printer.quirks.camera_stalls = True
        await eventually(lambda: place.served >= 2)
        place.printer.quirks.camera_stalls = False
        await watching.picture()


async def test_a_printer_that_comes_back_is_seen_again(server: RunningServer) -> None:
    """Power off and on: the viewer stays and sees it again."""
    async with scene(server) as place, place.watching() as watching:
        await watching.picture()
        await place.printer.power_off()
        await asyncio.sleep(0.2)
        await place.printer.power_on()
        before = place.served
        await eventually(lambda: place.served > before)
        await watching.picture()
        await watching.picture()


async def test_why_there_is_no_picture(
    server: RunningServer, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Off, wrong code, silent: 503 in time, in words, without the access code."""
    monkeypatch.setattr(service, "SNAPSHOT_SECONDS", 3.0)
    for model in ("p1s", "x1c"):
        async with scene(server, model) as place:
            code = place.printer.sim.access_code
            for happen, word in (
                (lambda p: setattr(p.quirks, "camera_off", True), "camera"),
                (lambda p: setattr(p.quirks, "camera_off", False), None),
                (lambda p: p.change_code("55556666"), "access code"),
            ):
                happen(place.printer)
                await server.client().post(f"{place.path}/stop")
                answer = await place.snapshot()
                if word is None:
                    assert answer.status_code == 200
                    continue
                assert answer.status_code == 503
                assert answer.json()["code"] == "SERVICE_UNAVAILABLE"
                assert word in answer.json()["detail"]
                assert code not in answer.text
            await server.client().post(f"{place.path}/stop")
            await place.printer.power_off()
            answer = await place.snapshot()
            assert answer.status_code == 503
            assert "refuses connections" in answer.json()["detail"]
            assert code not in "".join(capfd.readouterr())


async def test_a_snapshot_waits_no_longer_than_told(
    server: RunningServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A camera that is connected and shows nothing is a problem in words."""
    monkeypatch.setattr(service, "SNAPSHOT_SECONDS", 0.5)
    async with scene(server) as place:
        place.printer.quirks.camera_stalls = True
        answer = await place.snapshot()
        assert answer.status_code == 503
        assert answer.json()["detail"] == "The camera sent no picture within 0.5 seconds."
        stream = await server.client().get(f"{place.path}/stream")
        assert stream.status_code == 503


async def test_without_a_decoder_the_error_says_what_to_install(
    server: RunningServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PyAV is an extra; nothing else needs it."""
    monkeypatch.setitem(sys.modules, "av", None)
    async with scene(server, "x1c") as place:
        answer = await place.snapshot()
        assert answer.status_code == 503
        assert "spoolgraph[camera]" in answer.json()["detail"]
        assert place.served == 0


async def test_a_stream_ends_with_its_credential(server: RunningServer) -> None:
    """A revoked key sees nothing more; others go on."""
    async with scene(server) as place:
        made = await server.graphql(
            'mutation { createApiKey(input: {name: "wall"}) { value apiKey { id } } }'
        )
        wall, key_id = made["createApiKey"]["value"], made["createApiKey"]["apiKey"]["id"]
        async with place.watching(key=wall) as doomed, place.watching() as other:
            await doomed.picture()
            await server.graphql(
                "mutation($id: ID!) { revokeApiKey(input: {id: $id}) { userErrors { message } } }",
                {"id": key_id},
            )
            await doomed.end()
            await other.picture()
            await other.picture()


async def test_who_may_watch_and_stop(server: RunningServer) -> None:
    """Nobody without a credential, nobody of another team; stopping needs CONTROL."""
    stranger = await server.stranger()
    reader = await server.member(None, Role.VIEWER, Scope.READ)
    async with scene(server) as place:
        for kind in ("stream", "snapshot"):
            path = f"{place.path}/{kind}"
            assert (await server.client(None).get(path)).status_code == 401
            assert (await server.client(stranger).get(path)).status_code == 404
        assert (await server.client(reader).get(f"{place.path}/snapshot")).status_code == 200
        assert (await server.client(reader).post(f"{place.path}/stop")).status_code == 403
        assert (await server.client(stranger).post(f"{place.path}/stop")).status_code == 404
        assert (await server.client(None).post(f"{place.path}/stop")).status_code == 401
        for number in ("999", "abc", "-1"):
            path = f"/api/v1/printers/{number}/camera/snapshot"
            assert (await server.client().get(path)).status_code == 404
        assert place.served == 1


@pytest.mark.parametrize("fps", ["0", "31", "-5", "ten", "1.5"])
async def test_fps_outside_its_range_is_refused(server: RunningServer, fps: str) -> None:
    """The problem names the field, and the camera is left alone."""
    async with scene(server) as place:
        answer = await server.client().get(f"{place.path}/stream?fps={fps}")
        assert (answer.status_code, answer.json()["code"]) == (400, "VALIDATION_ERROR")
        assert "fps" in answer.json()["detail"]
        assert place.served == 0


async def test_head_opens_no_camera(server: RunningServer) -> None:
    """The headers of a stream can be had without watching."""
    async with scene(server) as place:
        answer = await server.client().head(f"{place.path}/stream")
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("multipart/x-mixed-replace")
        assert place.served == 0


async def test_a_printer_without_an_address_has_no_camera(server: RunningServer) -> None:
    """It is known on the central broker alone."""
    added = await server.graphql(
        """mutation { addPrinter(input: {name: "Far", serialNumber: "01P00A000000009"}) {
            printer { databaseId camera { unavailableReason } } userErrors { message } } }"""
    )
    printer = added["addPrinter"]["printer"]
    assert printer["camera"]["unavailableReason"] == "The printer has no address."
    path = f"/api/v1/printers/{printer['databaseId']}/camera/snapshot"
    answer = await server.client().get(path)
    assert answer.status_code == 503
    assert "no address" in answer.json()["detail"]


async def test_a_deleted_printer_is_not_shown_any_more(server: RunningServer) -> None:
    """Its viewers are sent away."""
    async with scene(server) as place, place.watching() as watching:
        await watching.picture()
        await server.graphql(
            "mutation($id: ID!) { deletePrinter(input: {id: $id}) { userErrors { message } } }",
            {"id": place.id},
        )
        await watching.end()
        await place.left_alone()


async def test_a_printer_that_moved_is_found_at_its_new_port(
    server: RunningServer, quick: None
) -> None:
    """What a stream depends on is looked up again when the printer is changed."""
    async with scene(server) as place, place.watching() as watching:
        await watching.picture()
        port = place.printer.camera_port
        change = """mutation($id: ID!, $port: Int!) {
            updatePrinter(input: {id: $id, cameraPort: $port}) { userErrors { message } } }"""
        await server.graphql(change, {"id": place.id, "port": 9})
        await place.left_alone()
        await server.graphql(change, {"id": place.id, "port": port})
        await eventually(lambda: place.served == 2)
        await watching.picture()


async def test_the_server_ends_in_time_with_streams_open(tmp_path: Path) -> None:
    """Open streams are ended, not waited for."""
    async with contextlib.AsyncExitStack() as stack:
        server = await stack.enter_async_context(running(tmp_path, shutdown_seconds=4))
        place = await stack.enter_async_context(scene(server))
        for _ in range(5):
            watching = await stack.enter_async_context(place.watching())
            await watching.picture()
        began = time.monotonic()
        server.runtime.hub.close()
        await watching.end()
        await place.left_alone()
        assert (await place.snapshot()).status_code == 503
        assert time.monotonic() - began < 3
