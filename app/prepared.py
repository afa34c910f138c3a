"""Statements of the domain that are compiled once and run without the ORM.

For what happens often and touches few rows by their keys: on SQLite they run on the loop. The team
is part of each of them, as it is of every statement of a session (`app.database`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from sqlalchemy import (
    CTE,
    BindParameter,
    Delete,
    Dialect,
    Insert,
    Select,
    Update,
    bindparam,
    insert,
    select,
)
from sqlalchemy.orm import attributes
from sqlalchemy.types import TypeEngine

from app.compiled import Statement, as_it_is, compiled, reader
from app.tables import Table, TeamOwned

TEAM = "team_id"
Model = TypeVar("Model", bound=Table)
Row = Sequence[Any]
# The places of a row whose values a driver gives otherwise, and what reads them.
Readers = Sequence[tuple[int, Callable[[Any], Any]]]


def parameter(name: str, type_: TypeEngine[Any] | None = None) -> BindParameter[Any]:
    """A place for a value; null when none is given."""
    return bindparam(name, type_=type_, required=False)


class Prepared:
    """A statement with named parameters.

    With `owned`, a table whose rows belong to teams, it is restricted to the session's team, or
    writes rows of it.
    """

    def __init__(
        self,
        statement: Select[Any] | Update | Delete | Insert,
        owned: type[TeamOwned] | None = None,
    ) -> None:
        if owned is not None and not isinstance(statement, Insert):
            statement = statement.where(owned.team_id == parameter(TEAM))
        self.owned = owned is not None
        self._statement = statement
        self._known: dict[str, tuple[Statement, Readers]] = {}

    def on(self, dialect: Dialect) -> tuple[Statement, Readers]:
        """Its text for a kind of database, and what reads its rows."""
        found = self._known.get(dialect.name)
        if found is None:
            columns = getattr(self._statement, "exported_columns", ())
            readers = [reader(column.type, dialect) for column in columns]
            other = [(place, read) for place, read in enumerate(readers) if read is not as_it_is]
            found = self._known[dialect.name] = compiled(self._statement, dialect), other
        return found


def read_rows(rows: Sequence[Row], readers: Readers) -> list[Row]:
    """Rows of a driver with the values of the domain in them."""
    found: list[Row] = []
    for row in rows:
        values = list(row)
        for place, read in readers:
            values[place] = read(values[place])
        found.append(values)
    return found


def inserted(model: type[Table], *without: str, after: CTE | None = None) -> Prepared:
    """The statement that writes a row of a table, with every column but these a parameter.

    With `after` the row is made once that query has given one.
    """
    table = model.metadata.tables[model.__tablename__]
    columns = [column for column in table.columns if column.key not in without]
    values = [parameter(column.key, column.type) for column in columns]
    names = [column.key for column in columns]
    statement = insert(table).inline()
    if after is None:
        statement = statement.values(dict(zip(names, values, strict=True)))
    else:
        statement = statement.from_select(names, select(*values).select_from(after))
    return Prepared(statement, model if issubclass(model, TeamOwned) else None)


def loaded(model: type[Model], names: Sequence[str], row: Row) -> Model:
    """An object of the domain with the values of a row. No session knows it."""
    made = model()
    attributes.instance_dict(made).update(zip(names, row, strict=True))
    return made
