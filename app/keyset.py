"""Keyset pages: the next rows after a row, whatever was added or removed meanwhile.

An `Order` names its columns from the most to the least significant; the last one is unique, so
that the order is total. All of them run in one direction, which lets one row comparison and one
index serve every page.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Generic, TypeVar
from uuid import UUID

import orjson
from sqlalchemy import (
    ColumnElement,
    Select,
    bindparam,
    case,
    func,
    literal,
    select,
    true,
    tuple_,
    union_all,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import InstrumentedAttribute, aliased
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeEngine

from app.database import ReadSession, WriteSession
from app.errors import Invalid
from app.records import record

Row = TypeVar("Row")


@record
class Computed:
    """A sort key that no column holds: its SQL, and the same value of a row."""

    sql: ColumnElement[Any]
    of: Callable[[Any], Any]

    @property
    def type(self) -> TypeEngine[Any]:
        """What a literal of it is compared as."""
        return self.sql.type


Key = InstrumentedAttribute[Any] | Computed


class Opaque(FunctionElement[Any]):
    """The same value, in a form for which SQLite chooses no index."""

    inherit_cache = True

    def __init__(self, value: Any) -> None:
        super().__init__(value)
        self.type = value.type


@compiles(Opaque)
def _plain(element: Opaque, compiler: SQLCompiler, **options: Any) -> str:
    return compiler.process(element.clauses, **options)


@compiles(Opaque, "sqlite")
def _hidden(element: Opaque, compiler: SQLCompiler, **options: Any) -> str:
    return f"+{compiler.process(element.clauses, **options)}"


def nulls_last(
    column: InstrumentedAttribute[Any], filler: Any, *, descending: bool
) -> tuple[Computed, Computed]:
    """The keys of a column that may be null: rows without a value come last, either way.

    `filler` is any value of the column's type; it stands for null where only ids can differ.
    """
    return nullable(column, lambda row: getattr(row, column.key), filler, descending=descending)


def nullable(
    sql: Any, of: Callable[[Any], Any], filler: Any, *, descending: bool
) -> tuple[Computed, Computed]:
    """As `nulls_last`, of an expression."""
    missing, present = (0, 1) if descending else (1, 0)
    filled = literal(filler, sql.type)
    return (
        Computed(
            case((sql.is_(None), missing), else_=present),
            lambda row: missing if of(row) is None else present,
        ),
        Computed(
            func.coalesce(sql, filled, type_=sql.type),
            lambda row: filler if of(row) is None else of(row),
        ),
    )


@record
class Order:
    """A total order of rows. `name` is written into cursors, so that none is used elsewhere."""

    name: str
    columns: tuple[Key, ...]
    descending: bool = False

    def cursor(self, values: Sequence[Any]) -> str:
        """The cursor of a row whose sort keys have these values."""
        return encode_place(self, values)

    def places(self, window: Window) -> dict[str, Any]:
        """The values in the cursors of a window under the names they have in a statement."""
        found: dict[str, Any] = {}
        for argument, cursor in (("after", window.after), ("before", window.before)):
            if cursor is not None:
                found |= place_values(argument, decode_cursor(self, cursor, argument))
        return found

    def of(self, entity: Any) -> Order:
        """The same order of an alias; none of its keys is computed."""
        columns = [key for key in self.columns if not isinstance(key, Computed)]
        return replace(self, columns=tuple(getattr(entity, column.key) for column in columns))


@record
class Window:
    """Which rows of a list are wanted: `first` after a cursor, or `last` before one."""

    first: int | None = None
    after: str | None = None
    last: int | None = None
    before: str | None = None
    offset: int = 0

    @property
    def size(self) -> int:
        """How many rows at most."""
        return self.last if self.last is not None else self.first or 0


# Restricts a statement to what its reader may see of an entity in it.
Within = Callable[[Select[Any], Any], Select[Any]]


@record
class Reading:
    """A statement for a window and one row more, and the entity its rows are selected from."""

    statement: Select[Any]
    entity: Any


@record
class Page(Generic[Row]):
    """Rows in order, and whether there are more on either side."""

    rows: Sequence[Row]
    has_next: bool
    has_previous: bool
    order: Order

    def cursor(self, row: Row) -> str:
        """The opaque place of a row in this order."""
        return encode_cursor(self.order, row)


async def fetch_page(
    session: ReadSession | WriteSession,
    statement: Select[Row],
    order: Order,
    window: Window,
) -> Page[Row]:
    """The rows of a window. Raises `Invalid` for a cursor that is not of this order."""
    reading = Reading(windowed(statement, order, window), None)
    return await read_page(session, [reading], order, window)


async def read_page(
    session: ReadSession | WriteSession,
    readings: Sequence[Reading],
    order: Order,
    window: Window,
) -> Page[Any]:
    """The rows of a window: what the first reading that fills it gives, otherwise the last."""
    rows: list[Any] = []
    for reading in readings:
        rows = list((await session.scalars(reading.statement)).all())
        if len(rows) > window.size:
            break
    more = len(rows) > window.size
    rows = rows[: window.size]
    backwards = window.last is not None
    if backwards:
        rows.reverse()
    return Page(
        rows=rows,
        has_next=window.before is not None if backwards else more,
        has_previous=more if backwards else window.after is not None or window.offset > 0,
        order=order,
    )


def windowed(
    statement: Select[Row],
    order: Order,
    window: Window,
    by: Callable[[Any], Any] = lambda key: key,
) -> Select[Row]:
    """The rows of a window and one more, which tells whether the list goes on.

    Backwards (`last`) they come in reverse. `by` is what is sorted by in place of each key. Raises
    `Invalid` for a cursor of another order.
    """
    statement = placed(statement, order, window)
    statement = in_order(statement, order, backwards=window.last is not None, by=by)
    statement = statement.limit(window.size + 1)
    return statement.offset(window.offset) if window.offset else statement


def placed(statement: Select[Row], order: Order, window: Window) -> Select[Row]:
    """The rows between the cursors of a window."""
    for cursor, name, later in (
        (window.after, "after", True),
        (window.before, "before", False),
    ):
        if cursor is not None:
            place = place_values(name, decode_cursor(order, cursor, name))
            statement = statement.where(_beyond(order, place, later))
    return statement


async def first_of_each(
    session: ReadSession | WriteSession,
    statement: Select[Row],
    parent: InstrumentedAttribute[Any],
    parents: Collection[Any],
    order: Order,
    limit: int,
) -> Sequence[Row]:
    """The first rows of each parent, in one statement whose text does not grow with them.

    `parent` is the foreign key in the rows; the last column of `order` is their primary key. The
    rows of one parent come in order.
    """
    (link,) = parent.property.columns[0].foreign_keys
    columns = [column for column in order.columns if not isinstance(column, Computed)]
    key, entity, row_id = link.column, parent.class_, columns[-1]
    of_one = in_order(statement.where(parent == key), order).limit(limit)
    of_one = of_one.correlate(key.table)
    if session.get_bind().dialect.name == "sqlite":
        # SQLite has no LATERAL, but seeks the rows by the keys that the inner statement finds. An
        # outer join keeps it from looking at every row first.
        rows = aliased(entity)
        found = getattr(rows, row_id.key).in_(of_one.with_only_columns(row_id).scalar_subquery())
        joined = select(rows).select_from(key.table).join(rows, found, isouter=True)
    else:
        each = of_one.lateral()
        rows = aliased(entity, each)
        joined = select(rows).select_from(key.table).join(each, true())
    columns = [getattr(rows, column.key) for column in columns]
    statement = joined.where(key.in_(parents)).order_by(
        *(column.desc() if order.descending else column for column in columns)
    )
    return [row for row in await session.scalars(statement) if row is not None]


def merged(
    lists: Sequence[Select[Any]], entity: Any, order: Order, window: Window, within: Within
) -> Reading:
    """A window of several lists as one, none of which shares a row with another: of each come as
    many rows as if it were alone, from an index, and so few are sorted."""
    key = order.columns[-1]  # the only one that tells rows apart
    parts = []
    for rows in lists:
        here = in_order(
            placed(within(rows, entity), order, window), order, backwards=window.last is not None
        )
        parts.append(
            here.with_only_columns(_sql(key)).limit(window.offset + window.size + 1).subquery()
        )
    ids = union_all(*(select(*part.c) for part in parts)).subquery()
    statement = within(select(entity).where(_sql(key).in_(select(*ids.c))), entity)
    here_too = replace(window, after=None, before=None)
    return Reading(windowed(statement, order, here_too, by=Opaque), entity)


def in_order(
    statement: Select[Any],
    order: Order,
    *,
    backwards: bool = False,
    by: Callable[[Any], Any] = lambda key: key,
) -> Select[Any]:
    """The same rows, sorted by what `by` makes of the keys."""
    descending = order.descending is not backwards
    keys = (by(_sql(key)) for key in order.columns)
    return statement.order_by(*(key.desc() if descending else key.asc() for key in keys))


def _sql(key: Key) -> Any:
    return key.sql if isinstance(key, Computed) else key


def _value(key: Key, row: object) -> Any:
    return key.of(row) if isinstance(key, Computed) else getattr(row, key.key)


def place_values(argument: str, values: Sequence[Any]) -> dict[str, Any]:
    """The values of a cursor under the names they have in a statement."""
    return {f"{argument}_{number}": value for number, value in enumerate(values)}


def _beyond(order: Order, place_of: Mapping[str, Any], later: bool) -> ColumnElement[bool]:
    """Rows later (or earlier) in the order than the one with these values."""
    place = tuple_(
        *(
            bindparam(name, value, type_=column.type)
            for (name, value), column in zip(place_of.items(), order.columns, strict=True)
        )
    )
    here = tuple_(*map(_sql, order.columns))
    return here < place if order.descending is later else here > place


_TAGS: tuple[tuple[str, type, Any], ...] = (
    ("t", datetime, datetime.fromisoformat),
    ("y", date, date.fromisoformat),
    ("d", Decimal, Decimal),
    ("u", UUID, UUID),
    ("i", int, int),
    ("s", str, str),
)


def encode_cursor(order: Order, row: object) -> str:
    """The place of a row, opaque for clients."""
    return encode_place(order, [_value(key, row) for key in order.columns])


def encode_place(order: Order, values: Sequence[Any]) -> str:
    """The cursor of a row whose sort keys have these values."""
    place = [order.name, *map(_tagged, values)]
    return base64.urlsafe_b64encode(orjson.dumps(place)).decode().rstrip("=")


def _tagged(value: Any) -> str:
    for tag, kind, _parse in _TAGS:
        if isinstance(value, kind):
            if isinstance(value, Decimal):
                return f"{tag}{value.normalize():f}"  # one text per value, whatever its places
            return tag + (value.isoformat() if isinstance(value, date) else str(value))
    raise TypeError(f"{type(value).__name__} cannot be part of a cursor")


def decode_cursor(order: Order, cursor: str, argument: str) -> list[Any]:
    """The values in a cursor; raises `Invalid` naming the argument."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        name, *tagged = orjson.loads(base64.urlsafe_b64decode(padded.encode()))
        if name != order.name or len(tagged) != len(order.columns):
            raise ValueError
        parsers = {tag: parse for tag, _kind, parse in _TAGS}
        return [parsers[item[0]](item[1:]) for item in tagged]
    except (ValueError, TypeError, KeyError, IndexError, ArithmeticError):
        raise Invalid(
            "This cursor does not belong to this list and order.", field=argument
        ) from None
