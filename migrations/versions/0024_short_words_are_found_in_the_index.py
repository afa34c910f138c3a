"""Words shorter than a trigram are found in the index of texts, as the beginning of one

For that a trigram has to begin at the last character of a text too: one line end more is indexed.
SQLite is given the list of the trigrams that occur.

Revision ID: 0024
Revises: 0023
"""

from __future__ import annotations

from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

# Over what is indexed of a text.
_SQLITE = (
    "DROP TRIGGER archive_search_insert",
    "DROP TRIGGER archive_search_delete",
    "DROP TRIGGER archive_search_update",
    "DROP TABLE archive_search",
    "CREATE VIRTUAL TABLE archive_search USING fts5(text, content='', columnsize=0, "
    "detail='none', tokenize='trigram case_sensitive 1')",
    "INSERT INTO archive_search (rowid, text) SELECT id, search_text{more} FROM archives",
    "CREATE TRIGGER archive_search_insert AFTER INSERT ON archives BEGIN {add}; END",
    "CREATE TRIGGER archive_search_delete AFTER DELETE ON archives BEGIN {take}; END",
    "CREATE TRIGGER archive_search_update AFTER UPDATE OF search_text ON archives "
    "WHEN old.search_text IS NOT new.search_text BEGIN {take}; {add}; END",
)
_ADD = "INSERT INTO archive_search (rowid, text) VALUES (new.id, new.search_text{more})"
_TAKE = (
    "INSERT INTO archive_search (archive_search, rowid, text) "
    "VALUES ('delete', old.id, old.search_text{more})"
)
_POSTGRES = (
    "DROP INDEX ix_archives_grams",
    "CREATE OR REPLACE FUNCTION archive_grams(content text) RETURNS tsvector "
    "LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT array_to_tsvector(coalesce("
    "array_agg(DISTINCT substr(content{more}, place, 3)), '{{}}')) "
    "FROM generate_series(1, length(content{more}) - 2) AS place $$",
    "CREATE INDEX ix_archives_grams ON archives USING gin (archive_grams(search_text))",
)


def upgrade() -> None:
    if _is_embedded():
        _index_anew(_SQLITE, " || char(10)")
        op.execute(
            "CREATE VIRTUAL TABLE archive_search_terms USING fts5vocab(archive_search, 'row')"
        )
    else:
        _index_anew(_POSTGRES, " || chr(10)")


def downgrade() -> None:
    if _is_embedded():
        op.execute("DROP TABLE archive_search_terms")
    _index_anew(_SQLITE if _is_embedded() else _POSTGRES, "")


def _is_embedded() -> bool:
    return op.get_bind().dialect.name == "sqlite"


def _index_anew(statements: tuple[str, ...], more: str) -> None:
    add, take = _ADD.format(more=more), _TAKE.format(more=more)
    for statement in statements:
        op.execute(statement.format(more=more, add=add, take=take))
