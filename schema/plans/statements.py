"""The statements of plans: built by SQLAlchemy, compiled once, then text with a place per value."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Dialect,
    Select,
    any_,
    bindparam,
    column,
    func,
    select,
    true,
)
from sqlalchemy.orm import InstrumentedAttribute, aliased

from app.compiled import Statement, compiled, reader
from app.keyset import Computed, Order, Window, windowed
from schema.listings import Listing
from schema.plans.levels import Level, of_team, primary_key
from schema.plans.sources import Unplannable

PARENTS = "parents"
KEY = "key"
MAX_REMEMBERED = 2_000


class Statements:
    """Statements of one database by what they depend on; the least used ones are forgotten."""

    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect
        self.embedded = dialect.name == "sqlite"
        self._readers: dict[str, tuple[Callable[[Any], Any], ...]] = {}
        self._known: OrderedDict[Hashable, tuple[Statement, ...]] = OrderedDict()

    def get(self, key: Hashable, build: Callable[[], list[Select[Any]]]) -> Sequence[Statement]:
        """The statements of a key, built when they are not known."""
        found = self._known.get(key)
        if found is None:
            found = tuple(
                compiled(statement, self.dialect, as_they_are={PARENTS}) for statement in build()
            )
            self._known[key] = found
            if len(self._known) > MAX_REMEMBERED:
                self._known.popitem(last=False)
        else:
            self._known.move_to_end(key)
        return found

    def readers(self, order: Order) -> Sequence[Callable[[Any], Any]]:
        """From what the driver gives for the sort keys of an order to their values."""
        if order.name not in self._readers:
            self._readers[order.name] = tuple(
                reader(key.type, self.dialect) for key in order.columns
            )
        return self._readers[order.name]


def one(level: Level) -> Select[Any]:
    """The row of a primary key."""
    model = level.model
    key = getattr(model, primary_key(model))
    return _of_team(
        level.select(
            select(model).where(key == bindparam(KEY, type_=key.type, required=False)), model
        ),
        model,
    )


def pages(
    level: Level,
    listing: Listing[Any, Any],
    wanted: Any,
    order: Order,
    window: Window,
    *,
    places: bool,
    embedded: bool,
) -> list[Select[Any]]:
    """The rows of a window, and one more, to be read in turn until a statement gives as many; with
    `places` what cursors are made of follows."""
    return [
        level.select(
            reading.statement.select_from(reading.entity),
            reading.entity,
            _sort_keys(order, reading.entity) if places else (),
        )
        for reading in listing.reads(wanted, order, window, _of_team, embedded=embedded)
    ]


def total(level: Level, listing: Listing[Any, Any], wanted: Any) -> Select[Any]:
    """How many rows a list has."""
    statement = listing.counted(wanted)
    (table,) = statement.get_final_froms()
    return _of_team(statement, table)


def many(
    level: Level,
    parent: InstrumentedAttribute[Any],
    dialect: Dialect,
    *,
    where: Sequence[ColumnElement[bool]] = (),
    order: Sequence[InstrumentedAttribute[Any] | ColumnElement[Any]] = (),
) -> Select[Any]:
    """The rows that point to any of the parents."""
    model = level.model
    base = select(model).select_from(model).where(_among(parent, dialect), *where).order_by(*order)
    return _of_team(level.select(base, model), model)


def number_of_each(
    listing: Listing[Any, Any], wanted: Any, parent: InstrumentedAttribute[Any], dialect: Dialect
) -> Select[Any]:
    """How many rows each parent has."""
    numbers, key = listing.numbers_of_each(wanted, parent)
    return _of_team(numbers.where(_among(key, dialect)).group_by(key), key.class_)


def page_of_each(
    level: Level,
    listing: Listing[Any, Any],
    wanted: Any,
    order: Order,
    window: Window,
    parent: InstrumentedAttribute[Any],
    dialect: Dialect,
    *,
    places: bool,
) -> Select[Any]:
    """The rows of a window of each parent, and one more, in one statement whose text does not
    grow with them."""
    (link,) = parent.property.columns[0].foreign_keys
    key, model = link.column, level.model
    of_one = windowed(listing.listed(wanted).where(parent == key), order, window)
    of_one = _of_team(of_one, model).correlate(key.table)
    if dialect.name == "sqlite":
        row_id = getattr(model, primary_key(model))
        rows = aliased(model)
        found = getattr(rows, row_id.key).in_(of_one.with_only_columns(row_id).scalar_subquery())
        joined = select(rows).select_from(key.table).join(rows, found, isouter=True)
    else:
        each = of_one.lateral()
        rows = aliased(model, each)
        joined = select(rows).select_from(key.table).join(each, true())
    if any(isinstance(key, Computed) for key in order.columns):
        raise Unplannable("an order by what is computed, below rows")
    columns = _sort_keys(order, rows)
    base = joined.where(_among(key, dialect)).order_by(
        *(item.desc() if order.descending else item for item in columns)
    )
    return level.select(base, rows, columns if places else ())


def _sort_keys(order: Order, root: Any) -> list[Any]:
    """What a list is sorted by, as columns of the rows it is selected from."""
    return [
        key.sql if isinstance(key, Computed) else getattr(root, key.key) for key in order.columns
    ]


def _among(key: Any, dialect: Dialect) -> Any:
    """Whether a key is one of the parents."""
    if dialect.name == "sqlite":
        return key.in_(
            select(column("value")).select_from(func.json_each(bindparam(PARENTS, required=False)))
        )
    return key == any_(bindparam(PARENTS, type_=ARRAY(key.type), required=False))


def _of_team(statement: Select[Any], entity: Any) -> Select[Any]:
    team = of_team(entity)
    return statement if team is None else statement.where(team)
