"""Rows of SQLite on the loop: cheap statements stay there, dear ones do not hold it up."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.row_reader import STEPS_ON_LOOP, SqliteRows

ROWS = 1_000
CHEAP = "SELECT number FROM numbers WHERE number <= ?"
DEAR = "SELECT count(*) FROM numbers a, numbers b WHERE a.number + b.number = ?"


@pytest.fixture
async def rows(tmp_path: Path) -> AsyncIterator[SqliteRows]:
    """A reader of a table of numbers."""
    path = tmp_path / "numbers.db"
    with sqlite3.connect(path) as made:
        made.execute("CREATE TABLE numbers (number INTEGER PRIMARY KEY)")
        made.executemany("INSERT INTO numbers VALUES (?)", [(item,) for item in range(ROWS)])
    made.close()
    reader = SqliteRows(str(path))
    yield reader
    await reader.close()


async def test_a_cheap_statement_stays_on_the_loop_however_often_it_runs(
    rows: SqliteRows, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The steps of one run count, not those of all runs together."""
    monkeypatch.setattr(rows, "_read_far", None)  # nothing is handed to the thread
    for _ in range(STEPS_ON_LOOP // 100):
        assert len(await rows.rows(CHEAP, (99,))) == 100


async def test_a_dear_statement_is_begun_anew_in_a_thread(rows: SqliteRows) -> None:
    """It answers as any other does, and so do cheap ones after it."""
    assert await rows.rows(DEAR, (ROWS - 1,)) == [(ROWS,)]
    assert rows._far is not None
    assert await rows.rows(CHEAP, (0,)) == [(0,)]
