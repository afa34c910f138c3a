"""The graphql-transport-ws protocol, signed in, and robust against whatever arrives."""

import asyncio
import copy
from collections.abc import Mapping
from functools import cached_property, partial
from typing import Any

from graphql import GraphQLError
from starlette.websockets import WebSocket
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import (
    BaseGraphQLTransportWSHandler,
    Operation,
)
from strawberry.types import ExecutionResult

from app.errors import NotFound, Unauthenticated, Unavailable
from app.websocket import FRAMES
from schema import metrics, schema
from schema.context import Context
from schema.errors import as_graphql_error, present_errors
from schema.following.groups import Group, Groups, Member
from schema.following.outbox import Outbox
from schema.guards import Guard
from schema.known_documents import Unknown
from schema.limits import objection
from schema.requests import Refused, asked_of
from schema.signing_in import signed_in

UNAUTHORIZED = 4401
BAD_REQUEST = 4400
TRY_AGAIN_LATER = 1013


class SocketHandler(BaseGraphQLTransportWSHandler[Any, None]):
    """One open socket. Its credential comes from the headers or from `connection_init`."""

    guard: Guard | None = None
    _closing: asyncio.Task[None] | None = None

    @cached_property
    def outbox(self) -> Outbox:
        """The way out for what groups tell."""
        socket: WebSocket = self.websocket.ws  # type: ignore[attr-defined]
        return Outbox(socket.send_text, socket.scope.get("extensions", {}).get(FRAMES))

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
        self.outbox.close()
        self._closing = asyncio.create_task(
            self.websocket.close(UNAUTHORIZED, "The credential is not valid any more")
        )

    async def handle_subscribe(self, message: Any) -> None:
        """Refuse what is no operation, or one too many, before it is looked at."""
        payload = message["payload"]
        operation_id = message["id"]
        try:
            asked = asked_of(payload)
        except Refused:
            asked = None
        if asked is None or not isinstance(operation_id, str):
            await self.websocket.close(BAD_REQUEST, "Invalid message")
            return
        if self.connection_acknowledged and operation_id not in self.operations:
            try:
                payload["query"] = self.view.documents.text(  # type: ignore[attr-defined]
                    asked, self.context.viewer
                )
            except Unknown as unknown:
                await self._refuse(operation_id, str(unknown), unknown.code)
                return
            against = objection(payload["query"], asked.variables)
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
        """Subscriptions join those who asked the same; whatever cannot be shared is run for its
        client alone. Each operation has its own context, so that no loader outlives it."""
        context = self.context.renewed()
        member = Member(operation.id, self.outbox)
        group = await self._joined(operation, context, member)
        if group is None:
            scoped = copy.copy(self)
            scoped.context = context
            await super(SocketHandler, scoped).run_operation(operation)
            return
        try:
            error = await member.ended
            await self.outbox.sent()
        finally:
            group.leave(member)
            metrics.note(group.name, "subscription", ok=member.ok)
        if error is not None:
            errors = [as_graphql_error(error)]
            present_errors(errors, context)
            if not member.told:
                await operation.send_initial_errors(errors)
                return
            await operation.send_next(ExecutionResult(data=None, errors=errors))
        await operation.send_operation_message({"id": operation.id, "type": "complete"})

    async def _joined(
        self, operation: Operation[Any, None], context: Context, member: Member
    ) -> Group | None:
        """The group an operation belongs to, once it was told the present. None also when it
        could not be told, so that the operation's own run says why."""
        groups: Groups = self.view.groups  # type: ignore[attr-defined]
        group = groups.of(
            operation.query,
            schema.prepare(operation.query),
            operation.operation_name,
            operation.variables,
            context,
        )
        if group is None:
            return None
        if self.guard is not None:
            self.guard.watch(member)
        try:
            await group.join(member)
        except Exception as error:
            if not member.told:
                return None
            member.end(error)
        return group

    async def shutdown(self) -> None:
        """The socket is closed."""
        if self.guard is not None:
            self.guard.release()
        self.outbox.close()
        await super().shutdown()
