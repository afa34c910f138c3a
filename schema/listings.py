"""Lists of rows that can be filtered, sorted and paged: declared once, for resolvers and plans."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

from sqlalchemy import Select, func
from sqlalchemy.orm import InstrumentedAttribute

from app.accounts.models import Scope
from app.keyset import Order, Reading, Window, Within, read_page, windowed
from app.records import record
from schema.context import Context
from schema.pagination import Connection, connection, window
from schema.plans.sources import Columns, Source

Node = TypeVar("Node")
Row = TypeVar("Row")
Wanted = TypeVar("Wanted")


def everything(statement: Select[Any], _entity: Any) -> Select[Any]:
    """The statement as it is, for a session that restricts it by itself."""
    return statement


@record
class Listing(Generic[Row, Wanted]):
    """How a root list is read.

    `wanted` and `order` turn the arguments `filter` and `orderBy` into what the domain knows;
    `listed` selects the rows of a filter, `counted` their number, `numbers` those of each parent.
    """

    listed: Callable[[Wanted], Select[Row]]
    counted: Callable[[Wanted], Select[Any]]
    wanted: Callable[[Context, Any], Wanted]
    order: Callable[[Any], Order]
    scope: Scope = Scope.READ
    readings: Callable[..., Sequence[Reading]] | None = None
    numbers: Callable[[Wanted, str], tuple[Select[Any], Any]] | None = None

    def numbers_of_each(
        self, wanted: Wanted, parent: InstrumentedAttribute[Any]
    ) -> tuple[Select[Any], Any]:
        """How many rows match for each row that `parent` points to, and the column of those: to be
        narrowed and grouped by it."""
        if self.numbers is not None:
            return self.numbers(wanted, parent.key)
        rows = self.listed(wanted).with_only_columns(parent, func.count())
        return rows.order_by(None), parent

    def reads(
        self,
        wanted: Wanted,
        order: Order,
        asked: Window,
        within: Within = everything,
        *,
        embedded: bool,
    ) -> Sequence[Reading]:
        """What answers a window: statements to be tried in turn until one fills it."""
        if self.readings is not None:
            return self.readings(wanted, order, asked, within, embedded=embedded)
        (shown,) = self.listed(wanted).column_descriptions
        table = shown["entity"]
        statement, entity = self.windowed(
            lambda wanted: within(self.listed(wanted), table), wanted, order, asked
        )
        return [Reading(statement, entity or table)]

    def windowed(
        self,
        listed: Callable[[Wanted], Select[Row]],
        wanted: Wanted,
        order: Order,
        window: Window,
    ) -> tuple[Select[Row], Any]:
        """The rows of a window and one more, and what they are selected from if not the table."""
        return windowed(listed(wanted), order, window), None

    async def page(
        self,
        context: Context,
        node: Callable[[Row], Node],
        *,
        filter: Any = None,
        order_by: Any = None,
        **paging: Any,
    ) -> Connection[Node]:
        """One page of the list; `paging` are the arguments of `pagination.window`."""
        context.viewer.require(self.scope)
        asked = window(context, **paging)
        return await self.found(
            context, node, self.wanted(context, filter), self.order(order_by), asked
        )

    async def found(
        self,
        context: Context,
        node: Callable[[Row], Node],
        wanted: Wanted,
        order: Order,
        asked: Window,
    ) -> Connection[Node]:
        """One page of the rows that match."""

        async def count() -> int:
            async with context.read() as session:
                return int(await session.scalar(self.counted(wanted)) or 0)

        async with context.read() as session:
            embedded = session.get_bind().dialect.name == "sqlite"
            tries = self.reads(wanted, order, asked, embedded=embedded)
            page = await read_page(session, tries, order, asked)
        return connection(page, node, count)


@record
class Listed(Source):
    """A root connection."""

    listing: Listing[Any, Any]


@record
class NumberOf(Source):
    """How many rows of a list that are `wanted` point to this row.

    `value` gets the number and the values of `columns`.
    """

    listing: Listing[Any, Any]
    parent: InstrumentedAttribute[Any]
    wanted: Any
    value: Callable[..., object] = lambda number: number
    columns: Columns = ()


@record
class ListedOf(Source):
    """The rows of a list that point to this row, as a connection."""

    listing: Listing[Any, Any]
    parent: InstrumentedAttribute[Any]
