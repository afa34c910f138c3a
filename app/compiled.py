"""Statements that are compiled once and then are text for the row reader (`app.row_reader`)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from decimal import Decimal
from functools import cache, lru_cache
from typing import Any, cast

import orjson
from sqlalchemy import JSON, ClauseElement, Dialect, Uuid
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import TypeEngine

from app.columns import ScaledDecimal
from app.records import record

# The name of a value, how it is given to the driver, and what it is when it is not given.
Place = tuple[str, Callable[[Any], Any] | None, Any]

# Values of one kind that are remembered as they are read.
REMEMBERED = 1_024


@record
class Statement:
    """The text for a driver, and how its values are found."""

    text: str
    places: tuple[Place, ...]

    def arguments(self, given: Mapping[str, Any]) -> list[Any]:
        """The values in the order of the text; those in `given` take precedence."""
        return [
            (given[name] if process is None else process(given[name]))
            if name in given
            else constant
            for name, process, constant in self.places
        ]


def compiled(
    statement: ClauseElement, dialect: Dialect, as_they_are: Collection[str] = ()
) -> Statement:
    """A statement for one kind of database. The values named by `as_they_are` come as the driver
    gave them, and go back so."""
    text = cast("SQLCompiler", statement.compile(dialect=dialect))
    state = text.construct_expanded_state()
    processors: dict[str, Any] = {
        name: process
        for name, bind in text.binds.items()
        if (process := bind.type.dialect_impl(dialect).bind_processor(dialect)) is not None
    } | dict(state.processors)
    constants = {
        name: processors[name](value) if name in processors and value is not None else value
        for name, value in state.parameters.items()
    }
    for name in as_they_are:
        processors.pop(name, None)
    places = tuple(
        (name, processors.get(name), constants.get(name)) for name in state.positiontup or ()
    )
    return Statement(state.statement, places)


def as_it_is(value: Any) -> Any:
    """The reader of values that drivers return as the domain has them."""
    return value


def reader(column: TypeEngine[Any], dialect: Dialect) -> Callable[[Any], Any]:
    """From what the driver returns to the value of the domain."""
    if isinstance(column, JSON):
        return lambda value: None if value is None else orjson.loads(value)
    if isinstance(column, ScaledDecimal):
        return decimal_reader(column.places)
    if isinstance(column, Uuid) and dialect.name != "sqlite":
        return as_it_is
    return column.dialect_impl(dialect).result_processor(dialect, None) or as_it_is


@cache
def decimal_reader(places: int) -> Callable[[int | None], Decimal | None]:
    """From so many of the smallest unit to the decimal. Weights and prices repeat."""

    @lru_cache(REMEMBERED)
    def read(value: int | None) -> Decimal | None:
        return None if value is None else Decimal(value).scaleb(-places)

    return read
