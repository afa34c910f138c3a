"""One attempt to hand a message to an endpoint."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import certifi
import httpcore
import structlog

from app import __version__
from app.errors import Invalid
from app.webhooks.destinations import Destination, parsed
from app.webhooks.guard import AddressRefused, Guard, NameUnknown
from app.webhooks.outcome import Outcome

log = structlog.get_logger(__name__)

# Seconds for the whole exchange, from the name to the answer.
TIMEOUT = 10.0
# Bytes of an answer that are kept, and characters of an error.
EXCERPT = 1_024
MAX_ERROR = 500
# A host with many addresses: more are not tried.
_ADDRESSES = 4
_USER_AGENT = f"Spoolgraph-Webhooks/{__version__}"


class _GuardedNetwork(httpcore.AsyncNetworkBackend):
    """Connects to the addresses the guard allows, and to nothing else."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        self._network = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        failure: Exception | None = None
        for address in (await self._guard.addresses(host, port))[:_ADDRESSES]:
            try:
                return await self._network.connect_tcp(
                    address, port, timeout, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure or httpcore.ConnectError("no address")


def trusted() -> ssl.SSLContext:
    """The authorities of the system (`SSL_CERT_FILE` names more) and the public ones."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context


class Sender:
    """One per process. Certificates are verified, redirects are answers, cookies are unknown."""

    def __init__(
        self, guard: Guard, *, timeout: float = TIMEOUT, context: ssl.SSLContext | None = None
    ) -> None:
        self._timeout = timeout
        # No connection is used twice: each attempt resolves and checks its address anew.
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=context or trusted(),
            max_connections=None,
            max_keepalive_connections=0,
            network_backend=_GuardedNetwork(guard),
        )

    async def send(self, url: str, headers: Mapping[str, str], body: str) -> Outcome:
        """Post a message once. Never raises; what went wrong is in the outcome."""
        began = time.monotonic()
        status, received, error = None, bytearray(), None
        try:
            destination = parsed(url)
            async with (
                asyncio.timeout(self._timeout),
                self._pool.stream(
                    "POST",
                    _address(destination),
                    headers=_headers(destination, headers),
                    content=body.encode(),
                    extensions={"timeout": dict.fromkeys(_PHASES, self._timeout)},
                ) as response,
            ):
                status = response.status
                async for chunk in response.aiter_stream():
                    received += chunk[: EXCERPT - len(received)]
                    if len(received) >= EXCERPT:
                        break
        except Exception as raised:
            # An answer that began counts, however its body goes on.
            error = None if status is not None else _words(raised, self._timeout)
        return Outcome(
            milliseconds=round((time.monotonic() - began) * 1000),
            status=status,
            excerpt=None if status is None else _text(received),
            error=error,
        )

    async def close(self) -> None:
        """Close what is open."""
        await self._pool.aclose()


_PHASES = ("connect", "read", "write", "pool")


def _address(destination: Destination) -> httpcore.URL:
    return httpcore.URL(
        scheme=destination.scheme,
        host=destination.host,
        port=destination.port,
        target=destination.target,
    )


def _headers(destination: Destination, signed: Mapping[str, str]) -> Sequence[tuple[str, str]]:
    return [
        ("Host", destination.authority),
        ("Content-Type", "application/json"),
        ("User-Agent", _USER_AGENT),
        ("Accept", "*/*"),
        *signed.items(),
    ]


def _text(received: bytearray) -> str:
    """What was answered as text that any database keeps."""
    return received.decode(errors="replace").replace("\x00", "\ufffd")


def _words(raised: Exception, timeout: float) -> str:
    """Why there was no answer, without what might be secret."""
    if isinstance(raised, AddressRefused | NameUnknown):
        return str(raised)[:MAX_ERROR]
    if isinstance(raised, Invalid):
        return raised.message[:MAX_ERROR]
    if isinstance(raised, TimeoutError | httpcore.TimeoutException):
        return f"No answer within {timeout:g} seconds."
    if _came_of(raised, ssl.SSLError):
        return "The encrypted connection failed: the certificate or the protocol is not good."
    if isinstance(raised, httpcore.ConnectError):
        return "The connection was refused or cannot be made."
    if isinstance(raised, httpcore.NetworkError | httpcore.ProtocolError):
        return "The connection broke before an answer came."
    log.error("a webhook could not be sent", error=type(raised).__name__)
    return "The message could not be sent."


def _came_of(raised: BaseException | None, kind: type[BaseException]) -> bool:
    while raised is not None and not isinstance(raised, kind):
        raised = raised.__cause__ or raised.__context__
    return raised is not None
