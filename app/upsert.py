"""Adding to a counter row that may not exist yet: one atomic statement on both databases."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite

from app.database import WriteSession
from app.tables import Table


async def add_to(
    session: WriteSession,
    table: type[Table],
    key: Mapping[str, Any],
    amounts: Mapping[str, int | Decimal],
) -> None:
    """Add `amounts` to the row with this primary `key`, which is made when it is missing."""
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    statement = insert(table).values(**key, **amounts)
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=list(key),
            set_={name: getattr(table, name) + statement.excluded[name] for name in amounts},
        )
    )
