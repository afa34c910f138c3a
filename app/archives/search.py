"""What a search of the print history means, and the index that answers it.

A search is words. An archive matches when each word occurs somewhere in its searchable text, as a
part of a word too, whatever the case: "ench" finds "Benchy". The searchable text is name, filename,
notes, filament type and tags, one to a line; words and text are compared after `folded`. A tag is a
whole line of it.

Both databases keep an index of its trigrams, which finds the few archives that hold all trigrams of
a word; whether they hold the word is seen in their text. SQLite has a full-text table of them, kept
by triggers, and a list of those that occur; PostgreSQL has a GIN index of text-search vectors. What
is shorter than a trigram is the beginning of one wherever it occurs: the indexed text has one line
end more than the searchable one, so that a trigram begins at every character of that.
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
MOST_BEGINNINGS = 3


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


def beginnings(parts: Iterable[str]) -> list[str]:
    """The parts that are shorter than a trigram; single characters, which hardly any archive lacks,
    where there is nothing else."""
    parts = list(parts)
    two = sorted({part for part in parts if len(part) == GRAM - 1})
    if two or any(len(part) >= GRAM for part in parts):
        return two
    return sorted({part for part in parts if part})


def may_hold(parts: Sequence[str]) -> ColumnElement[bool] | None:
    """What the index knows of these parts; None without any. A few rows that do not hold them may
    pass, none that does fails."""
    wanted, begun = grams(parts)[:MOST_GRAMS], beginnings(parts)[:MOST_BEGINNINGS]
    if not wanted and not begun:
        return None
    return HoldsGrams(Archive.id, Archive.search_text, wanted, begun)


class HoldsGrams(FunctionElement[bool]):
    """Whether a text holds all of some trigrams, and for each beginning any trigram that begins so,
    by the index of the database at hand."""

    inherit_cache = True
    type: Any = NULLTYPE  # a boolean would be compared with 1 on SQLite, past the index

    def __init__(self, row_id: Any, text: Any, wanted: Sequence[str], begun: Sequence[str]) -> None:
        quoted = ['"{}"'.format(gram.replace('"', '""')) for gram in wanted]
        full_text = " AND ".join([*quoted, ""] if begun else quoted)
        vector = " & ".join([*map(_lexeme, wanted), *(f"{_lexeme(part)}:*" for part in begun)])
        super().__init__(row_id, text, literal(vector), literal(full_text), *map(literal, begun))


def _lexeme(gram: str) -> str:
    return "'{}'".format(gram.replace("\\", "\\\\").replace("'", "''"))


# The trigrams that begin with something, as a condition of the full-text table; where there are
# none, one that no text has.
_ANY_THAT_BEGINS = """(SELECT '(' || coalesce(
    group_concat('"' || replace(term, '"', '""') || '"', ' OR '),
    '"' || char(1114111, 1114111, 1114111) || '"') || ')' FROM archive_search_terms
    WHERE term >= {part} AND term <= {part} || char(1114111, 1114111))"""


@compiles(HoldsGrams)
def _in_full_text_table(element: HoldsGrams, compiler: SQLCompiler, **options: Any) -> str:
    row_id, _text, _vector, *parts = element.clauses
    full_text, *begun = (compiler.process(part, **options) for part in parts)
    any_of_each = " || ' AND ' || ".join(_ANY_THAT_BEGINS.format(part=part) for part in begun)
    query = f"{full_text} || {any_of_each}" if begun else full_text
    found = f"SELECT rowid FROM archive_search WHERE archive_search MATCH {query}"  # noqa: S608
    return f"{compiler.process(row_id, **options)} IN ({found})"


@compiles(HoldsGrams, "postgresql")
def _by_vector(element: HoldsGrams, compiler: SQLCompiler, **options: Any) -> str:
    _row_id, text, vector, *_rest = element.clauses
    text_sql, vector_sql = (compiler.process(part, **options) for part in (text, vector))
    return f"archive_grams({text_sql}) @@ CAST({vector_sql} AS tsquery)"
