"""Subscribers who asked the same share one feed, one execution and one encoding per event.

A group is everybody in this process with the same text, operation, variables and permissions
(team and scopes). It holds one source; for each item of it the selection is executed and encoded
once, and the bytes go to every member with the id of its operation in front.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Hashable, Mapping
from dataclasses import replace
from typing import Any

import orjson
from graphql import GraphQLError, GraphQLSchema, OperationDefinitionNode, OperationType
from graphql.execution.values import VariableValues, get_variable_values
from prometheus_client import Counter

from app.errors import DomainError
from app.hub import Message
from app.websocket import text_frame
from schema.context import Context
from schema.documents import Prepared
from schema.following.outbox import Outbox
from schema.following.rendering import Payload, Rendering, Subscribed
from schema.following.sources import Item, Source, followed_by
from schema.plans.arguments import DEFINITION, Arguments
from schema.plans.selection import Selector
from schema.plans.sources import Unplannable

_deliveries = Counter(
    "spoolgraph_subscription_deliveries", "Messages for members of groups of subscribers."
)
# Frames until everybody else on the loop has a turn.
FRAMES_AT_ONCE = 4_000
# Payloads that leave for one socket in one write, when so many wait.
BATCH = 16
# Keys of items, and what is told of each.
Batch = list[tuple[Hashable, Payload]]


class Member:
    """One subscriber: an operation of a socket. `ended` gets what ended the group, None for an
    end without an error."""

    def __init__(self, operation_id: str, outbox: Outbox) -> None:
        self.outbox = outbox
        self.ended: asyncio.Future[Exception | None] = asyncio.get_running_loop().create_future()
        self.told = False
        self.ok = True
        self._begin = b'{"id":' + orjson.dumps(operation_id) + b',"type":"next","payload":'
        self._number = 0

    def put(self, batch: Batch, known: dict[bytes, list[bytes]]) -> None:
        """Send payloads; `known` are the frames made of them for members with the same id.

        Each may take the place of one with the same key that still waits.
        """
        frames = known.get(self._begin)
        if frames is None:
            frames = [text_frame(self._begin + payload.body + b"}") for _key, payload in batch]
            known[self._begin] = frames
        self.told = True
        if self.outbox.write(frames[0] if len(frames) == 1 else b"".join(frames)):
            return
        for (key, _payload), frame in zip(batch, frames, strict=True):
            self._number += 1
            self.outbox.keep((self, (None, self._number) if key is None else key), frame)

    def close(self) -> None:
        """Nothing more may be told, because the credential has ended."""
        self.end(None)
        self.outbox.forget(self)

    def end(self, error: Exception | None) -> None:
        """There is nothing more to tell."""
        if not self.ended.done():
            self.ended.set_result(error)


class Group:
    """Those who asked the same. Whoever joins is told the present first, under a lock, so that
    nobody hears the past after the present. The group ends with its source, or when the last
    member leaves; `ended` is called then."""

    def __init__(
        self, source: Source[Any], rendering: Rendering, ended: Callable[[], None]
    ) -> None:
        self._source = source
        self._rendering = rendering
        self._ended = ended
        self._members: dict[Member, None] = {}
        self._joining = 0
        self._over = False
        self._error: Exception | None = None
        self._lock = asyncio.Lock()
        self._frames = 0
        self.name = rendering.name
        self._hub = source.context.runtime.hub
        self._hub.attach(source.feed)
        self._task = asyncio.create_task(self._run())

    async def join(self, member: Member) -> None:
        """Tell the present, and from now on every change. Raises what the source raises."""
        self._joining += 1
        try:
            async with self._lock:
                await self._tell(self._source.missed())
                await self._welcome(member)
                self._members[member] = None
        except BaseException:
            member.outbox.forget(member)
            raise
        finally:
            self._joining -= 1
            self._count()
        if self._over:
            member.end(self._error)

    def leave(self, member: Member) -> None:
        """The member is told nothing more."""
        self._members.pop(member, None)
        member.outbox.forget(member)
        self._count()

    def _count(self) -> None:
        self._source.feed.readers = len(self._members)
        if not self._members and not self._joining:
            self._task.cancel()
            self._end(None)

    def _end(self, error: Exception | None) -> None:
        if self._over:
            return
        self._over, self._error = True, error
        self._hub.detach(self._source.feed)
        for member in self._members:
            member.end(error)
        self._ended()

    async def _welcome(self, member: Member) -> None:
        context = self._source.context
        context.renew_loaders()
        batch: Batch = []
        async for item in self._source.present():
            batch.append((item.key, await self._rendering.present(item)))
            context.renew_loaders()
            if len(batch) == BATCH:
                self._deliver({member: None}, batch)
                batch = []
        self._deliver({member: None}, batch)

    async def _run(self) -> None:
        try:
            async for message in self._source.feed:
                async with self._lock:
                    await self._read(message)
                if self._frames >= FRAMES_AT_ONCE:
                    self._frames = 0
                    await asyncio.sleep(0)
        except Exception as error:
            self._end(error)
        else:
            self._end(None)

    async def _read(self, message: Message) -> None:
        """Tell what a message means, and those that wait behind it, in one write per socket."""
        feed = self._source.feed
        batch: Batch = []
        try:
            await self._render(self._source.read(message), batch)
            while feed.waiting and len(batch) < BATCH:
                await self._render(self._source.read(await anext(feed)), batch)
        finally:
            self._deliver(self._members, batch)

    async def _tell(self, items: AsyncIterator[Item[Any]]) -> None:
        batch: Batch = []
        await self._render(items, batch)
        self._deliver(self._members, batch)

    async def _render(self, items: AsyncIterator[Item[Any]], batch: Batch) -> None:
        """Every item is executed with loaders that know nothing yet."""
        context = self._source.context
        context.renew_loaders()
        async for item in items:
            batch.append((item.key, await self._rendering.payload(item)))
            context.renew_loaders()

    def _deliver(self, members: dict[Member, None], batch: Batch) -> None:
        if not batch:
            return
        known: dict[bytes, list[bytes]] = {}
        ok = all(payload.ok for _key, payload in batch)
        for member in members:
            member.put(batch, known)
            if not ok:
                member.ok = False
        number = len(members) * len(batch)
        self._frames += number
        _deliveries.inc(number)


class Groups:
    """All groups of this process."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self._schema = schema
        self._known: dict[Hashable, Group] = {}

    def of(
        self,
        text: str,
        prepared: Prepared,
        name: str | None,
        variables: Mapping[str, Any] | None,
        context: Context,
    ) -> Group | None:
        """The group of a subscription, a new one if need be.

        None for what is no subscription or cannot be shared, and for every mistake.
        """
        operation = None if prepared.problems else prepared.operation(name)
        if operation is None or operation.operation is not OperationType.SUBSCRIPTION:
            return None
        viewer = context.viewer
        coerced = get_variable_values(
            self._schema, operation.variable_definitions or (), dict(variables or {})
        )
        if isinstance(coerced, list) or viewer.reach:
            return None
        key = (text, name, _frozen(coerced.coerced), viewer.team_id, viewer.scopes)
        if key not in self._known:
            made = self._made(key, prepared, operation, variables, coerced, context)
            if made is None:
                return None
            self._known[key] = made
        return self._known[key]

    def _made(
        self,
        key: Hashable,
        prepared: Prepared,
        operation: OperationDefinitionNode,
        variables: Mapping[str, Any] | None,
        coerced: VariableValues,
        context: Context,
    ) -> Group | None:
        shared = replace(context, guard=None)
        try:
            subscribed = self._subscribed(prepared, operation, variables, coerced)
            made = followed_by(subscribed.field.extensions[DEFINITION])
            if made is None:
                return None
            arguments = Arguments(self._schema, subscribed.field, subscribed.nodes[0])
            source = made(shared, **arguments.read(coerced))
        except (DomainError, GraphQLError, Unplannable, KeyError):
            return None
        return Group(source, Rendering(subscribed, shared), lambda: self._forget(key))

    def _forget(self, key: Hashable) -> None:
        self._known.pop(key, None)

    def _subscribed(
        self,
        prepared: Prepared,
        operation: OperationDefinitionNode,
        variables: Mapping[str, Any] | None,
        coerced: VariableValues,
    ) -> Subscribed:
        kind = self._schema.subscription_type
        assert kind is not None  # noqa: S101 - the schema has subscriptions
        selector = Selector.of(self._schema, prepared.document, coerced.coerced)
        ((key, nodes),) = selector.root(kind, operation).items()
        return Subscribed(
            schema=self._schema,
            document=prepared.document,
            operation=operation,
            variables=variables,
            coerced=coerced,
            selector=selector,
            key=key,
            nodes=nodes,
            field=kind.fields[nodes[0].name.value],
        )


def _frozen(value: Any) -> Hashable:
    """A value of variables that can be compared: `1`, `1.0` and `true` are three."""
    if isinstance(value, Mapping):
        return tuple((name, _frozen(item)) for name, item in sorted(value.items()))
    if isinstance(value, list | tuple):
        return tuple(map(_frozen, value))
    return type(value), value
