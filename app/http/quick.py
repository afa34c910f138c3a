"""What Starlette does for every request, in fewer steps."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from app.http.request_log import ON_EVERY_ANSWER

VARIES = (b"vary", b"Origin")


class QuickHeaders(Headers):
    """Headers that are found by name at once; of several with one name the first counts."""

    def __init__(self, scope: Scope) -> None:
        super().__init__(raw=scope["headers"])
        self._first: dict[bytes, bytes] = dict(reversed(scope["headers"]))

    def get(self, key: str, default: Any = None) -> Any:
        """The first value of a header."""
        found = self._first.get(key.lower().encode("latin-1"))
        return default if found is None else found.decode("latin-1")

    def __getitem__(self, key: str) -> str:
        return self._first[key.lower().encode("latin-1")].decode("latin-1")

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and key.lower().encode("latin-1") in self._first


class QuickRequest(Request):
    """A request whose headers, address and id are found at once."""

    def __init__(self, scope: Scope, receive: Receive) -> None:
        super().__init__(scope, receive)
        self._headers: Headers = QuickHeaders(scope)

    @property
    def address(self) -> str:
        """Where it came from, empty when that is not known."""
        client = self.scope["client"]
        return client[0] if client else ""

    async def read(self, most: int) -> bytes | None:
        """The whole body, None when it has more than `most` bytes.

        Raises `ClientDisconnect` when it ends too early.
        """
        parts: list[bytes] = []
        size = 0
        while True:
            message = await self.receive()
            if message["type"] == "http.disconnect":
                raise ClientDisconnect
            part = message.get("body", b"")
            size += len(part)
            if size > most:
                return None
            if not message.get("more_body", False):
                return b"".join((*parts, part)) if parts else part
            parts.append(part)

    @property
    def request_id(self) -> str:
        """What it is called in logs and answers."""
        found: str = self.scope["state"]["request_id"]
        return found


class QuickResponse(Response):
    """An answer whose headers are written once, as they go out."""

    def __init__(
        self, content: bytes, status: int, kind: bytes, headers: Iterable[tuple[bytes, bytes]] = ()
    ) -> None:
        self.status_code = status
        self.background = None
        self.body = content
        self.raw_headers = [
            (b"content-length", b"%d" % len(content)),
            (b"content-type", kind),
            *headers,
        ]


class QuickCors(CORSMiddleware):
    """Starlette's rules for pages of other origins; what no page sent passes by them."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as the rules say; caches are always told that answers depend on the origin."""
        if scope["type"] != "http" or any(name == b"origin" for name, _ in scope["headers"]):
            await super().__call__(scope, receive, send)
            return

        scope[ON_EVERY_ANSWER].append(VARIES)
        await self.app(scope, receive, send)
