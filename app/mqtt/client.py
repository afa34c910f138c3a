"""aiomqtt as printers need it: connects that cannot starve others, messages without a queue."""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from secrets import token_hex
from types import TracebackType
from typing import Any, Self

import aiomqtt
from aiomqtt.exceptions import MqttConnectError
from paho.mqtt.client import MQTT_ERR_SUCCESS

from app.printers.tls import PrinterTls

# paho stops sending silently when this many acknowledgements are missing, and printers leave
# some out.
_IN_FLIGHT = 1_000
_OUTGOING = 200
# Blocking connects (TCP, TLS) run here and not in the loop's own small pool.
_CONNECT_THREADS = 16
TIMEOUT_SECONDS = 5.0
KEEPALIVE_SECONDS = 30

Receive = Callable[[str, bytes], None]


class _Straight(asyncio.Queue[aiomqtt.Message]):
    """Hands each message to its receiver at once, in the callback that read it.

    Reading slower than a printer sends then fills its socket and no memory of ours.
    """

    receive: Receive

    def put_nowait(self, item: aiomqtt.Message) -> None:
        payload = item.payload
        if isinstance(payload, bytes | bytearray):
            self.receive(item.topic.value, bytes(payload))


class ConnectPool:
    """The threads that connect, bounded; one per ingest."""

    def __init__(self, threads: int = _CONNECT_THREADS) -> None:
        self.executor = ThreadPoolExecutor(threads, thread_name_prefix="mqtt-connect")

    def close(self) -> None:
        """Let running connects end in their own time, without anybody waiting for them."""
        self.executor.shutdown(wait=False, cancel_futures=True)


class MqttClient(aiomqtt.Client):
    """One connection with a fresh client id and a clean session; used once.

    ``receive`` is called with topic and payload of each message and must not raise. Raises
    ``aiomqtt.MqttError`` or ``OSError`` on connecting.
    """

    def __init__(
        self,
        pool: ConnectPool,
        receive: Receive,
        host: str,
        port: int,
        *,
        username: str | None,
        password: str | None,
        tls: ssl.SSLContext | None,
    ) -> None:
        def straight(maxsize: int = 0) -> _Straight:
            queue = _Straight(maxsize)
            queue.receive = receive
            return queue

        queue_type: Any = straight
        super().__init__(
            host,
            port,
            username=username,
            password=password,
            identifier=f"spoolgraph-{token_hex(6)}",
            clean_session=True,
            protocol=aiomqtt.ProtocolVersion.V311,
            queue_type=queue_type,
            keepalive=KEEPALIVE_SECONDS,
            timeout=TIMEOUT_SECONDS,
            tls_context=tls,
            max_inflight_messages=_IN_FLIGHT,
            max_queued_outgoing_messages=_OUTGOING,
        )
        self._pool = pool
        self._tls = tls
        self._is_connected = False
        self._address = (host, port)

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        # Whoever cannot be reached is found out here, without a thread.
        async with asyncio.timeout(TIMEOUT_SECONDS):
            tcp = await _open_tcp(*self._address)
        connecting = loop.run_in_executor(self._pool.executor, self._connect_now, tcp)
        try:
            await asyncio.shield(connecting)
        except asyncio.CancelledError:
            # The thread cannot be stopped: it is woken, and what it opens is closed at once.
            if isinstance(self._tls, PrinterTls):
                self._tls.abort()
            connecting.add_done_callback(self._discard_after)
            raise
        try:
            return await super().__aenter__()
        except BaseException:
            self._discard()
            raise

    def _connect_now(self, tcp: socket.socket) -> None:
        """TLS and CONNECT, blocking, on a socket that is connected already."""
        paho: Any = self._client
        paho._create_socket_connection = lambda: tcp
        try:
            super()._client_connect()
        except BaseException:
            tcp.close()
            raise
        self._is_connected = True

    def _client_connect(self) -> None:
        """What aiomqtt does in the loop's pool; here it was done already."""
        if not self._is_connected:
            super()._client_connect()

    def _discard_after(self, connecting: "asyncio.Future[None]") -> None:
        if not connecting.cancelled() and connecting.exception() is None:
            self._discard()

    def _discard(self) -> None:
        """Say goodbye, without waiting until it has left, and close the socket."""
        # Written here and now, not by the loop: whoever froze cannot hold up the end.
        self._client.on_socket_register_write = None
        with contextlib.suppress(OSError, ValueError):
            self._client.disconnect()
        leftover = self._client.socket()
        if leftover is not None:
            self._loop.remove_reader(leftover.fileno())
            self._loop.remove_writer(leftover.fileno())
            leftover.close()

    async def until_lost(self) -> None:
        """Wait for the end of the connection, which is an ``aiomqtt.MqttError``."""
        async for _message in self.messages:
            pass

    async def send(self, topic: str, payload: bytes) -> None:
        """Publish with QoS 1, without waiting for the acknowledgement.

        Printers leave some out, and the answer on the report topic is what counts. Raises
        ``aiomqtt.MqttError`` when the connection is gone.
        """
        sent = self._client.publish(topic, payload, qos=1)
        if sent.rc != MQTT_ERR_SUCCESS:
            raise aiomqtt.MqttCodeError(sent.rc, "Could not publish")

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._discard()
        if self._disconnected.done() and not self._disconnected.cancelled():
            # Whoever left for another reason has no use for this one.
            self._disconnected.exception()


async def _open_tcp(host: str, port: int) -> socket.socket:
    """A connected blocking socket. Raises ``OSError``."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    family, kind, protocol, _name, address = found[0]
    tcp = socket.socket(family, kind, protocol)
    try:
        tcp.setblocking(False)
        await loop.sock_connect(tcp, address)
        tcp.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        tcp.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        tcp.settimeout(TIMEOUT_SECONDS)
    except BaseException:
        tcp.close()
        raise
    return tcp


def refusal_code(error: BaseException) -> int | None:
    """The CONNACK return code of a refused connection, in MQTT 3.1.1 numbers."""
    if not isinstance(error, MqttConnectError):
        return None
    code = getattr(error.rc, "value", error.rc)
    return _AS_311.get(code, code) if isinstance(code, int) else None


# paho speaks of refusals in MQTT 5 numbers.
_AS_311 = {132: 1, 133: 2, 136: 3, 134: 4, 135: 5}
