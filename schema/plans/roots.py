"""The root fields of a query, each with the steps below it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from graphql.execution.values import VariableValues

from app.row_reader import Rows
from schema.ids import split_id
from schema.listings import Listing
from schema.plans import statements
from schema.plans.arguments import Arguments
from schema.plans.levels import Level
from schema.plans.sources import Unplannable
from schema.plans.statements import KEY
from schema.plans.steps import Child, Facts, Run, below_objects, facts_of, new_serial, window_of


class Root(ABC):
    """A root field of a query."""

    @abstractmethod
    async def read(self, run: Run) -> tuple[Any, Any]:
        """The rows of the field with everything below them, and what is known of them."""


@dataclass(slots=True, kw_only=True)
class FoundObject(Root):
    """An object that a function finds; it stands alone for the rows."""

    arguments: Arguments
    find: Callable[[Any, Mapping[str, Any]], Awaitable[object]]
    keys: Sequence[str]
    below: Sequence[Child]

    async def read(self, run: Run) -> tuple[Any, Any]:
        """The object, and the rows that its keys point to."""
        found = await self.find(run.context, run.given(self.arguments))
        await below_objects(run, [found], self.keys, self.below)
        return found, None


@dataclass(slots=True, kw_only=True)
class RootRows(Root):
    """A root field that shows rows."""

    level: Level
    arguments: Arguments
    below: list[Child] = field(default_factory=list)
    serial: int = field(default_factory=new_serial)

    @abstractmethod
    async def rows(self, run: Run) -> tuple[Rows, Facts | None]:
        """The rows of the field, and what is known of the page they are."""

    async def read(self, run: Run) -> tuple[Rows, Facts | None]:
        """The rows of the field and everything below them."""
        rows, facts = await self.rows(run)
        for child in self.below:
            await child.fetch(run, rows)
        return rows, facts


@dataclass(slots=True, kw_only=True)
class OneRow(RootRows):
    """The row of a primary key, or none."""

    key: Callable[[Mapping[str, Any]], object | None]

    async def rows(self, run: Run) -> tuple[Rows, Facts | None]:
        """At most one row."""
        key = run.bound.made(self.serial, self._key)
        if key is None:
            return (), None
        statement = run.statement((self.serial,), lambda: statements.one(self.level))
        return await run.rows(statement, {KEY: key}), None

    def _key(self, variables: VariableValues) -> object | None:
        return self.key(self.arguments.read(variables))


@dataclass(slots=True, kw_only=True)
class OneOfKinds(Root):
    """The row of a global id. Types that a plan cannot show have no step."""

    kinds: Mapping[str, OneRow | None]
    arguments: Arguments

    async def read(self, run: Run) -> tuple[Any, Any]:
        """At most one row, and the name of its type."""
        parts = split_id(run.given(self.arguments)["id"])
        if parts is None or parts[0] not in self.kinds:
            raise Unplannable("an id of no type that plans show")
        step = self.kinds[parts[0]]
        if step is None:
            raise Unplannable(f"what is asked of a {parts[0]}")
        rows, _facts = await step.read(run)
        return rows, parts[0]


@dataclass(slots=True, kw_only=True)
class PageOfRows(RootRows):
    """A page of a list."""

    listing: Listing[Any, Any]
    places: bool
    counted: bool

    async def rows(self, run: Run) -> tuple[Rows, Facts | None]:
        """The rows of the page and one more."""
        given = run.given(self.arguments)
        asked = window_of(run, given)
        wanted = self.listing.wanted(run.context, given.get("filter"))
        order = self.listing.order(given.get("order_by"))
        values = order.places(asked)
        shape = (asked.last is not None, asked.size, asked.offset, tuple(values))
        found = run.statements_in_turn(
            (self.serial, wanted, order.name, shape),
            lambda: statements.pages(
                self.level,
                self.listing,
                wanted,
                order,
                asked,
                places=self.places,
                embedded=run.statements.embedded,
            ),
        )
        rows: Rows = ()
        for statement in found:
            rows = await run.rows(statement, values)
            if len(rows) > asked.size:
                break
        total = await self._total(run, wanted) if self.counted else None
        return rows, facts_of(run, self.level, asked, order, places=self.places, total=total)

    async def _total(self, run: Run, wanted: Any) -> int:
        statement = run.statement(
            (self.serial, wanted, "total"),
            lambda: statements.total(self.level, self.listing, wanted),
        )
        ((number,),) = await run.rows(statement, {})
        return int(number or 0)
