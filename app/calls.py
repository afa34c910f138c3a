"""Questions from one server process to another over the hub, with an answer or a timeout.

A command for a printer must leave through the process that holds its connection; the others ask
that process here. An answer is a JSON object or a `DomainError` that is raised again at the asker.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import orjson

from app import errors
from app.errors import DomainError, Unreachable
from app.hub import EVERY_TEAM_ID, Hub, Message

Answerer = Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]

_REQUEST = "request"
_REPLY = "reply"
_KINDS: dict[str, type[DomainError]] = {
    kind.__name__: kind
    for kind in (errors.NotFound, errors.Conflict, errors.Forbidden, errors.Unreachable)
}


class Calls:
    """`answer` registers what this process answers, `ask` asks the process named `owner`."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._answerers: dict[str, Answerer] = {}
        self._pending: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self._running: set[asyncio.Task[None]] = set()
        hub.listen(_REQUEST, self._on_request)
        hub.listen(_REPLY, self._on_reply)

    def answer(self, name: str, answerer: Answerer) -> None:
        """Let `answerer` answer the calls of this name that are addressed to this process."""
        self._answerers[name] = answerer

    async def ask(
        self, owner: str, name: str, body: dict[str, Any], *, timeout: float
    ) -> dict[str, Any]:
        """The answer of `owner`; raises its `DomainError`, or `Unreachable` after `timeout` s."""
        if owner == self._hub.process_id:
            return await self._answerers[name](body)
        call_id = uuid4().hex
        future: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._pending[call_id] = future
        try:
            self._send(_REQUEST, call_id, {"to": owner, "name": name, "body": body})
            async with asyncio.timeout(timeout):
                reply = await future
        except TimeoutError:
            raise Unreachable(
                "The server process that holds this printer's connection did not answer."
            ) from None
        finally:
            del self._pending[call_id]
        if "error" in reply:
            kind = _KINDS.get(reply["error"]["kind"], Unreachable)
            raise kind(reply["error"]["message"], code=reply["error"]["code"])
        answer: dict[str, Any] = reply["body"]
        return answer

    def _send(self, topic: str, call_id: str, body: dict[str, Any]) -> None:
        self._hub.publish(
            Message(
                topic, call_id, EVERY_TEAM_ID, orjson.dumps(body | {"by": self._hub.process_id})
            )
        )

    def _on_request(self, message: Message) -> None:
        request = orjson.loads(message.body)
        if request["to"] == self._hub.process_id and request["name"] in self._answerers:
            task = asyncio.create_task(self._answer(message.key, request))
            self._running.add(task)
            task.add_done_callback(self._running.discard)

    async def _answer(self, call_id: str, request: dict[str, Any]) -> None:
        try:
            reply: dict[str, Any] = {
                "body": await self._answerers[request["name"]](request["body"])
            }
        except DomainError as error:
            kind = next(
                (base.__name__ for base in type(error).__mro__ if base.__name__ in _KINDS), ""
            )
            reply = {"error": {"kind": kind, "code": error.code, "message": error.message}}
        self._send(_REPLY, call_id, reply | {"to": request["by"]})

    def _on_reply(self, message: Message) -> None:
        future = self._pending.get(message.key)
        if future is not None and not future.done():
            future.set_result(orjson.loads(message.body))
