"""From what a driver returns to what JSON shows, per type of column and GraphQL type.

A codec is a piece of Python source in which `{v}` stands for the value, with the names it uses.
Where there is no short way, the types themselves convert: SQLAlchemy reads, GraphQL writes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field
from datetime import datetime
from functools import cache, lru_cache
from operator import attrgetter
from typing import Any

import orjson
from graphql import GraphQLLeafType, GraphQLScalarType
from sqlalchemy import JSON, Boolean, Date, Dialect, Enum, Integer, String, Uuid
from sqlalchemy.types import TypeEngine

from app.columns import ScaledDecimal, UtcDateTime
from app.compiled import reader
from app.records import record
from schema.ids import global_id

AS_THEY_ARE = frozenset({"String", "Int", "Seconds", "ID"})
# Values of one kind whose written form is remembered.
REMEMBERED = 1_024


@record
class Codec:
    """How a value that is not null is written."""

    source: str = "{v}"
    names: dict[str, object] = field(default_factory=dict)

    @property
    def plain(self) -> bool:
        """Whether a value is written as it is, null included."""
        return self.source == "{v}"


def _sqlite_time(value: str) -> str:
    """`2026-01-31 12:00:00.000000` as RFC 3339."""
    return f"{value[:10]}T{value[11:19]}{'' if value[19:] == '.000000' else value[19:]}Z"


def _postgres_time(value: datetime) -> str:
    """A time in UTC, as the driver always gives them, as RFC 3339."""
    return f"{value.isoformat()[:-6]}Z"


def _dashed(value: str) -> str:
    """The digits of a UUID as people write it."""
    return f"{value[:8]}-{value[8:12]}-{value[12:16]}-{value[16:20]}-{value[20:]}"


def _scaled(places: int) -> Callable[[int], str]:
    """From so many of the smallest unit to the digits of the decimal, without zeros at the end."""
    unit = 10**places

    def write(value: int) -> str:
        whole, rest = divmod(abs(value), unit)
        sign = "-" if value < 0 else ""
        return f"{sign}{whole}.{rest:0{places}}".rstrip("0") if rest else f"{sign}{whole}"

    return write


def codec(column: TypeEngine[Any], kind: GraphQLLeafType, dialect: Dialect) -> Codec:
    """The codec of a column shown as a scalar or an enum."""
    embedded = dialect.name == "sqlite"
    if isinstance(column, Enum) and column.enum_class is not None:
        members = {member.value: member.name for member in column.enum_class}
        return Codec(f"names_{kind.name}[{{v}}]", {f"names_{kind.name}": members})
    if isinstance(column, UtcDateTime) and kind.name == "DateTime":
        name, write = (
            ("sqlite_time", _sqlite_time) if embedded else ("postgres_time", _postgres_time)
        )
        return Codec(f"{name}({{v}})", {name: write})
    if isinstance(column, ScaledDecimal) and kind.name in ("Grams", "Float"):
        return Codec(f"{{v}} / {10**column.places}")
    if isinstance(column, ScaledDecimal) and kind.name == "Decimal":
        return Codec(
            f"scaled_{column.places}({{v}})", {f"scaled_{column.places}": _scaled(column.places)}
        )
    if isinstance(column, Date) and kind.name == "Date":
        return Codec() if embedded else Codec("{v}.isoformat()")
    if isinstance(column, Uuid) and kind.name == "ID":
        return Codec("dashed({v})" if embedded else "str({v})", {"dashed": _dashed, "str": str})
    if isinstance(column, Boolean) and kind.name == "Boolean":
        return Codec("{v} == 1") if embedded else Codec()
    if isinstance(column, JSON):
        return Codec("loads({v})", {"loads": orjson.loads})
    if isinstance(column, Integer | String) and kind.name in AS_THEY_ARE:
        return Codec()
    name = f"write_{kind.name}_{type(column).__name__}_{getattr(column, 'places', '')}"
    return Codec(f"{name}({{v}})", {name: _by_the_types(column, kind, dialect)})


def _by_the_types(
    column: TypeEngine[Any], kind: GraphQLLeafType, dialect: Dialect
) -> Callable[[Any], object]:
    read = reader(column, dialect)
    write = writer(kind)
    return lambda value: write(read(value))


@cache
def id_writer(kind: str, *, undashed: bool) -> Callable[[Any], str]:
    """From a key as the driver gives it to the global id; `undashed` where UUIDs are hexadecimal
    digits. The same rows are shown again and again."""

    @lru_cache(REMEMBERED)
    def write(key: Any) -> str:
        return global_id(kind, _dashed(key) if undashed else key)

    return write


def writer(kind: GraphQLLeafType) -> Callable[[Any], object]:
    """From a value of the domain to JSON."""
    return kind.serialize if isinstance(kind, GraphQLScalarType) else attrgetter("name")
