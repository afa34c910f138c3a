"""Gives every request an id, writes one line for it, and answers when something broke."""

from __future__ import annotations

import os
import re
import time

import orjson
import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = structlog.get_logger("app.request")

_HEADER = b"x-request-id"
_SANE_ID = re.compile(rb"[A-Za-z0-9._:-]{1,128}")


class RequestLog:
    """`X-Request-ID` is taken from the request when it looks sane, and is on every answer.

    The id is also in `scope["state"]["request_id"]` and on every log line of the request. The
    query string is never logged: clients of older APIs put tokens there.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        request_id = _given_id(scope) or f"req_{os.urandom(16).hex()}"
        scope.setdefault("state", {})["request_id"] = request_id
        structlog.contextvars.bind_contextvars(request_id=request_id)
        await _Exchange(self._app, scope, request_id).run(receive, send)


class _Exchange:
    """One request and its answer."""

    def __init__(self, app: ASGIApp, scope: Scope, request_id: str) -> None:
        self._app = app
        self._scope = scope
        self._request_id = request_id
        self._status: int | None = None
        self._began = time.perf_counter()

    async def run(self, receive: Receive, send: Send) -> None:
        async def tagged(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._status = message["status"]
                named = (_HEADER, self._request_id.encode())
                message["headers"] = [*message.get("headers", ()), named]
            await send(message)

        try:
            await self._app(self._scope, receive, tagged)
        except Exception:
            log.exception("request failed", path=self._scope["path"])
            if self._scope["type"] != "http" or self._status is not None:
                raise
            await _answer_broken(tagged, self._request_id)
        finally:
            log.info(
                "request",
                method=self._scope.get("method", "WEBSOCKET"),
                path=self._scope["path"],
                status=self._status,
                ms=round((time.perf_counter() - self._began) * 1000, 1),
            )


def _given_id(scope: Scope) -> str | None:
    """The id that the client gave, when it looks sane."""
    for name, value in scope["headers"]:
        if name == _HEADER:
            return value.decode() if _SANE_ID.fullmatch(value) else None
    return None


async def _answer_broken(send: Send, request_id: str) -> None:
    body = orjson.dumps(
        {
            "detail": "The server failed to answer; the request id finds the cause in its log.",
            "code": "INTERNAL_ERROR",
            "request_id": request_id,
        }
    )
    await send(
        {
            "type": "http.response.start",
            "status": 500,
            "headers": [
                (b"content-type", b"application/json"),
                (b"content-length", str(len(body)).encode()),
            ],
        }
    )
    await send({"type": "http.response.body", "body": body})
