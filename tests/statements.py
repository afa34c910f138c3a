"""What a server asks its database meanwhile."""

from __future__ import annotations

from collections.abc import Awaitable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event

from app.database import Database
from app.row_reader import Rows

# A statement with its values.
Executed = tuple[str, Sequence[Any]]


@contextmanager
def counted(database: Database) -> Iterator[list[Executed]]:
    """The statements that read as a team meanwhile, those of plans included; background work
    reads as every team."""
    statements: list[Executed] = []

    def note(_c: Any, _cursor: Any, statement: str, values: Any, *_rest: Any) -> None:
        if "team_id = ?" in statement:
            statements.append((statement, values))

    def read(text: str, arguments: Sequence[Any]) -> Awaitable[Rows]:
        note(None, None, text, arguments)
        return plain(text, arguments)

    engine, reader, plain = database.read_engine.sync_engine, database.rows, database.rows.rows
    event.listen(engine, "before_cursor_execute", note)
    reader.rows = read  # type: ignore[method-assign]
    try:
        yield statements
    finally:
        event.remove(engine, "before_cursor_execute", note)
        del reader.rows
