"""Mutations answered by plans: the same bytes, the same rows, and nothing is done twice."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from app.accounts.models import Scope
from app.accounts.viewer import Viewer
from app.database import EVERY_TEAM
from app.errors import DomainError, Unavailable
from app.farm_events.models import FarmEvent
from app.projects.models import Project
from app.spools import service
from app.spools.models import InventoryTransaction, Spool
from schema.ids import global_id
from tests.schema.plans import mutations
from tests.schema.plans.comparing import TABLES, ComparedFarm, opened_farm
from tests.schema.plans.random_operations import Operation

# What tells of the moment it was written, or is drawn by lot.
_CHANCE = {"created_at", "updated_at", "occurred_at", "id", "spool_id"}


@dataclass(frozen=True, slots=True)
class Pair:
    """Two equal farms. One is changed by plans, the other by resolvers."""

    runner: asyncio.Runner
    by_plan: ComparedFarm
    by_resolvers: ComparedFarm

    def act(self, operation: Operation, *, reads_only: bool = False) -> tuple[bytes, bool]:
        """Run a mutation on both; what both answer, and whether a plan was one of them."""
        found, planned = self._run(self.by_plan, operation, reads_only, plans=True)
        expected, other = self._run(self.by_resolvers, operation, reads_only, plans=False)
        assert found == expected, operation
        assert not other
        return found, planned

    def _run(
        self, farm: ComparedFarm, operation: Operation, reads_only: bool, *, plans: bool
    ) -> tuple[bytes, bool]:
        viewer: Viewer = farm.viewer
        if reads_only:
            viewer = replace(viewer, scopes=frozenset({Scope.READ}))
        return self.runner.run(farm.act(operation, plans=plans, viewer=viewer))

    def own(self, kind: str) -> list[str]:
        """Global ids of rows of the team that asks."""
        keys = self.by_plan.rows.keys[TABLES[kind], self.by_plan.viewer.team_id]
        return [global_id(kind, key) for key in keys]

    def foreign(self, kind: str) -> list[str]:
        """Global ids of two rows of other teams."""
        return sorted(set(self.by_plan.known.ids[kind]) - set(self.own(kind)))[:2]

    def assert_equal(self) -> None:
        """What the mutations write is the same in both databases."""
        found, expected = (
            self.runner.run(_rows(farm)) for farm in (self.by_plan, self.by_resolvers)
        )
        assert found == expected


async def _rows(farm: ComparedFarm) -> list[list[Any]]:
    async with farm.runtime.database.read(EVERY_TEAM) as session:
        return [
            sorted(
                repr({name: row[name] for name in row if name not in _CHANCE})
                for row in (await session.execute(select(*kind.__table__.columns))).mappings()
            )
            for kind in (Spool, InventoryTransaction, Project, FarmEvent)
        ]


@contextmanager
def _pair(folder: Path, urls: tuple[str, str]) -> Iterator[Pair]:
    with asyncio.Runner() as runner, ExitStack() as opened:
        farms = []
        for number, url in enumerate(urls):
            own = folder / str(number)
            own.mkdir()
            farms.append(opened.enter_context(opened_farm(runner, own, url)))
        yield Pair(runner, *farms)


@pytest.fixture
def pair(tmp_path: Path, database_urls: tuple[str, str]) -> Iterator[Pair]:
    with _pair(tmp_path, database_urls) as made:
        yield made


def test_mutations_written_by_hand(pair: Pair) -> None:
    """Plans answer what the resolvers answer, and leave the same rows behind."""
    for operation in mutations.planned(pair.own, pair.foreign):
        assert pair.act(operation)[1], operation
    for operation in mutations.resolved(pair.own):
        assert not pair.act(operation)[1], operation
    pair.assert_equal()


def test_missing_permissions(pair: Pair) -> None:
    """Somebody who may only read is refused in the same words, and nothing is changed."""
    for operation in mutations.planned(pair.own, pair.foreign):
        pair.act(operation, reads_only=True)
    pair.assert_equal()


@pytest.mark.parametrize("error", [Unavailable("Away."), ZeroDivisionError("a bug")])
def test_what_fails_midway_is_not_repeated(
    pair: Pair, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """The part before the failure was done once; its error has its path and spreads."""
    monkeypatch.setattr(service, "delete_spool", _raising(error))
    for operation in mutations.failing(pair.own):
        answer, planned = pair.act(operation)
        code = error.code if isinstance(error, DomainError) else "INTERNAL_ERROR"
        assert f'"code":"{code}"'.encode() in answer
        assert b'"path":["b"]' in answer
        assert not planned
    pair.assert_equal()


def _raising(error: Exception) -> Callable[..., Any]:
    async def fail(*_arguments: object) -> None:
        raise error

    return fail
