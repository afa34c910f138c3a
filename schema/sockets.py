"""The graphql-transport-ws protocol, signed in, and robust against whatever arrives."""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Mapping
from typing import Any

from starlette.websockets import WebSocket
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import (
    BaseGraphQLTransportWSHandler,
    Operation,
)

from app.errors import Unauthenticated, Unavailable
from schema.context import Context
from schema.guards import Guard
from schema.limits import MAX_NESTING, nesting

UNAUTHORIZED = 4401
BAD_REQUEST = 4400
TRY_AGAIN_LATER = 1013


class SocketHandler(BaseGraphQLTransportWSHandler[Any, None]):
    """One open socket. Its credential comes from the headers or from `connection_init`."""

    guard: Guard | None = None
    _closing: asyncio.Task[None] | None = None

    async def handle_message(self, message: Any) -> None:
        """Whatever is not a message of the protocol closes the socket with 4400."""
        if not isinstance(message, dict):
            await self.websocket.close(BAD_REQUEST, "A message is a JSON object")
            return
        try:
            await super().handle_message(message)  # type: ignore[arg-type]
        except (TypeError, AttributeError):
            await self.websocket.close(BAD_REQUEST, "Invalid message")

    async def handle_connection_init(self, message: Any) -> None:
        """Sign in, then acknowledge."""
        payload = message.get("payload") or {}
        if not isinstance(payload, dict):
            await self.websocket.close(BAD_REQUEST, "Invalid connection init payload")
            return
        if self.connection_init_received:
            await super().handle_connection_init(message)
            return
        socket: WebSocket = self.context["websocket"]
        given = {str(name).lower(): value for name, value in payload.items()}
        headers: Mapping[str, Any] = {**socket.headers, **given}
        runtime = self.view.runtime  # type: ignore[attr-defined]
        try:
            viewer = await runtime.accounts.authenticate(
                api_key=_text(headers.get("x-api-key")),
                authorization=_text(headers.get("authorization")),
            )
        except Unauthenticated as error:
            await self.websocket.close(UNAUTHORIZED, f"Unauthorized: {error.message}"[:120])
            return
        except Unavailable:
            await self.websocket.close(TRY_AGAIN_LATER, "Try again later")
            return
        self.guard = self.view.guards.guard(viewer)  # type: ignore[attr-defined]
        self.guard.on_end(self._end)
        self.context = Context(
            runtime=runtime,
            viewer=viewer,
            request_id=socket.state.request_id,
            guard=self.guard,
        )
        await super().handle_connection_init({"type": "connection_init", "payload": {}})

    def _end(self) -> None:
        """The credential was revoked or has expired: nothing more may leave."""
        self._closing = asyncio.create_task(
            self.websocket.close(UNAUTHORIZED, "The credential is not valid any more")
        )

    async def handle_subscribe(self, message: Any) -> None:
        """Refuse what is no operation before it is parsed."""
        payload = message["payload"]
        query = payload["query"]
        operation_id = message["id"]
        if not isinstance(query, str) or not isinstance(operation_id, str):
            await self.websocket.close(BAD_REQUEST, "Invalid message")
            return
        if nesting(query) > MAX_NESTING:
            error = {"message": f"The document is nested deeper than {MAX_NESTING} levels."}
            await self.websocket.send_json(
                {"id": operation_id, "type": "error", "payload": [error]}
            )
            return
        await super().handle_subscribe(message)

    async def run_operation(self, operation: Operation[Any, None]) -> None:
        """Each operation has its own context, so that no loader outlives it."""
        scoped = copy.copy(self)
        scoped.context = self.context.renewed()
        await super(SocketHandler, scoped).run_operation(operation)

    async def shutdown(self) -> None:
        """The socket is closed."""
        if self.guard is not None:
            self.guard.release()
        await super().shutdown()


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
