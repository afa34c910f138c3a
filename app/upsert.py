"""Rows that may be there already: inserts that say what then happens, on both databases."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

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
