"""Rows that may be there already: inserts that say what then happens, on both databases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, literal, select

from app.database import WriteSession
from app.tables import Table

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql, sqlite


def insert(session: WriteSession, table: type[Table]) -> sqlite.Insert | postgresql.Insert:
    """An insert with `on_conflict_do_nothing` and `on_conflict_do_update`."""
    if session.get_bind().dialect.name == "sqlite":
        from sqlalchemy.dialects import sqlite

        return sqlite.insert(table)
    from sqlalchemy.dialects import postgresql  # large, with its driver

    return postgresql.insert(table)


async def add_to(
    session: WriteSession,
    table: type[Table],
    key: Mapping[str, Any],
    amounts: Mapping[str, int | Decimal],
) -> None:
    """Add `amounts` to the row with this primary `key`, which is made when it is missing."""
    statement = insert(session, table).values(**key, **amounts)
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=list(key),
            set_={name: getattr(table, name) + statement.excluded[name] for name in amounts},
        )
    )


async def add_rows(
    session: WriteSession,
    table: type[Table],
    where: ColumnElement[bool],
    changed: Mapping[str, Any],
    amounts: Sequence[str],
) -> None:
    """Add the amounts of some rows to the rows whose primary keys are theirs but for what is
    `changed`; those are made when they are missing. All in one statement."""
    columns = table.metadata.tables[table.__tablename__].columns
    key = [column.name for column in columns if column.primary_key]
    names = [*key, *amounts]
    rows = select(
        *(
            literal(changed[name], columns[name].type) if name in changed else columns[name]
            for name in names
        )
    ).where(where)
    statement = insert(session, table).from_select(names, rows)
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=key,
            set_={name: getattr(table, name) + statement.excluded[name] for name in amounts},
        )
    )
