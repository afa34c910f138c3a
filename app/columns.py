"""Column types that mean the same on PostgreSQL and SQLite: UTC times, exact decimals, enums."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, DateTime, Dialect, Enum, Index, Integer, TypeDecorator
from sqlalchemy.sql.operators import OperatorType
from sqlalchemy.types import TypeEngine

# SQLite numbers rows by itself only in a column of exactly this type.
BigId = BigInteger().with_variant(Integer, "sqlite")


_ONE = Decimal(1)


class UtcDateTime(TypeDecorator[datetime]):
    """An aware datetime in UTC. A naive one is refused: it would be a local time in disguise."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime cannot be stored")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class ScaledDecimal(TypeDecorator[Decimal]):
    """An exact decimal with a fixed number of places, stored as an integer of its smallest unit.

    SQLite has no decimals, and integers add up exactly in an atomic `UPDATE` on both databases.
    Adding, subtracting, comparing and summing work in SQL; multiplying does not.
    """

    impl = BigInteger
    cache_ok = True

    def __init__(self, places: int) -> None:
        super().__init__()
        self.places = places

    def process_bind_param(self, value: Decimal | int | None, dialect: Dialect) -> int | None:
        return self._scaled(value)

    def bind_processor(self, dialect: Dialect) -> Callable[[Decimal | int | None], int | None]:
        """Without the two calls around it that every column of its own kind has."""
        return self._scaled

    def _scaled(self, value: Decimal | int | None) -> int | None:
        if value is None:
            return None
        scaled = Decimal(value).scaleb(self.places)
        return int(scaled.quantize(_ONE, rounding=ROUND_HALF_EVEN))

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        return None if value is None else Decimal(int(value)).scaleb(-self.places)

    def coerce_compared_value(self, op: OperatorType | None, value: Any) -> TypeEngine[Any]:
        return self


def enum_column(kind: type[StrEnum]) -> Enum:
    """The values of an enum as short text, so that a new value needs no migration."""
    return Enum(
        kind,
        native_enum=False,
        create_constraint=False,
        length=32,
        values_callable=lambda members: [member.value for member in members],
    )


def partial_index(name: str, *columns: str, where: str, unique: bool = False) -> Index:
    """An index over the rows for which a condition holds, as its migration makes it.

    Here the condition only tells: as an option of two dialects it would load both of them, and
    the larger one of these is of no use to a server on SQLite.
    """
    return Index(name, *columns, unique=unique, info={"where": where})


GRAMS = ScaledDecimal(3)
MONEY = ScaledDecimal(6)  # a price per gram keeps six places; two are shown
