"""What a plan does below its rows, one step per statement, and what the steps of a run share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from sqlalchemy import ColumnElement, inspect

from app.compiled import Statement
from app.keyset import Order, Window
from app.records import record
from app.row_reader import RowReader, Rows
from schema.context import Context
from schema.listings import Listing
from schema.pagination import window
from schema.plans import statements
from schema.plans.arguments import Arguments
from schema.plans.levels import TEAM, Level
from schema.plans.sources import ToMany, Unplannable
from schema.plans.statements import PARENTS, Statements
from schema.plans.variables import Bound
from schema.plans.writing import Emit

# Steps are told apart by a number that is never used again, unlike an address in memory.
new_serial = count().__next__
PAGING = ("first", "after", "last", "before", "offset")


@record
class Facts:
    """What is known of one page beside its rows. Places stand from column `places` on."""

    window: Window
    order: Order
    places: int = 0
    readers: Sequence[Callable[[Any], Any]] = ()
    total: int | None = None

    def cut(self, rows: Rows) -> tuple[Rows, bool]:
        """The rows of the page in order, and whether there are more on the far side."""
        more = len(rows) > self.window.size
        if more:
            rows = rows[: self.window.size]
        return (rows[::-1] if self.window.last is not None else rows), more

    def has_next(self, more: bool) -> bool:
        """Whether more follows."""
        return self.window.before is not None if self.window.last is not None else more

    def has_previous(self, more: bool) -> bool:
        """Whether more comes before."""
        if self.window.last is not None:
            return more
        return self.window.after is not None or self.window.offset > 0

    def cursor(self, row: Sequence[Any]) -> str:
        """The place of a row."""
        values = row[self.places :]
        return self.order.cursor(
            [read(value) for read, value in zip(self.readers, values, strict=True)]
        )


@dataclass(slots=True)
class Run:
    """One run of a plan. `tables` and `facts` have a place per child of the plan.

    `known` holds by its source what was found for keys that several levels may share.
    """

    context: Context
    bound: Bound
    reader: RowReader
    statements: Statements
    functions: Mapping[str, Emit]
    tables: list[Mapping[Any, Any]]
    facts: list[Facts | None]
    known: dict[object, dict[Any, Any]] = field(default_factory=dict)

    def given(self, arguments: Arguments) -> Mapping[str, Any]:
        """The arguments of a field; raises `Unplannable` when one is not valid."""
        return self.bound.made(arguments, arguments.read)

    async def rows(self, statement: Statement, given: dict[str, Any]) -> Rows:
        """The rows of a statement, as the viewer's team."""
        given[TEAM] = self.context.viewer.team_id
        return await self.reader.rows(statement.text, statement.arguments(given))

    def statement(self, key: tuple[Hashable, ...], build: Callable[[], Any]) -> Statement:
        """A statement that is compiled once per key."""
        (only,) = self.statements_in_turn(key, lambda: [build()])
        return only

    def statements_in_turn(
        self, key: tuple[Hashable, ...], build: Callable[[], list[Any]]
    ) -> Sequence[Statement]:
        """Statements that are compiled once per key."""
        try:
            return self.statements.get(key, build)
        except TypeError as error:
            if "unhashable" in str(error):
                raise Unplannable("a filter that cannot be remembered") from None
            raise


@dataclass(slots=True, kw_only=True)
class Child(ABC):
    """Rows below other rows. `parents` is the place of the parent's key in the rows above."""

    slot: int
    parents: int
    serial: int = field(default_factory=new_serial)

    @abstractmethod
    async def fetch(self, run: Run, above: Rows) -> None:
        """Read what belongs to the rows above, in one statement."""


@dataclass(slots=True, kw_only=True)
class NumberOfEach(Child):
    """How many rows of a list point to each row above."""

    listing: Listing[Any, Any]
    parent: Any
    wanted: Callable[[Run], Any]

    async def fetch(self, run: Run, above: Rows) -> None:
        """Count them, for all rows together."""
        wanted = self.wanted(run)
        keys = _keys(above, self.parents)
        statement = run.statement(
            (self.serial, wanted),
            lambda: statements.number_of_each(
                self.listing, wanted, self.parent, run.statements.dialect
            ),
        )
        rows = await run.rows(statement, _parents(run, keys)) if keys else ()
        run.tables[self.slot] = {row[0]: row[1] for row in rows}


@dataclass(slots=True, kw_only=True)
class Children(Child):
    """Rows that point to those above; `group` is the place of the key they point with."""

    level: Level
    group: int
    below: list[Child] = field(default_factory=list)

    async def fetch(self, run: Run, above: Rows) -> None:
        """Read the rows, sort them to their parents, and go on below."""
        keys = _keys(above, self.parents)
        rows = await self._rows(run, keys) if keys else ()
        run.tables[self.slot] = self._sorted(rows)
        for child in self.below:
            await child.fetch(run, rows)

    def _sorted(self, rows: Rows) -> dict[Any, Any]:
        """What belongs to each parent."""
        found: dict[Any, list[Any]] = {}
        for row in rows:
            if row[self.group] is not None:
                found.setdefault(row[self.group], []).append(row)
        return found

    @abstractmethod
    async def _rows(self, run: Run, keys: list[Any]) -> Rows:
        """The rows that point to these keys."""


@dataclass(slots=True, kw_only=True)
class AllOfEach(Children):
    """Every row that points to one above."""

    source: ToMany

    async def _rows(self, run: Run, keys: list[Any]) -> Rows:
        dialect = run.statements.dialect
        statement = run.statement(
            (self.serial,),
            lambda: statements.many(
                self.level, self.source.parent, dialect, order=self.source.order
            ),
        )
        return await run.rows(statement, _parents(run, keys))


@dataclass(slots=True, kw_only=True)
class LastOfEach(Children):
    """The row with the highest primary key that points to each one above."""

    parent: Any
    where: Sequence[ColumnElement[bool]] = ()

    async def _rows(self, run: Run, keys: list[Any]) -> Rows:
        dialect = run.statements.dialect
        statement = run.statement(
            (self.serial,),
            lambda: statements.many(
                self.level,
                self.parent,
                dialect,
                where=self.where,
                order=inspect(self.level.model).primary_key,
            ),
        )
        return await run.rows(statement, _parents(run, keys))

    def _sorted(self, rows: Rows) -> dict[Any, Any]:
        return {row[self.group]: row for row in rows}


@dataclass(slots=True, kw_only=True)
class PageOfEach(Children):
    """The same page of the rows that point to each one above."""

    listing: Listing[Any, Any]
    parent: Any
    arguments: Arguments
    places: bool

    async def _rows(self, run: Run, keys: list[Any]) -> Rows:
        given = run.given(self.arguments)
        asked = window_of(run, given)
        wanted = self.listing.wanted(run.context, given.get("filter"))
        order = self.listing.order(given.get("order_by"))
        values = order.places(asked)
        statement = run.statement(
            (self.serial, wanted, order.name, asked.size, asked.offset, tuple(values)),
            lambda: statements.page_of_each(
                self.level,
                self.listing,
                wanted,
                order,
                asked,
                self.parent,
                run.statements.dialect,
                places=self.places,
            ),
        )
        run.facts[self.slot] = facts_of(run, self.level, asked, order, places=self.places)
        return await run.rows(statement, values | _parents(run, keys))


@dataclass(slots=True, kw_only=True)
class Values(Child):
    """One value for each row above, found by the statement that the resolvers use too."""

    fetch_all: Callable[[Any, Collection[Any]], Awaitable[Mapping[Any, Any]]]
    read: Callable[[Any], Any]

    async def fetch(self, run: Run, above: Rows) -> None:
        """Find the values of all rows together."""
        raw = {row[self.parents] for row in above if row[self.parents] is not None}
        keys = {value: self.read(value) for value in raw}
        known = run.known.setdefault(self.fetch_all, {})
        if new := [key for key in keys.values() if key not in known]:
            async with run.context.read() as session:
                found = await self.fetch_all(session, new)
            known |= {key: found.get(key) for key in new}
        run.tables[self.slot] = {value: known[key] for value, key in keys.items()}


@dataclass(slots=True, kw_only=True)
class Made(Child):
    """An object from memory for each row above, and the rows that its `keys` point to.

    `make` is the name of the function that makes one.
    """

    make: str
    keys: Sequence[str]
    below: Sequence[Child]

    async def fetch(self, run: Run, above: Rows) -> None:
        """Make the objects, and go on below them as if their keys were rows."""
        make, found = run.functions[self.make], {}
        for row in above:
            key = row[self.parents]
            if key is not None and key not in found:
                found[key] = make(run.context, row)
        run.tables[self.slot] = found
        await below_objects(run, found.values(), self.keys, self.below)


async def below_objects(
    run: Run, objects: Iterable[object], keys: Sequence[str], below: Sequence[Child]
) -> None:
    """Go on below objects as if their keys were rows."""
    rows = [[getattr(item, key) for key in keys] for item in objects if item is not None]
    for child in below:
        await child.fetch(run, rows)


def _keys(above: Rows, place: int) -> list[Any]:
    """The keys that stand in a place of rows, each once."""
    return list({row[place]: None for row in above if row[place] is not None})


def _parents(run: Run, keys: list[Any]) -> dict[str, Any]:
    return {PARENTS: _json_list(keys) if run.statements.embedded else keys}


def window_of(run: Run, given: Mapping[str, Any]) -> Window:
    """The page that arguments ask for; raises `Invalid`."""
    paging: dict[str, Any] = {name: given.get(name) for name in PAGING}
    return window(run.context, **paging)


def facts_of(
    run: Run, level: Level, asked: Window, order: Order, *, places: bool, total: int | None = None
) -> Facts:
    """What is known of a page of rows of this level."""
    readers = run.statements.readers(order) if places else ()
    return Facts(asked, order, len(level.selected), readers, total)


def _json_list(keys: list[Any]) -> str:
    return "[" + ",".join(f'"{key}"' if isinstance(key, str) else str(key) for key in keys) + "]"
