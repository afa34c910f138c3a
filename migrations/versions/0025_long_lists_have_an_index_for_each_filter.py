"""Weight changes and the queue have an index for each filter in its order

Weight changes are sorted by their time, as they are filtered. SQLite is told which of these
indexes leave few rows, as ANALYZE would.

Revision ID: 0025
Revises: 0024
"""

from __future__ import annotations

from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

Lines = tuple[tuple[str, tuple[str, ...], str], ...]

# Table, columns, and what SQLite is told, if anything: rows, then how many share the first column,
# the first two, ... Of a table it is told all indexes or none: it takes the others for selective.
_NEW: Lines = (
    ("inventory_transactions", ("spool_id", "created_at", "id"), "1000000 50 2 1"),
    ("inventory_transactions", ("team_id", "created_at", "id"), "1000000 1000000 2 1"),
    (
        "inventory_transactions",
        ("team_id", "type", "created_at", "id"),
        "1000000 1000000 200000 2 1",
    ),
    (
        "queue_items",
        ("team_id", "status", "completed_at", "id"),
        "1000000 1000000 200000 2 1",
    ),
    ("queue_items", ("printer_id", "completed_at", "id"), "1000000 50000 2 1"),
    ("print_runs", ("printer_id",), ""),
)
_OLD: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("inventory_transactions", ("spool_id", "id")),
    ("inventory_transactions", ("team_id", "id")),
    ("queue_items", ("printer_id",)),
)
# Those that stay, in the tables whose rows SQLite has to choose an index for.
_KNOWN: Lines = (
    ("inventory_transactions", ("archive_id",), "1000000 2"),
    ("inventory_transactions", ("production_run_id",), "1000000 20"),
    ("queue_items", ("team_id", "status", "position", "id"), "1000000 1000000 200000 2 1"),
    (
        "queue_items",
        ("team_id", "printer_id", "status", "position"),
        "1000000 1000000 50000 10000 2",
    ),
    ("queue_items", ("team_id", "completed_at", "id"), "1000000 1000000 2 1"),
    ("queue_items", ("archive_id",), "1000000 2"),
    ("queue_items", ("result_archive_id",), "1000000 2"),
    ("queue_items", ("production_run_id",), "1000000 20"),
    ("production_runs", ("team_id", "created_at", "id"), "100000 10000 2 1"),
    ("production_runs", ("team_id", "status", "created_at", "id"), "100000 10000 2000 2 1"),
    ("production_runs", ("project_id", "created_at", "id"), "100000 1000 2 1"),
    ("production_runs", ("team_id", "run_number"), "100000 10000 1"),
    ("data_files", ("team_id", "created_at", "id"), "100000 100000 2 1"),
    ("data_files", ("project_id", "created_at", "id"), "100000 1000 2 1"),
    ("data_files", ("status", "claimed_until"), "100000 30000 2"),
)
_TABLES = sorted({table for table, _columns, _figures in (*_NEW, *_KNOWN)})


def upgrade() -> None:
    for table, columns, _figures in _NEW:
        op.create_index(_name(table, columns), table, columns)
    for table, columns in _OLD:
        op.drop_index(_name(table, columns), table)
    if op.get_bind().dialect.name == "sqlite":
        _forget_statistics()
        for table, columns, figures in (*_NEW, *_KNOWN):
            row = (table, _name(table, columns), figures)
            if figures:
                op.execute(f"INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES {row}")  # noqa: S608


def downgrade() -> None:
    for table, columns in _OLD:
        op.create_index(_name(table, columns), table, columns)
    for table, columns, _figures in _NEW:
        op.drop_index(_name(table, columns), table)
    if op.get_bind().dialect.name == "sqlite":
        _forget_statistics()


def _forget_statistics() -> None:
    for table in _TABLES:
        op.execute(f"DELETE FROM sqlite_stat1 WHERE tbl = '{table}'")  # noqa: S608


def _name(table: str, columns: tuple[str, ...]) -> str:
    if columns == ("team_id", "run_number"):
        return "uq_production_runs_run_number"
    return f"ix_{table}_{'_'.join(columns)}"
