"""Scalars beyond GraphQL's own: times in UTC, exact numbers, seconds."""

from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, NewType

import strawberry
from graphql import GraphQLError
from strawberry.types.scalar import ScalarDefinition

from app.files.incoming import Received

Grams = NewType("Grams", Decimal)
Seconds = NewType("Seconds", int)
Json = NewType("Json", object)

_RFC_3339 = "https://www.rfc-editor.org/rfc/rfc3339"
_MULTIPART = "https://github.com/jaydenseric/graphql-multipart-request-spec"
_MAX_SECONDS = 2**53


def _write_time(value: datetime) -> str:
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _read_time(value: Any) -> datetime:
    if not isinstance(value, str):
        raise GraphQLError("A time is written as text, 2026-01-31T12:00:00Z.")
    try:
        parsed = datetime.fromisoformat(value)
    except ValueError:
        raise GraphQLError("A time is written 2026-01-31T12:00:00Z.") from None
    if parsed.tzinfo is None:
        raise GraphQLError("A time needs its zone: 2026-01-31T12:00:00Z.")
    try:
        return parsed.astimezone(UTC)
    except OverflowError:
        raise GraphQLError("This time is out of range.") from None


def _read_date(value: Any) -> date:
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        raise GraphQLError("A date is written 2026-01-31.") from None


def _read_decimal(value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        raise GraphQLError("This is not a number.")
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        raise GraphQLError("This is not a number.") from None
    if not number.is_finite() or abs(number.adjusted()) > 30:
        raise GraphQLError("This number is out of range.")
    return number


def _write_decimal(value: Decimal) -> str:
    return f"{value.normalize():f}"


def _write_grams(value: Decimal) -> float:
    return float(round(value, 3))


def _read_file(value: Any) -> Received:
    if not isinstance(value, Received):
        raise GraphQLError("A file is sent as a part of a multipart request.")
    return value


def _write_file(_value: object) -> None:
    raise GraphQLError("A file is input alone.")


def _read_seconds(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > _MAX_SECONDS:
        raise GraphQLError("Seconds are a whole number.")
    return value


SCALARS: dict[object, ScalarDefinition] = {
    datetime: strawberry.scalar(
        name="DateTime",
        description="A moment in UTC, RFC 3339 with `Z`.",
        specified_by_url=_RFC_3339,
        serialize=_write_time,
        parse_value=_read_time,
    ),
    date: strawberry.scalar(
        name="Date",
        description="A day, `2026-01-31`.",
        specified_by_url=_RFC_3339,
        serialize=date.isoformat,
        parse_value=_read_date,
    ),
    Decimal: strawberry.scalar(
        name="Decimal",
        description="An exact decimal number, as text.",
        serialize=_write_decimal,
        parse_value=_read_decimal,
    ),
    Grams: strawberry.scalar(
        name="Grams",
        description="A weight in grams, to three places.",
        serialize=_write_grams,
        parse_value=_read_decimal,
    ),
    Seconds: strawberry.scalar(
        name="Seconds",
        description="A duration in whole seconds.",
        serialize=int,
        parse_value=_read_seconds,
    ),
    Received: strawberry.scalar(
        name="Upload",
        description="A file, sent as a part of a GraphQL multipart request.",
        specified_by_url=_MULTIPART,
        serialize=_write_file,
        parse_value=_read_file,
    ),
    Json: strawberry.scalar(
        name="JSON",
        description="Any JSON value.",
        specified_by_url="https://www.rfc-editor.org/rfc/rfc8259",
        serialize=lambda value: value,
        parse_value=lambda value: value,
    ),
}
