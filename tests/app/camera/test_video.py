"""Cameras that send H.264, as real ones do, and cameras that send nonsense."""

import asyncio
import io
import struct
from fractions import Fraction

import av
import pytest
from PIL import Image

from app.camera.jpeg import jpeg_pictures
from app.camera.rtsp import rtsp_pictures
from app.camera.service import SNAPSHOT_SECONDS
from app.camera.target import CameraTarget
from app.errors import Unreachable
from app.printers.catalogue import Camera
from app.printers.models import Trust
from app.simulator import camera, rtsp
from app.simulator.camera import CameraServer
from app.simulator.certificates import server_context
from app.simulator.printer import SimPrinter
from app.simulator.profiles import PROFILES

SERIAL, CODE = "00M00A000000001", "12345678"
SIZE = (640, 360)
LONGEST = 1_200


class Encoder:
    """Makes H.264 of single pictures; every so many is a key frame."""

    def __init__(self, keys):
        self._codec = av.CodecContext.create("libx264", "w")
        self._codec.width, self._codec.height = SIZE
        self._codec.pix_fmt = "yuv420p"
        self._codec.time_base = Fraction(1, 20)
        self._codec.gop_size = keys
        self._codec.options = {"preset": "ultrafast", "tune": "zerolatency"}
        self._number = 0

    def __call__(self, _view):
        self._number += 1
        image = Image.new("RGB", SIZE, (200, 30 + self._number % 2, 40))
        frame = av.VideoFrame.from_image(image)
        frame.pts = self._number
        return b"".join(bytes(packet) for packet in self._codec.encode(frame))


def pack(unit):
    """The RTP payloads of one access unit, as RFC 6184 has them."""
    parts = [part for part in unit.replace(b"\0\0\0\1", b"\0\0\1").split(b"\0\0\1") if part]
    payloads = []
    for part in parts:
        if len(part) <= LONGEST:
            payloads.append(part)
            continue
        kind, body = part[0], part[1:]
        for start in range(0, len(body), LONGEST):
            first = 0x80 if start == 0 else 0
            last = 0x40 if start + LONGEST >= len(body) else 0
            head = struct.pack("BB", kind & 0xE0 | 28, first | last | kind & 0x1F)
            payloads.append(head + body[start : start + LONGEST])
    return [(payload, number == len(payloads)) for number, payload in enumerate(payloads, 1)]


def target(kind, port):
    """A camera on this machine."""
    return CameraTarget(1, SERIAL, kind, "127.0.0.1", port, Trust.PINNED, None, CODE)


@pytest.mark.parametrize(("rate", "keys"), [(20.0, 1), (20.0, 30), (2.0, 1)])
async def test_h264_is_shown_as_jpeg(monkeypatch, rate, keys):
    """What is shown is what was encoded, in its size and colour; also of a slow camera the first
    picture comes as soon as a snapshot must."""
    monkeypatch.setattr(camera, "camera_jpeg", Encoder(keys))
    monkeypatch.setattr(rtsp, "pack", pack)
    monkeypatch.setattr(rtsp, "JPEG_TYPE", 96)
    monkeypatch.setattr(
        rtsp,
        "_DESCRIPTION",
        "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=Live\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\n"
        "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n"
        "a=fmtp:96 packetization-mode=1\r\na=control:track1\r\n",
    )
    printer = SimPrinter(PROFILES["x1c"], "Left", SERIAL, CODE)
    printer.quirks.camera_pictures_per_second = rate
    server = CameraServer(printer)
    await server.start()
    pictures = rtsp_pictures(target(Camera.RTSP, server.port), None, lambda: 30.0)
    try:
        async with asyncio.timeout(SNAPSHOT_SECONDS):
            for _ in range(3):
                image = Image.open(io.BytesIO(await anext(pictures)))
                assert (image.format, image.size) == ("JPEG", SIZE)
                red, green, blue = image.convert("RGB").getpixel((320, 180))
                assert red > 170
                assert green < 70
                assert blue < 80
    finally:
        await pictures.aclose()
        await server.stop()


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"", "closed the connection at once"),
        (struct.pack("<IIII", 0xFFFFFFFF, 0, 1, 0), "a picture of 4294967295 bytes"),
        (struct.pack("<IIII", 3, 0, 1, 0) + b"\xff\xd8\xff", "a picture of 3 bytes"),
        (struct.pack("<IIII", 5, 0, 1, 0) + b"hello", "no JPEG picture"),
        (struct.pack("<IIII", 500, 0, 1, 0) + b"\xff\xd8", "was lost"),
        (b"HTTP/1.1 4", "was lost"),
    ],
)
async def test_nonsense_is_told_in_words(answer, words):
    """Whatever a camera sends is bounded and never shown."""

    async def serve(reader, writer):
        await reader.readexactly(80)
        writer.write(answer)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=server_context(SERIAL))
    port = server.sockets[0].getsockname()[1]
    pictures = jpeg_pictures(target(Camera.JPEG, port), None)
    async with asyncio.timeout(10):
        with pytest.raises(Unreachable, match=words):
            await anext(pictures)
    server.close()


async def test_another_printer_is_not_told_the_code():
    """The serial number in the certificate is checked before anything is sent."""
    told = []

    async def serve(reader, _writer):
        told.append(await reader.read())

    server = await asyncio.start_server(
        serve, "127.0.0.1", 0, ssl=server_context("00M00A000000002")
    )
    port = server.sockets[0].getsockname()[1]
    for pictures in (
        jpeg_pictures(target(Camera.JPEG, port), None),
        rtsp_pictures(target(Camera.RTSP, port), None, lambda: 10.0),
    ):
        with pytest.raises(Unreachable, match="has the serial number 00M00A000000002"):
            await anext(pictures)
    server.close()
    assert b"".join(told) == b""
