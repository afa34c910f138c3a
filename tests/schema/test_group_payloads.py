"""What a group renders once is, byte by byte, what graphql-core answers one subscriber alone."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from graphql import GraphQLObjectType, get_named_type, is_object_type
from prometheus_client import REGISTRY

from app.accounts.viewer import Viewer
from app.events import ArchiveUpdated, Event, QueueItemMoved, SpoolUpdated
from app.farm_events import service as farm_events
from schema import schema
from schema.plans.arguments import DEFINITION
from tests.running import DEADLINE, KEY, RunningServer, eventually
from tests.schema.plans.random_rows import RandomFarm, add_teams, fill
from tests.schema.test_groups import subscribed

SEED = 20261126


def _plain(kind: GraphQLObjectType) -> str:
    """Every field of a type that needs no resolver, and those of the objects below."""
    selected = ["__typename"]
    for name, field in kind.fields.items():
        if field.extensions[DEFINITION].base_resolver is not None:
            continue
        below = get_named_type(field.type)
        selected.append(f"{name} {_plain(below)}" if is_object_type(below) else name)
    return "{ " + " ".join(selected) + " }"


def _everything_of(name: str) -> str:
    kinds = schema.graphql.subscription_type
    assert kinds is not None
    kind = get_named_type(kinds.fields[name].type)
    assert is_object_type(kind)
    return f"subscription {{ {name} {_plain(kind)} }}"


def _happenings(table: str, make: Callable[..., Event]) -> Callable[[RandomFarm, int], list[Event]]:
    return lambda rows, team: [make(rows, team, key) for key in rows.keys[table, team][:20]]


HAPPENINGS: dict[str, Callable[[RandomFarm, int], list[Event]]] = {
    "printerStatus": lambda rows, team: [],
    "archiveChanged": _happenings(
        "archives",
        lambda rows, team, key: ArchiveUpdated(team_id=team, archive_id=key, printer_id=None),
    ),
    "queueChanged": _happenings(
        "queue_items",
        lambda rows, team, key: QueueItemMoved(
            team_id=team, queue_item_id=key, printer_id=None, position=1
        ),
    ),
    "spoolChanged": _happenings(
        "spools", lambda rows, team, key: SpoolUpdated(team_id=team, spool_id=key)
    ),
}


async def _frames(opened: Any, number: int) -> list[str]:
    async with asyncio.timeout(DEADLINE):
        return [str(await opened.recv()) for _ in range(number)]


async def _data(answer: httpx.Response, number: int) -> list[str]:
    """What events carry. Texts may hold characters that count as ends of lines elsewhere."""
    text = b""
    async with asyncio.timeout(DEADLINE):
        async for part in answer.aiter_bytes():
            text += part
            *complete, _rest = text.split(b"\n")
            found = [line.removeprefix(b"data:").strip() for line in complete if b"{" in line]
            if len(found) >= number:
                return [line.decode() for line in found[:number]]
    raise AssertionError("the stream ended early")


@pytest.mark.parametrize("name", HAPPENINGS)
async def test_a_group_is_told_what_one_alone_is_told(
    server: RunningServer, owner: Viewer, name: str
) -> None:
    """Over random rows and statuses, with every field that the generated function can write."""
    database, hub = server.runtime.database, server.runtime.hub
    teams = [owner.team_id, *await add_teams(database, 1)]
    rows = await fill(database, server.runtime.live, teams, owner.user_id, SEED)
    happened = HAPPENINGS[name](rows, owner.team_id)
    number = len(happened) or len(rows.keys["printers", owner.team_id])
    query = _everything_of(name)
    headers = {"Accept": "text/event-stream", "X-API-Key": KEY}
    counter = "spoolgraph_subscription_executions_total", {"answered_by": "plan"}
    before = REGISTRY.get_sample_value(*counter) or 0.0
    async with (
        subscribed(server, query) as opened,
        server.client().stream(
            "POST", "/graphql", json={"query": query}, headers=headers
        ) as answer,
    ):
        await eventually(lambda: hub.subscribers == 2)
        farm_events.teller(hub)(happened)
        frames = await _frames(opened, number)
        alone = await _data(answer, number)
    assert frames == [f'{{"id":"1","type":"next","payload":{data}}}' for data in alone]
    assert "errors" not in json.loads(alone[0])
    assert REGISTRY.get_sample_value(*counter) == before + number
