"""The MQTT 3.1.1 broker inside a printer: TLS from the first byte, one user, few clients.

Behaves as the brokers of real printers do: reports leave with QoS 0 and are never retained; a
wrong code is refused with return code 5; some families drop a client that listens to requests; a
second client with the same id takes the place of the first.
"""

from __future__ import annotations

import asyncio
import contextlib
import struct
from dataclasses import dataclass, field

from app.simulator.certificates import server_context
from app.simulator.printer import SimPrinter

USER = "bblp"
MAX_PACKET = 1_048_576
# Bytes a client may leave unread before it is dropped.
MAX_UNREAD = 8_388_608
CONNECT, CONNACK, PUBLISH, PUBACK, SUBSCRIBE, SUBACK = 1, 2, 3, 4, 8, 9
UNSUBSCRIBE, UNSUBACK, PINGREQ, PINGRESP, DISCONNECT = 10, 11, 12, 13, 14
REFUSED_UNAVAILABLE, REFUSED_AUTHORISATION = 3, 5


class ProtocolError(Exception):
    """What arrived is not MQTT 3.1.1."""


def packet(kind: int, body: bytes, flags: int = 0) -> bytes:
    """A control packet with its fixed header."""
    length, size = bytearray(), len(body)
    while True:
        size, digit = divmod(size, 128)
        length.append(digit | (0x80 if size else 0))
        if not size:
            return bytes([kind << 4 | flags]) + bytes(length) + body


def _string(body: bytes, at: int) -> tuple[bytes, int]:
    (size,) = struct.unpack_from("!H", body, at)
    end = at + 2 + size
    if end > len(body):
        raise ProtocolError("a text ends outside its packet")
    return body[at + 2 : end], end


async def _read_packet(reader: asyncio.StreamReader) -> tuple[int, int, bytes]:
    first = (await reader.readexactly(1))[0]
    size = shift = 0
    while True:
        digit = (await reader.readexactly(1))[0]
        size |= (digit & 0x7F) << shift
        if not digit & 0x80:
            break
        shift += 7
        if shift > 21:
            raise ProtocolError("a length has too many bytes")
    if size > MAX_PACKET:
        raise ProtocolError("a packet is too large")
    return first >> 4, first & 0x0F, await reader.readexactly(size)


@dataclass(eq=False, slots=True)
class _Client:
    writer: asyncio.StreamWriter
    name: bytes
    topics: set[str] = field(default_factory=set)

    def send(self, data: bytes) -> None:
        if self.writer.transport.get_write_buffer_size() > MAX_UNREAD:
            self.drop()
        elif not self.writer.is_closing():
            self.writer.write(data)

    def drop(self) -> None:
        self.writer.transport.abort()


class PrinterBroker:
    """Serves one printer on one port of the loopback."""

    def __init__(self, printer: SimPrinter, host: str = "127.0.0.1") -> None:
        self._printer = printer
        self._host = host
        self._clients: dict[bytes, _Client] = {}
        self._server: asyncio.Server | None = None
        self._context = server_context(printer.serial)
        self.port = 0

    @property
    def clients(self) -> int:
        """How many are connected."""
        return len(self._clients)

    async def start(self, port: int = 0) -> None:
        """Listen; port 0 takes a free one."""
        self._server = await asyncio.start_server(
            self._serve, self._host, self.port or port, ssl=self._context, backlog=64
        )
        self.port = self._server.sockets[0].getsockname()[1]
        self._printer.listeners.add(self._report)

    async def stop(self) -> None:
        """Drop everybody without a word and listen no more, as when the power fails."""
        self._printer.listeners.discard(self._report)
        if self._server is not None:
            self._server.close()
            self._server = None
        self.drop_all()

    def drop_all(self) -> None:
        """Cut every connection."""
        for client in list(self._clients.values()):
            client.drop()
        self._clients.clear()

    def _report(self, payload: bytes) -> None:
        topic = f"device/{self._printer.serial}/report"
        data = None
        for client in list(self._clients.values()):
            if topic in client.topics or "#" in client.topics:
                if data is None:
                    name = topic.encode()
                    data = packet(PUBLISH, struct.pack("!H", len(name)) + name + payload)
                client.send(data)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        client: _Client | None = None
        try:
            client = await self._connect(reader, writer)
            while client is not None:
                kind, flags, body = await _read_packet(reader)
                if kind == DISCONNECT or not self._handle(client, kind, flags, body):
                    break
        except (ProtocolError, struct.error, OSError, asyncio.IncompleteReadError):
            pass  # the client left or sent nonsense: its connection ends here
        finally:
            if client is not None and self._clients.get(client.name) is client:
                del self._clients[client.name]
            with contextlib.suppress(OSError):
                writer.close()

    async def _connect(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> _Client | None:
        async with asyncio.timeout(10):
            kind, _flags, body = await _read_packet(reader)
        if kind != CONNECT:
            raise ProtocolError("the first packet must be CONNECT")
        name, user, password = _credentials(body)
        code = 0
        if user != USER or password != self._printer.access_code:
            code = REFUSED_AUTHORISATION
        elif name not in self._clients and self.clients >= self._printer.profile.clients:
            code = REFUSED_UNAVAILABLE
        writer.write(packet(CONNACK, bytes([0, code])))
        await writer.drain()
        if code:
            return None
        older = self._clients.pop(name, None)
        if older is not None:
            older.drop()
        client = _Client(writer, name)
        self._clients[name] = client
        return client

    def _handle(self, client: _Client, kind: int, flags: int, body: bytes) -> bool:
        """Act on a packet; False ends the connection."""
        if kind == PUBLISH:
            self._publish(client, flags, body)
        elif kind == SUBSCRIBE:
            return self._subscribe(client, body)
        elif kind == UNSUBSCRIBE:
            topic, _ = _string(body, 2)
            client.topics.discard(topic.decode(errors="replace"))
            client.send(packet(UNSUBACK, body[:2]))
        elif kind == PINGREQ:
            client.send(packet(PINGRESP, b""))
        return True

    def _publish(self, client: _Client, flags: int, body: bytes) -> None:
        topic, at = _string(body, 0)
        if flags >> 1 & 3:
            client.send(packet(PUBACK, body[at : at + 2]))
            at += 2
        if topic.decode(errors="replace") == f"device/{self._printer.serial}/request":
            self._printer.receive(body[at:])

    def _subscribe(self, client: _Client, body: bytes) -> bool:
        at, granted = 2, bytearray()
        while at < len(body):
            raw, at = _string(body, at)
            topic = raw.decode(errors="replace")
            at += 1
            listens_to_requests = topic == "#" or topic.endswith("/request")
            if listens_to_requests and self._printer.profile.drops_request_subscribers:
                return False
            client.topics.add(topic)
            granted.append(0)
        client.send(packet(SUBACK, body[:2] + bytes(granted)))
        return True


def _credentials(body: bytes) -> tuple[bytes, str, str]:
    """Client id, user and password of a CONNECT."""
    protocol, at = _string(body, 0)
    if protocol != b"MQTT" or body[at] != 4:
        raise ProtocolError("only MQTT 3.1.1 is spoken")
    flags = body[at + 1]
    name, at = _string(body, at + 4)
    if flags & 0x04:
        _, at = _string(body, at)
        _, at = _string(body, at)
    user = password = b""
    if flags & 0x80:
        user, at = _string(body, at)
    if flags & 0x40:
        password, at = _string(body, at)
    return name, user.decode(errors="replace"), password.decode(errors="replace")
