"""Alembic revisions of the schema; each runs up and down on PostgreSQL and SQLite."""
