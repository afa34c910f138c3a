"""What a search of the print history means, and the index that answers it.

A search is words. An archive matches when each word occurs somewhere in its searchable text, as a
part of a word too, whatever the case: "ench" finds "Benchy". The searchable text is name, filename,
notes, filament type and tags, one to a line; words and text are compared after `folded`. A tag is a
whole line of it.

Both databases keep an index of its trigrams, which finds the few archives that hold all trigrams of
a word; whether they hold the word is seen in their text. SQLite has a full-text table of them, kept
by triggers, PostgreSQL a GIN index of text-search vectors. What is shorter than a trigram is looked
for in the text alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, literal
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import NULLTYPE

from app.archives.models import Archive
from app.texts import like_pattern

GRAM = 3
# Trigrams that the index is asked for; more hardly leave fewer rows.
MOST_GRAMS = 32


def folded(text: str) -> str:
    """The form in which texts are compared."""
    return text.casefold()


def searchable(parts: Iterable[str]) -> str:
    """The searchable text of an archive: every part a line of its own."""
    return folded("\n".join(("", *parts, "")))


def words(search: str) -> list[str]:
    """What must occur."""
    return folded(search).split()


def line(tag: str) -> str:
    """What occurs where a whole line is this text."""
    return f"\n{folded(tag)}\n"


def occurs(part: str, entity: type[Archive] = Archive) -> ColumnElement[bool]:
    """Whether a part occurs in the searchable text."""
    return entity.search_text.like(like_pattern(part), escape="\\")


def grams(parts: Iterable[str]) -> list[str]:
    """The trigrams of these parts, sorted."""
    return sorted({part[at : at + GRAM] for part in parts for at in range(len(part) - GRAM + 1)})


def may_hold(parts: Sequence[str]) -> ColumnElement[bool] | None:
    """What the index knows of these parts; None where it knows nothing. A few rows that do not
    hold them may pass, none that does fails."""
    wanted = grams(parts)[:MOST_GRAMS]
    return HasGrams(Archive.id, Archive.search_text, wanted) if wanted else None


class HasGrams(FunctionElement[bool]):
    """Whether a text holds all of some trigrams, by the index of the database at hand."""

    inherit_cache = True
    type: Any = NULLTYPE  # a boolean would be compared with 1 on SQLite, past the index

    def __init__(self, row_id: Any, text: Any, wanted: Sequence[str]) -> None:
        full_text = " AND ".join('"{}"'.format(gram.replace('"', '""')) for gram in wanted)
        vector = " & ".join(
            "'{}'".format(gram.replace("\\", "\\\\").replace("'", "''")) for gram in wanted
        )
        super().__init__(row_id, text, literal(full_text), literal(vector))


@compiles(HasGrams)
def _in_full_text_table(element: HasGrams, compiler: SQLCompiler, **options: Any) -> str:
    row_id, _text, query, _vector = element.clauses
    row_id_sql, query_sql = (compiler.process(part, **options) for part in (row_id, query))
    found = f"SELECT rowid FROM archive_search WHERE archive_search MATCH {query_sql}"  # noqa: S608
    return f"{row_id_sql} IN ({found})"


@compiles(HasGrams, "postgresql")
def _by_vector(element: HasGrams, compiler: SQLCompiler, **options: Any) -> str:
    _row_id, text, _query, vector = element.clauses
    text_sql, vector_sql = (compiler.process(part, **options) for part in (text, vector))
    return f"archive_grams({text_sql}) @@ CAST({vector_sql} AS tsquery)"
