"""The cameras of simulated printers, seen by a socket and by ffmpeg's decoder."""

import asyncio
import contextlib
import io
import struct

import pytest
from PIL import Image

from app.simulator.farm import SimulatedFarm, SimulatorOptions
from app.simulator.jobs import Job
from tests.app.simulator.printer_client import client_context

HEADER = struct.Struct("<IIII")


def authentication(user, code):
    """The 80 bytes a viewer begins with."""
    return struct.pack("<IIII32s32s", 0x40, 0x3000, 0, 0, user.encode(), code.encode())


@contextlib.asynccontextmanager
async def simulated(model="p1s"):
    """One printer, in the middle of a print."""
    options = SimulatorOptions(models=(model,), base_port=0, speed=60)
    async with SimulatedFarm(options) as farm:
        printer = farm.printers[0]
        printer.quirks.camera_pictures_per_second = 20
        printer.sim.start(Job("Gear", 600, 50))
        yield printer


@contextlib.asynccontextmanager
async def viewer(printer, user="bblp", code=None):
    """A connection that has said who it is."""
    reader, writer = await asyncio.open_connection(
        "127.0.0.1", printer.camera_port, ssl=client_context()
    )
    writer.write(authentication(user, printer.sim.access_code if code is None else code))
    try:
        yield reader
    finally:
        writer.transport.abort()


async def picture(reader):
    """The next picture."""
    async with asyncio.timeout(5):
        size, track, flags, zero = HEADER.unpack(await reader.readexactly(16))
        assert (track, flags, zero) == (0, 1, 0)
        return await reader.readexactly(size)


async def watch(reader):
    """Take pictures until there are no more."""
    while True:
        await picture(reader)


async def free(printer):
    """Wait until nobody watches."""
    async with asyncio.timeout(5):
        while printer.camera.viewers:
            await asyncio.sleep(0.01)


async def test_pictures_move():
    """Each is a JPEG of 1280 by 720, and another than the one before."""
    async with simulated() as printer:
        while printer.sim.machine.percent < 10:
            await asyncio.sleep(0.05)
        async with viewer(printer) as reader:
            seen = [await picture(reader) for _ in range(3)]
        assert len(set(seen)) == 3
        for each in seen:
            assert (each[:2], each[-2:]) == (b"\xff\xd8", b"\xff\xd9")
            assert Image.open(io.BytesIO(each)).size == (1280, 720)


@pytest.mark.parametrize(
    ("user", "code"), [("bblp", "00000000"), ("root", None), ("bblp", ""), ("", None)]
)
async def test_a_wrong_code_gets_not_a_byte(user, code):
    """The connection closes without a word."""
    async with simulated() as printer, viewer(printer, user, code) as reader:
        async with asyncio.timeout(5):
            assert await reader.read() == b""
        assert printer.camera.served == 0


async def test_one_viewer_at_a_time():
    """A second one is refused, or takes the place of the first; later there is room again."""
    async with simulated() as printer:
        async with viewer(printer) as first:
            await picture(first)
            async with viewer(printer) as second, asyncio.timeout(5):
                assert await second.read() == b""
            await picture(first)
            printer.quirks.camera_gives_way = True
            async with viewer(printer) as second:
                await picture(second)
                with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
                    await watch(first)
                await picture(second)
        await free(printer)
        printer.quirks.camera_gives_way = False
        async with viewer(printer) as again:
            await picture(again)


async def test_a_camera_that_stalls_or_is_off():
    """A stalled one keeps the connection and goes on later; one that is off shows nothing."""
    async with simulated() as printer:
        async with viewer(printer) as reader:
            await picture(reader)
            printer.quirks.camera_stalls = True
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(watch(reader), 0.3)
            printer.quirks.camera_stalls = False
            await picture(reader)
        await free(printer)
        printer.quirks.camera_off = True
        async with viewer(printer) as reader, asyncio.timeout(5):
            assert await reader.read() == b""


async def test_power_and_access_code():
    """Both end what is open; the port stays the printer's."""
    async with simulated() as printer:
        port = printer.camera_port
        for happen in (printer.power_off, lambda: printer.change_code("11112222")):
            async with viewer(printer) as reader:
                await picture(reader)
                done = happen()
                if done is not None:
                    await done
                    await printer.power_on()
                with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
                    await watch(reader)
        assert printer.describe()["camera_port"] == printer.camera_port == port
        async with viewer(printer) as reader:
            await picture(reader)


class Rtsp:
    """A client of the RTSP side, as far as a test needs one."""

    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer
        self.number = 0

    async def ask(self, method, uri="/streaming/live/1", **headers):
        """The status and the headers of an answer; a body is read and left."""
        self.number += 1
        lines = [f"{method} rtsp://127.0.0.1{uri} RTSP/1.0", f"CSeq: {self.number}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        self.writer.write("\r\n".join([*lines, "", ""]).encode())
        async with asyncio.timeout(5):
            head = (await self.reader.readuntil(b"\r\n\r\n")).decode()
            found = dict(line.split(": ", 1) for line in head.split("\r\n")[1:-2])
            await self.reader.readexactly(int(found["Content-Length"]))
        assert found["CSeq"] == str(self.number)
        return int(head.split()[1]), found


async def test_rtsp_wants_a_digest():
    """What is not signed with the access code is 401; what is unknown is 501."""
    async with simulated("x1c") as printer:
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", printer.camera_port, ssl=client_context()
        )
        client = Rtsp(reader, writer)
        status, headers = await client.ask("OPTIONS")
        assert status == 200
        assert "DESCRIBE" in headers["Public"]
        for method in ("DESCRIBE", "SETUP", "PLAY", "RECORD"):
            status, headers = await client.ask(method)
            assert status == 401
            assert headers["WWW-Authenticate"].startswith("Digest realm=")
        status, _ = await client.ask(
            "DESCRIBE", Authorization='Digest username="bblp", uri="/", response="0"'
        )
        assert status == 401
        writer.transport.abort()
