"""The texts of archives are indexed, and filters by printer or project with a status

SQLite gets a full-text table without content, whose rowids are those of the archives, and triggers
that keep it; a revision that makes the table of archives anew has to make them anew too. PostgreSQL
gets the same trigrams as a text-search vector, in an index alone.

SQLite is also told what a long history looks like, as ANALYZE would: without, it takes a team for
a selective condition, and goes through all that a team has.

Two indexes become wider instead of more: they begin as before, so foreign keys still find rows in
them.

Revision ID: 0021
Revises: 0020
"""

from __future__ import annotations

from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

_ADD = "INSERT INTO archive_search (rowid, text) {rows}"
_TAKE = (
    "INSERT INTO archive_search (archive_search, rowid, text) "
    "VALUES ('delete', old.id, old.search_text)"
)
_SQLITE = (
    "CREATE VIRTUAL TABLE archive_search USING fts5(text, content='', columnsize=0, "
    "detail='none', tokenize='trigram case_sensitive 1')",
    _ADD.format(rows="SELECT id, search_text FROM archives"),
    "CREATE TRIGGER archive_search_insert AFTER INSERT ON archives BEGIN "
    + _ADD.format(rows="VALUES (new.id, new.search_text)")
    + "; END",
    f"CREATE TRIGGER archive_search_delete AFTER DELETE ON archives BEGIN {_TAKE}; END",
    "CREATE TRIGGER archive_search_update AFTER UPDATE OF search_text ON archives "
    f"WHEN old.search_text IS NOT new.search_text BEGIN {_TAKE}; "
    + _ADD.format(rows="VALUES (new.id, new.search_text)")
    + "; END",
)
# Rows, then how many share the first column, the first two, and so on.
_STATISTICS = {
    "team_id_created_at_id": "1000000 1000000 2 1",
    "team_id_status_created_at_id": "1000000 1000000 200000 2 1",
    "team_id_printer_id_created_at_id": "1000000 1000000 50000 2 1",
    "team_id_project_id_created_at_id": "1000000 1000000 20000 2 1",
    "team_id_name_id": "1000000 1000000 10 1",
    "printer_id_status_created_at_id": "1000000 50000 10000 2 1",
    "project_id_status_created_at_id": "1000000 20000 4000 2 1",
    "file_id": "1000000 10",
}
_POSTGRES = (
    "CREATE FUNCTION archive_grams(content text) RETURNS tsvector "
    "LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT array_to_tsvector(coalesce("
    "array_agg(DISTINCT substr(content, place, 3)), '{}')) "
    "FROM generate_series(1, length(content) - 2) AS place $$",
    "CREATE INDEX ix_archives_grams ON archives USING gin (archive_grams(search_text))",
)
_WIDER = (
    ("ix_archives_printer_id", ("printer_id",), ("printer_id", "status", "created_at", "id")),
    (
        "ix_archives_project_id_status",
        ("project_id", "status"),
        ("project_id", "status", "created_at", "id"),
    ),
)


def _wide_name(columns: tuple[str, ...]) -> str:
    return f"ix_archives_{'_'.join(columns)}"


def upgrade() -> None:
    for narrow, _before, columns in _WIDER:
        op.create_index(_wide_name(columns), "archives", columns)
        op.drop_index(narrow, "archives")
    embedded = op.get_bind().dialect.name == "sqlite"
    for statement in _SQLITE if embedded else _POSTGRES:
        op.execute(statement)
    if embedded:
        _tell_statistics()


def _tell_statistics() -> None:
    op.execute("ANALYZE sqlite_schema")  # makes the table of statistics
    op.execute("DELETE FROM sqlite_stat1 WHERE tbl = 'archives'")
    for index, figures in _STATISTICS.items():
        row = ("archives", f"ix_archives_{index}", figures)
        op.execute(f"INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES {row}")  # noqa: S608


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for name in ("insert", "delete", "update"):
            op.execute(f"DROP TRIGGER archive_search_{name}")
        op.execute("DROP TABLE archive_search")
        op.execute("DELETE FROM sqlite_stat1 WHERE tbl = 'archives'")
    else:
        op.execute("DROP INDEX ix_archives_grams")
        op.execute("DROP FUNCTION archive_grams(text)")
    for narrow, before, columns in _WIDER:
        op.create_index(narrow, "archives", before)
        op.drop_index(_wide_name(columns), "archives")
