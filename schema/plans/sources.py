"""Where the value of a field comes from, said once where the field is declared.

A plain field of a type that shows a table (`shows`) is the column of its own name. Everything else
has a source, or is left to its resolver.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Any, TypeVar

from sqlalchemy import ColumnElement
from sqlalchemy.orm import InstrumentedAttribute

from app.accounts.models import Scope
from app.records import record
from app.tables import Table

_KEY = "plan"
_TABLE = "__shown_table__"
Type = TypeVar("Type", bound=type)
Arguments = Mapping[str, Any]


class Unplannable(Exception):
    """A plan cannot answer this; the resolvers can. The message says why."""


class Source:
    """How a plan gets at a value."""


@record
class Column(Source):
    """A column of the row under another name than the field's."""

    name: str


@record
class Of:
    """A column of the row that a key of this row points to; null without such a row."""

    key: str
    attribute: InstrumentedAttribute[Any]


Columns = tuple[str | Of, ...]


@record
class GlobalId(Source):
    """The global id of the row: the name of the type and the primary key."""


@record
class Computed(Source):
    """A pure function of columns.

    With `stored` it gets them as they are stored: enough where they are only compared.
    """

    columns: Columns
    value: Callable[..., object]
    stored: bool = False


@record
class Remembered(Source):
    """A value or an object made from what the process has in memory.

    `value` gets the context and the values of `columns`.
    """

    columns: Columns
    value: Callable[..., object]


@record
class ToOne(Source):
    """The row that a foreign key of this row, or an attribute of an object in memory, points to."""

    key: str


@record
class Latest(Source):
    """The newest row that points to this row, or to what attribute `key` of an object says."""

    parent: InstrumentedAttribute[Any]
    where: tuple[ColumnElement[bool], ...] = ()
    key: str | None = None


@record
class ToMany(Source):
    """All rows that point to this row, in an order."""

    parent: InstrumentedAttribute[Any]
    order: tuple[InstrumentedAttribute[Any], ...]


@record
class Batched(Source):
    """A value that is found for all rows together, by their primary keys or by column `key`.

    `value` gets what was found, None for nothing, and the values of `columns`.
    """

    fetch: Callable[[Any, Collection[Any]], Awaitable[Mapping[Any, Any]]]
    value: Callable[..., object] = lambda found: found
    columns: Columns = ()
    key: str | None = None


@record
class One(Source):
    """A root field: the row whose primary key is in the arguments; None when there can be none."""

    key: Callable[[Arguments], object | None]
    scope: Scope = Scope.READ


@record
class Answer(Source):
    """A root field: an object that a function finds for the context and the arguments."""

    find: Callable[[Any, Arguments], Awaitable[object]]
    scope: Scope | None = Scope.READ


@record
class OneOf(Source):
    """A root field: a row of any of several types, which the global id in argument `id` tells.

    `kinds` has the function that finds the primary key in an id per name of a type.
    """

    kinds: Mapping[str, Callable[[str, str], object | None]]
    scope: Scope = Scope.READ


def planned(source: Source) -> dict[str, object]:
    """Metadata of a field that has a resolver: the source of the same value."""
    return {_KEY: source}


def source_of(field: Any) -> Source | None:
    """The source a Strawberry field was declared with."""
    found: Source | None = field.metadata.get(_KEY)
    return found


def shows(table: type[Table]) -> Callable[[Type], Type]:
    """Declare that the objects of a type are rows of a table."""

    def mark(kind: Type) -> Type:
        setattr(kind, _TABLE, table)
        return kind

    return mark


def table_of(kind: type) -> type[Table] | None:
    """The table whose rows a type shows."""
    found: type[Table] | None = kind.__dict__.get(_TABLE)
    return found
