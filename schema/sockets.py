"""The graphql-transport-ws protocol, signed in, and robust against whatever arrives."""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Mapping
from functools import partial
from typing import Any

from graphql import GraphQLError
from starlette.websockets import WebSocket
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import (
    BaseGraphQLTransportWSHandler,
    Operation,
)

from app.errors import NotFound, Unauthenticated, Unavailable
from schema.context import Context
from schema.guards import Guard
from schema.limits import objection
from schema.signing_in import signed_in

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
        recheck = partial(signed_in, runtime.accounts, headers)
        try:
            viewer = await recheck()
            self.guard = self.view.guards.guard(viewer, recheck)  # type: ignore[attr-defined]
            self.guard.on_end(self._end)
            await self.guard.check()  # it may have been revoked a moment before it was watched
        except (Unauthenticated, NotFound) as error:
            await self.websocket.close(UNAUTHORIZED, f"Unauthorized: {error.message}"[:120])
            return
        except Unavailable:
            await self.websocket.close(TRY_AGAIN_LATER, "Try again later")
            return
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
        """Refuse what is no operation, or one too many, before it is looked at."""
        payload = message["payload"]
        query, operation_id = payload["query"], message["id"]
        if not (
            isinstance(query, str)
            and isinstance(operation_id, str)
            and isinstance(payload.get("variables"), dict | None)
            and isinstance(payload.get("operationName"), str | None)
        ):
            await self.websocket.close(BAD_REQUEST, "Invalid message")
            return
        if self.connection_acknowledged and operation_id not in self.operations:
            against = objection(query, payload.get("variables"))
            if against is not None:
                await self._refuse(operation_id, against, "BAD_REQUEST")
                return
            viewer = self.context.viewer
            self.context.runtime.usage.count_call(viewer.team_id)
            limit = await self.context.runtime.limiter.hit("graphql", viewer.credential)
            if limit is not None and limit.retry_after is not None:
                said = f"Too many requests, try again in {limit.retry_after} s."
                await self._refuse(operation_id, said, "RATE_LIMITED")
                return
        await super().handle_subscribe(message)

    async def _refuse(self, operation_id: str, message: str, code: str) -> None:
        error = {"message": message, "extensions": {"code": code}}
        await self.websocket.send_json({"id": operation_id, "type": "error", "payload": [error]})

    @staticmethod
    def _get_pre_execution_close_reason(error: GraphQLError) -> str | None:
        """A document with a mistake ends its operation, not the socket and all others on it."""
        return None

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
