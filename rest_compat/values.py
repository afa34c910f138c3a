"""Kinds of parameters: how each is read from text or JSON, and how OpenAPI describes it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import field
from datetime import UTC, date, datetime, time
from typing import Any, Protocol, runtime_checkable

from app.records import record
from schema.ids import global_id

MAX_ID = 2**31 - 1
_WHOLE = re.compile(r"[+-]?[0-9]{1,40}")
_DIGITS = re.compile(r"[0-9]{1,40}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.,][0-9]{1,9})?)?"
    r"([Zz]|[+-][0-9]{2}:?[0-9]{2})?"
)
# A `+` that a client forgot to encode arrives as a space.
_LOST_PLUS = re.compile(r"(?<=[0-9]) (?=[0-9]{2}:?[0-9]{2}$)")
_LAST_MOMENT = time(23, 59, 59, 999999, tzinfo=UTC)


class Refused(ValueError):
    """A value that is not of its kind; the message says what it must be.

    `at` leads to the refused part of a value that holds others, `2.spool_id`.
    """

    def __init__(self, message: str, at: str = "") -> None:
        super().__init__(message)
        self.at = at


class NoSuchRow(Exception):
    """An id in a path that no row can have."""


class Kind(Protocol):
    """What a parameter may hold. Both readers give the GraphQL variable or raise `Refused`."""

    def from_text(self, raw: str) -> Any:
        """Read a value of a path or a query."""
        ...

    def from_json(self, raw: Any) -> Any:
        """Read a value of a JSON body."""
        ...

    def schema(self) -> dict[str, Any]:
        """The JSON Schema of the value."""
        ...


@record
class Whole:
    """A whole number between `low` and `high`, both included."""

    low: int
    high: int

    def from_text(self, raw: str) -> int:
        if not _WHOLE.fullmatch(raw):
            raise Refused("must be a whole number")
        return self._within(int(raw))

    def from_json(self, raw: Any) -> int:
        return self._within(_integer(raw))

    def _within(self, value: int) -> int:
        if not self.low <= value <= self.high:
            raise Refused(f"must be between {self.low} and {self.high}")
        return value

    def schema(self) -> dict[str, Any]:
        return {"type": "integer", "minimum": self.low, "maximum": self.high}


@record
class Text:
    """Text of at most `limit` characters; not empty unless `empty` is allowed."""

    limit: int
    empty: bool = False
    form: str | None = None

    def from_text(self, raw: str) -> str:
        return self.from_json(raw)

    def from_json(self, raw: Any) -> str:
        if not isinstance(raw, str):
            raise Refused("must be text")
        if len(raw) > self.limit:
            raise Refused(f"must have at most {self.limit} characters")
        if "\x00" in raw:
            raise Refused("must not contain the character NUL")
        if not self.empty and not raw.strip():
            raise Refused("must not be empty")
        return raw

    def schema(self) -> dict[str, Any]:
        found: dict[str, Any] = {"type": "string", "maxLength": self.limit}
        if not self.empty:
            found["minLength"] = 1
        if self.form:
            found["format"] = self.form
        return found


@record
class Choice:
    """One of a few words; each stands for a GraphQL value."""

    words: Mapping[str, Any]

    def from_text(self, raw: str) -> Any:
        return self.from_json(raw)

    def from_json(self, raw: Any) -> Any:
        if not isinstance(raw, str) or raw not in self.words:
            raise Refused(f"must be one of {', '.join(self.words)}")
        return self.words[raw]

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "enum": list(self.words)}


@record
class YesNo:
    """`true` or `false`."""

    def from_text(self, raw: str) -> bool:
        if raw.lower() not in ("true", "false"):
            raise Refused("must be true or false")
        return raw.lower() == "true"

    def from_json(self, raw: Any) -> bool:
        if not isinstance(raw, bool):
            raise Refused("must be true or false")
        return raw

    def schema(self) -> dict[str, Any]:
        return {"type": "boolean"}


@record
class AmsMapping:
    """Trays per filament of the file, as `project_file` numbers them: 4 × unit + slot, 128 and
    more for an AMS HT, 254 for the external spool, -1 for a filament that is not chosen."""

    limit: int = 64

    def from_text(self, raw: str) -> list[Any]:
        raise TypeError("a mapping comes from a body alone")

    def from_json(self, raw: Any) -> list[dict[str, Any]]:
        trays = Many(Whole(-1, 255), self.limit).from_json(raw)
        return [
            {"filament": place, **_slot(tray)} for place, tray in enumerate(trays, 1) if tray >= 0
        ]

    def schema(self) -> dict[str, Any]:
        return Many(Whole(-1, 255), self.limit).schema()


def _slot(tray: int) -> dict[str, Any]:
    if tray >= 254:
        return {"unit": None, "slot": 0}
    return {"unit": tray, "slot": 0} if tray >= 128 else {"unit": tray // 4, "slot": tray % 4}


@record
class PathId:
    """The row a path is about. Whatever cannot be an id is not found, rather than wrong."""

    type: str

    def from_text(self, raw: str) -> str:
        if not _DIGITS.fullmatch(raw) or not 1 <= int(raw) <= MAX_ID:
            raise NoSuchRow
        return global_id(self.type, int(raw))

    def from_json(self, raw: Any) -> str:
        raise TypeError("an id of a path never comes from a body")

    def schema(self) -> dict[str, Any]:
        return {"type": "integer", "minimum": 1, "maximum": MAX_ID}


@record
class RowId:
    """A row that a query or a body names. In a body a number no row can have is just unknown."""

    type: str

    def from_text(self, raw: str) -> str:
        return global_id(self.type, Whole(1, MAX_ID).from_text(raw))

    def from_json(self, raw: Any) -> str:
        return global_id(self.type, _integer(raw))

    def schema(self) -> dict[str, Any]:
        return {"type": "integer", "minimum": 1, "maximum": MAX_ID}


@runtime_checkable
class Holder(Protocol):
    """A kind whose values hold others by name."""

    def names(self) -> Mapping[str, str]:
        """How a request names what stands at a path of the domain; `*` is a place in a list."""
        ...


@record
class Many:
    """A JSON list of at most `limit` values of one kind."""

    kind: Kind
    limit: int

    def from_text(self, raw: str) -> list[Any]:
        raise TypeError("a list comes from a body alone")

    def from_json(self, raw: Any) -> list[Any]:
        if not isinstance(raw, list):
            raise Refused("must be a list")
        if len(raw) > self.limit:
            raise Refused(f"must have at most {self.limit} entries")
        return [self._entry(place, item) for place, item in enumerate(raw)]

    def _entry(self, place: int, raw: Any) -> Any:
        try:
            return self.kind.from_json(raw)
        except Refused as refused:
            if not refused.at:
                raise
            raise Refused(str(refused), f"{place}.{refused.at}") from None

    def names(self) -> Mapping[str, str]:
        inner = self.kind.names() if isinstance(self.kind, Holder) else {}
        return {f"*.{into}": f"*.{name}" for into, name in inner.items()}

    def schema(self) -> dict[str, Any]:
        return {"type": "array", "items": self.kind.schema(), "maxItems": self.limit}


@record
class Moment:
    """A time, RFC 3339; one without a zone is UTC. Given as GraphQL writes times."""

    def from_text(self, raw: str) -> str:
        return self.from_json(_LOST_PLUS.sub("+", raw))

    def from_json(self, raw: Any) -> str:
        if not isinstance(raw, str) or not _TIME.fullmatch(raw):
            raise Refused("must be a time such as 2024-01-15T14:30:00Z")
        return _written(_parsed(raw))

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "format": "date-time"}


@record
class Bound:
    """A day, meant as a whole and in UTC, or an exact time; `last`: the bound it ends."""

    last: bool = False

    def from_text(self, raw: str) -> str:
        if not _DAY.fullmatch(raw):
            return _moment_or_day(raw)
        day = _parsed(raw).date()
        return _written(datetime.combine(day, _LAST_MOMENT if self.last else time(0, tzinfo=UTC)))

    def from_json(self, raw: Any) -> str:
        raise TypeError("a bound comes from a query alone")

    def schema(self) -> dict[str, Any]:
        return {"anyOf": [{"type": "string", "format": form} for form in ("date", "date-time")]}


@record
class Day:
    """A whole UTC day; of a time, the day it lies in."""

    def from_text(self, raw: str) -> str:
        if _DAY.fullmatch(raw):
            return _parsed(raw).date().isoformat()
        found: date = datetime.fromisoformat(_moment_or_day(raw)).date()
        return found.isoformat()

    def from_json(self, raw: Any) -> str:
        if not isinstance(raw, str):
            raise Refused("must be a day such as 2024-01-15")
        return self.from_text(raw)

    def schema(self) -> dict[str, Any]:
        return {"anyOf": [{"type": "string", "format": form} for form in ("date", "date-time")]}


@record
class Secret:
    """Text that is never shown again."""

    limit: int
    text: Text = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", Text(self.limit))

    def from_text(self, raw: str) -> str:
        raise TypeError("a secret comes from a body alone")

    def from_json(self, raw: Any) -> str:
        return self.text.from_json(raw)

    def schema(self) -> dict[str, Any]:
        return {**self.text.schema(), "format": "password", "writeOnly": True}


def _integer(raw: Any) -> int:
    """JSON has one kind of number: 3.0 is whole, `true` is none."""
    if isinstance(raw, bool) or not isinstance(raw, int | float) or raw != raw // 1:
        raise Refused("must be a whole number")
    return int(raw)


def _moment_or_day(raw: str) -> str:
    try:
        return Moment().from_text(raw)
    except Refused:
        raise Refused("must be a day such as 2024-01-15 or a time in UTC") from None


def _parsed(raw: str) -> datetime:
    try:
        parsed = datetime.fromisoformat(raw.replace(",", "."))
        return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Refused("must be a day or a time that exists") from None


def _written(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


@record
class Upload:
    """A file in a form; the mutation gets it as it was received.

    A body of the media type `alone` is the file, without a form around it.
    """

    alone: str | None = None

    def from_text(self, raw: str) -> Any:
        raise Refused("must be a file")

    def from_json(self, raw: Any) -> Any:
        raise TypeError("a file comes from a form alone")

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "format": "binary"}
