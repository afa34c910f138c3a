"""Gives every request an id, counts it, logs it in one line, and answers when something broke."""

from __future__ import annotations

import os
import re
import time
from itertools import count

import orjson
import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.http import request_metrics

log = structlog.get_logger("app.request")

# Where in a scope the layers below put headers for every answer, also for one that went wrong.
ON_EVERY_ANSWER = "spoolgraph.headers"
_HEADER = b"x-request-id"
_SANE_ID = re.compile(rb"[A-Za-z0-9._:-]{1,128}")
# Ids of this process: what no other one begins with, and a number.
_BEGIN = b"req_%b" % os.urandom(8).hex().encode()
_numbers = count().__next__


class RequestLog:
    """`X-Request-ID` is taken from the request when it looks sane, and is on every answer.

    The id is also in `scope["state"]["request_id"]` and on every log line of the request. The
    query string is never logged: clients of older APIs put tokens there.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._say = log.bind().info  # finding it costs as much as a line that is not written

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        kind, path = scope["type"], scope.get("path")
        if kind not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        tag = _given_id(scope) or b"%b%016x" % (_BEGIN, _numbers())
        request_id = tag.decode()
        scope.setdefault("state", {})["request_id"] = request_id
        structlog.contextvars.bind_contextvars(request_id=request_id)
        headers = scope[ON_EVERY_ANSWER] = [(_HEADER, tag)]
        status: int | None = None
        began = time.perf_counter()

        async def tagged(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", ()), *headers]
            await send(message)

        if kind == "http":
            request_metrics.begin(scope["method"])
        try:
            await self._app(scope, receive, tagged)
        except Exception:
            log.exception("request failed", path=path)
            if kind != "http" or status is not None:
                status = status or 500
                raise
            await _answer_broken(tagged, request_id)
        finally:
            seconds = time.perf_counter() - began
            if kind == "http":
                request_metrics.end(scope, status, seconds)
            self._say(
                "request",
                method=scope.get("method", "WEBSOCKET"),
                path=path,
                status=status,
                ms=round(seconds * 1000, 1),
            )


def _given_id(scope: Scope) -> bytes | None:
    """The id that the client gave, when it looks sane."""
    for name, value in scope["headers"]:
        if name == _HEADER:
            return value if _SANE_ID.fullmatch(value) else None
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
