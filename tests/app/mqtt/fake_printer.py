"""A printer reduced to its wire: a small MQTT 3.1.1 broker over TLS that does as it is told.

It lets a test choose each answer and each accident; the simulator of the product behaves by
itself and is used where behaviour matters.
"""

import asyncio
import ssl
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self

import orjson
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.app.mqtt.reports import p1

Json = dict[str, Any]


def certificate(directory: Path, name: str) -> tuple[Path, Path]:
    """A self-signed certificate with this common name, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    cert_file, key_file = directory / f"{name}.pem", directory / f"{name}.key"
    cert_file.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return cert_file, key_file


class FakePrinter:
    """Listens on a free port of the loopback while the context is open."""

    def __init__(self, serial: str, directory: Path, *, name: str | None = None) -> None:
        self.serial = serial
        self.code = "12345678"
        self.port = 0
        self.full: Json = p1()
        self.requests: list[tuple[str, str]] = []
        self.client_ids: list[str] = []
        self.subscriptions: list[str] = []
        self.mute = False  # answers nothing
        self.deaf = False  # reports, but ignores requests
        self.refuse: int | None = None  # a CONNACK code for everybody
        self.reply: Json | None = {"result": "success", "reason": ""}
        self._directory = directory
        self._name = name or serial
        self._files = certificate(directory, self._name)
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self.stop()

    async def start(self) -> None:
        """Listen, on the same port as before if there was one."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(*self._files)
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, ssl=context)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Stop listening and drop everybody."""
        if self._server is not None:
            self._server.close()
        self.drop()
        if self._server is not None:
            await self._server.wait_closed()
            self._server = None

    def new_key(self) -> None:
        """Show another key from the next start on, as a repaired printer does, or a fake one."""
        self._files = certificate(self._directory, self._name)

    def drop(self) -> None:
        """Close every connection."""
        for writer in list(self._writers):
            writer.transport.abort()

    @property
    def connected(self) -> int:
        """How many clients are connected."""
        return len(self._writers)

    def report(self, **fields: Any) -> None:
        """Send a delta."""
        self.send({"print": {"command": "push_status", "msg": 1} | fields})

    def push(self, **fields: Any) -> None:
        """Change the full state and send it."""
        self.full |= fields
        self.send({"print": self.full})

    def send(self, message: Json | bytes) -> None:
        """Send anything on the report topic."""
        payload = message if isinstance(message, bytes) else orjson.dumps(message)
        topic = f"device/{self.serial}/report".encode()
        body = len(topic).to_bytes(2, "big") + topic + payload
        for writer in list(self._writers):
            writer.write(b"\x30" + _length(len(body)) + body)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with suppress(asyncio.IncompleteReadError, ConnectionError, ssl.SSLError):
                if await self._welcome(reader, writer):
                    self._writers.add(writer)
                    while True:
                        await self._answer(writer, *await _packet(reader))
        finally:
            self._writers.discard(writer)
            writer.transport.abort()

    async def _welcome(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        _kind, body = await _packet(reader)
        fields, position = [], 10
        while position < len(body):
            size = int.from_bytes(body[position : position + 2], "big")
            fields.append(body[position + 2 : position + 2 + size].decode())
            position += 2 + size
        client_id, user, password = fields
        self.client_ids.append(client_id)
        code = self.refuse
        if code is None:
            code = 0 if (user, password) == ("bblp", self.code) else 5
        writer.write(bytes([0x20, 2, 0, code]))
        await writer.drain()
        return code == 0

    async def _answer(self, writer: asyncio.StreamWriter, kind: int, body: bytes) -> None:
        if kind >> 4 == 8:
            size = int.from_bytes(body[2:4], "big")
            self.subscriptions.append(body[4 : 4 + size].decode())
            writer.write(b"\x90\x03" + body[:2] + b"\x00")
        elif kind >> 4 == 12:
            writer.write(b"\xd0\x00")
        elif kind >> 4 == 3:
            size = int.from_bytes(body[:2], "big")
            self._request(body[2 + size + 2 :])
        elif kind >> 4 == 14:
            raise ConnectionResetError

    def _request(self, payload: bytes) -> None:
        # QoS 1 stays unacknowledged, as real printers do it now and then.
        ((subsystem, body),) = orjson.loads(payload).items()
        self.requests.append((subsystem, body["command"]))
        if self.mute or self.deaf:
            return
        if body["command"] == "pushall":
            self.send({"print": self.full})
        elif body["command"] == "get_version":
            modules = [{"name": "ota", "sw_ver": "01.08.02.00"}]
            self.send({"info": body | {"module": modules}})
        elif self.reply is not None:
            self.send({subsystem: body | self.reply})

    def asked(self, command: str) -> int:
        """How often a command was asked for."""
        return sum(1 for _subsystem, name in self.requests if name == command)


async def _packet(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    kind = (await reader.readexactly(1))[0]
    size = shift = 0
    while True:
        byte = (await reader.readexactly(1))[0]
        size |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            return kind, await reader.readexactly(size)


def _length(size: int) -> bytes:
    encoded = bytearray()
    while True:
        size, byte = size >> 7, size & 0x7F
        encoded.append(byte | (0x80 if size else 0))
        if not size:
            return bytes(encoded)
