"""The books of the inventory agree after a storm of requests, whoever sent them.

`SPOOLGRAPH_TEST_OPERATIONS=10000` makes the storm as long as a busy day.
"""

from __future__ import annotations

import asyncio
import os
import random
from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import select

from app.database import EVERY_TEAM
from app.spools.models import InventoryTransaction, Spool
from schema.ids import global_id
from tests.running import KEY, RunningServer, running

OPERATIONS = int(os.environ.get("SPOOLGRAPH_TEST_OPERATIONS", "480"))
CLIENTS = 16
SPOOLS = 12
ADD = """mutation($input: AddToSpoolInput!) {
    addToSpool(input: $input) { spool { id } userErrors { code } } }"""
WASTE = """mutation($input: DeductSpoolInput!) {
    deductSpool(input: $input) { deducted userErrors { code } } }"""


@dataclass
class Storm:
    """What 16 clients did: by spool, the marks of what was applied and of what was refused."""

    server: RunningServer
    spools: list[str] = field(default_factory=list)
    applied: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    refused: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    weighed: set[str] = field(default_factory=set)
    deleted: set[str] = field(default_factory=set)
    runs: dict[str, list[tuple[str, float]]] = field(default_factory=dict)
    ended: dict[str, list[tuple[str, float]]] = field(default_factory=dict)
    codes: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    async def client(self, seed: int, operations: int) -> None:
        dice = random.Random(seed)  # noqa: S311 - which request comes next is no secret
        headers = {"X-API-Key": KEY}
        async with httpx.AsyncClient(
            base_url=self.server.base, headers=headers, timeout=60
        ) as http:
            for _ in range(operations):
                action = dice.choices(
                    (
                        *(self.deduct, self.waste, self.add, self.weigh, self.create, self.delete),
                        *(self.plan, self.end),
                    ),
                    (40, 12, 14, 8, 2, 3, 8, 13),
                )[0]
                await action(http, dice)

    def note(self, uid: str, mark: str, good: bool, code: str) -> None:
        (self.applied if good else self.refused)[uid].add(mark)
        self.codes[code] += 1

    async def create(self, http: httpx.AsyncClient, dice: random.Random) -> None:
        body = {"material_type": "PLA", "color": "Red", "diameter_mm": 1.75}
        body["net_weight_grams"] = round(dice.uniform(50, 400), 3)
        answer = await http.post("/api/v1/spools", json=body)
        assert answer.status_code == 201, answer.text
        self.spools.append(answer.json()["data"]["id"])

    async def deduct(self, http: httpx.AsyncClient, dice: random.Random) -> None:
        uid, mark = dice.choice(self.spools), uuid4().hex
        body = {"weight_grams": round(dice.uniform(0.001, 90), 3), "reason": mark}
        answer = await http.post(f"/api/v1/spools/{uid}/deduct", json=body)
        assert answer.status_code in (200, 404, 409), answer.text
        self.note(uid, mark, answer.status_code == 200, answer.json().get("code", "DEDUCTED"))

    async def weigh(self, http: httpx.AsyncClient, dice: random.Random) -> None:
        uid, mark = dice.choice(self.spools), uuid4().hex
        body = {"remaining_weight_grams": round(dice.uniform(0, 200), 3), "reason": mark}
        answer = await http.patch(f"/api/v1/spools/{uid}", json=body)
        assert answer.status_code in (200, 404), answer.text
        self.weighed.add(mark)
        self.note(uid, mark, answer.status_code == 200, answer.json().get("code", "WEIGHED"))

    async def delete(self, http: httpx.AsyncClient, dice: random.Random) -> None:
        uid = dice.choice(self.spools)
        answer = await http.delete(f"/api/v1/spools/{uid}")
        assert answer.status_code in (204, 404, 409), answer.text
        if answer.status_code == 204:
            assert uid not in self.deleted
            self.deleted.add(uid)
        self.codes[f"DELETE {answer.status_code}"] += 1

    async def waste(self, http: httpx.AsyncClient, dice: random.Random) -> None:
        await self._mutate(http, dice, WASTE, "deductSpool", "WASTE")

    async def add(self, http: httpx.AsyncClient, dice: random.Random) -> None:
        await self._mutate(http, dice, ADD, "addToSpool", "RETURN")

    async def plan(self, http: httpx.AsyncClient, dice: random.Random) -> None:
        uids = [dice.choice(self.spools) for _ in range(dice.randint(1, 3))]
        used = [(uid, round(dice.uniform(0.001, 40), 3)) for uid in uids]
        lines = [
            {"spool_id": uid, "estimated_weight_grams": 10, "actual_weight_grams": grams}
            for uid, grams in used
        ]
        body = {"status": "in_progress", "materials": lines}
        answer = await http.post("/api/v1/production-runs", json=body)
        assert answer.status_code in (201, 404, 422), answer.text
        if answer.status_code == 201:
            self.runs[answer.json()["data"]["id"]] = used
        self.codes[f"PLAN {answer.status_code}"] += 1

    async def end(self, http: httpx.AsyncClient, dice: random.Random) -> None:
        if not self.runs:
            return
        run, way = dice.choice(list(self.runs)), dice.choice(("complete", "cancel", "fail"))
        grams = dict(self.runs[run])
        body = {
            "complete": {},
            "cancel": {"materials": []},
            "fail": {
                "failure_reason": "Storm",
                "materials": [{"spool_id": uid, "grams": grams[uid]} for uid in grams],
            },
        }[way]
        answer = await http.post(f"/api/v1/production-runs/{run}/{way}", json=body)
        assert answer.status_code in (200, 409), answer.text
        if answer.status_code == 200:
            assert run not in self.ended
            taken = {"complete": self.runs[run], "cancel": [], "fail": list(grams.items())}[way]
            self.ended[run] = taken
        self.codes[f"{way.upper()} {answer.status_code}"] += 1

    async def _mutate(
        self, http: httpx.AsyncClient, dice: random.Random, query: str, name: str, kind: str
    ) -> None:
        uid, mark = dice.choice(self.spools), uuid4().hex
        grams = str(round(dice.uniform(0.001, 60), 3))
        given = {"id": global_id("Spool", UUID(uid)), "weightGrams": grams, "reason": mark}
        body = {"query": query, "variables": {"input": {**given, "type": kind}}}
        payload: dict[str, Any] = (await http.post("/graphql", json=body)).json()["data"][name]
        errors = payload["userErrors"]
        self.note(uid, mark, not errors, errors[0]["code"] if errors else kind)


async def _books(
    server: RunningServer,
) -> tuple[dict[str, Spool], dict[str, list[InventoryTransaction]]]:
    """Every spool, and its transactions, oldest first."""
    changes: dict[str, list[InventoryTransaction]] = defaultdict(list)
    async with server.runtime.database.read(EVERY_TEAM) as session:
        spools = {str(row.id): row for row in await session.scalars(select(Spool))}
        rows = select(InventoryTransaction).order_by(InventoryTransaction.id)
        for row in await session.scalars(rows):
            changes[str(row.spool_id)].append(row)
    return spools, changes


def _taken_by_runs(
    changes: dict[str, list[InventoryTransaction]],
) -> dict[tuple[str, str], Decimal]:
    """By run and spool, what the books say."""
    taken: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for uid, rows in changes.items():
        for row in rows:
            if row.production_run_id is not None:
                taken[str(row.production_run_id), uid] -= row.change
    return taken


def _meant_by_runs(storm: Storm) -> dict[tuple[str, str], Decimal]:
    """By run and spool, what runs that ended were told to take; nothing of any other run."""
    meant: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for run, used in storm.ended.items():
        for uid, grams in used:
            meant[run, uid] += Decimal(str(grams))
    return meant


@pytest.mark.timeout(1800)
async def test_every_spool_is_the_sum_of_its_transactions(
    database_url: str, tmp_path: Path
) -> None:
    """16 clients at once: each change is in the books once, nothing refused is in them."""
    async with running(tmp_path, database_url=database_url) as server:
        storm = Storm(server)
        async with httpx.AsyncClient(base_url=server.base, headers={"X-API-Key": KEY}) as http:
            dice = random.Random(0)  # noqa: S311 - as above
            for _ in range(SPOOLS):
                await storm.create(http, dice)
        each = OPERATIONS // CLIENTS
        await asyncio.gather(*(storm.client(seed, each) for seed in range(CLIENTS)))
        spools, changes = await _books(server)
    assert set(spools) == set(storm.spools) - storm.deleted
    assert set(changes) == set(spools)
    for uid, spool in spools.items():
        rows = changes[uid]
        assert sum((row.change for row in rows), Decimal(0)) == spool.remaining_weight >= 0
        assert rows[0].weight_before == 0
        for before, after in pairwise(rows):
            assert before.weight_after == after.weight_before
        assert all(row.weight_before + row.change == row.weight_after for row in rows)
        marks = [row.reason for row in rows[1:] if row.production_run_id is None]
        assert len(set(marks)) == len(marks)
        # Weighing what was there already changes nothing, so it leaves no transaction.
        assert set(marks) <= storm.applied[uid]
        unseen = storm.applied[uid] - set(marks)
        assert unseen <= storm.weighed
        assert len(unseen) <= 1
        assert not storm.refused[uid] & set(marks)
    assert _taken_by_runs(changes) == _meant_by_runs(storm)
    assert storm.codes["DEDUCTED"] > 0
    assert storm.codes["COMPLETE 200"] > 0
    assert storm.codes["INSUFFICIENT_FILAMENT"] > 0
