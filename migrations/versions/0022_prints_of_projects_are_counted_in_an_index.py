"""Prints of projects are counted in an index, which for that has to know their team

Revision ID: 0022
Revises: 0021
"""

from __future__ import annotations

from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

_BEFORE = ("project_id", "status", "created_at", "id")
_AFTER = ("project_id", "status", "team_id", "created_at", "id")


def upgrade() -> None:
    _replace(_BEFORE, _AFTER, "1000000 20000 4000 4000 2 1")


def downgrade() -> None:
    _replace(_AFTER, _BEFORE, "1000000 20000 4000 2 1")


def _replace(old: tuple[str, ...], new: tuple[str, ...], figures: str) -> None:
    op.create_index(_name(new), "archives", new)
    op.drop_index(_name(old), "archives")
    if op.get_bind().dialect.name == "sqlite":
        row = ("archives", _name(new), figures)
        op.execute(f"INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES {row}")  # noqa: S608


def _name(columns: tuple[str, ...]) -> str:
    return f"ix_archives_{'_'.join(columns)}"
