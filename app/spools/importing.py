"""Spools from a CSV table: read and checked as a whole, then added all at once or not at all.

The first line names the columns, as an export does; columns that are not known are passed over.
Fields are separated by commas, semicolons or tabs; where semicolons do it a comma may stand for the
decimal point, as spreadsheets write it in much of the world.
"""

from __future__ import annotations

import asyncio
import csv
import io
import re
from collections.abc import AsyncIterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from app.accounts.models import Scope
from app.accounts.viewer import Viewer
from app.database import ReadSession, WriteSession
from app.errors import Invalid
from app.files.incoming import TooLarge
from app.records import record
from app.spools import queries
from app.spools.fields import CHECKS, checked
from app.spools.models import Spool
from app.spools.service import NewSpool, create_spools

MAX_BYTES = 5_000_000
MAX_ROWS = 5_000
MAX_CELL = 32_768
# How columns are called, beside the names of the fields themselves.
NAMES: Mapping[str, str] = {
    "material_type": "material",
    "diameter_mm": "diameter",
    "net_weight_grams": "net_weight",
    "remaining_weight_grams": "remaining_weight",
    "spool_weight_grams": "spool_weight",
    "colour": "color",
}
REQUIRED = {"material": "material_type", "color": "color", "net_weight": "net_weight_grams"}
_NUMBERS = ("diameter", "net_weight", "remaining_weight", "spool_weight", "purchase_price")
_KNOWN = (*CHECKS, "id")
# What an export puts before a text that a spreadsheet would take for a formula.
_NEUTRALISED = re.compile(r"'(?=[=+\-@\t\r])")


@record
class LineError:
    """One cause why a line cannot be imported. Lines count from 1, the names of the columns;
    `column` is as the table calls it, None for the line as a whole."""

    line: int
    column: str | None
    message: str


_TOO_MANY = "This line has more cells than there are columns; quote text that holds separators."


@record
class Line:
    """A good line: where it stands, the spool in it, and the id it names."""

    number: int
    spool: NewSpool
    id: UUID | None


@record
class Sheet:
    """A table that was read: how many rows of data it has, the good ones, and what is bad."""

    rows: int
    lines: Sequence[Line]
    errors: Sequence[LineError]
    ignored: Sequence[str]


@record
class Imported:
    """What became of a table. With errors, or in a dry run, nothing was added."""

    rows: int
    spools: Sequence[Spool]
    errors: Sequence[LineError]
    ignored: Sequence[str]


async def read_sheet(chunks: AsyncIterable[bytes]) -> Sheet:
    """Read a CSV table off the event loop. Raises `TooLarge` when it is too long to be read."""
    content = bytearray()
    async for chunk in chunks:
        content += chunk
        if len(content) > MAX_BYTES:
            raise TooLarge(f"A table has at most {MAX_BYTES} bytes.", field="file")
    return await asyncio.to_thread(sheet_of, bytes(content))


async def problems(session: ReadSession | WriteSession, sheet: Sheet) -> list[LineError]:
    """All that stands in the way of a sheet, by line: what it says, and spools that exist."""
    there = await queries.by_ids(session, {line.id for line in sheet.lines if line.id is not None})
    said = "There is this spool already; empty its id to add another one."
    known = [LineError(line.number, "id", said) for line in sheet.lines if line.id in there]
    found = [*sheet.errors, *known]
    return sorted(found, key=lambda error: error.line)


async def check_sheet(session: ReadSession, viewer: Viewer, sheet: Sheet) -> Imported:
    """A dry run: what `import_sheet` would refuse, without changing anything."""
    viewer.require(Scope.INVENTORY)
    return Imported(sheet.rows, (), await problems(session, sheet), sheet.ignored)


async def import_sheet(session: WriteSession, viewer: Viewer, sheet: Sheet) -> Imported:
    """Add every spool of a sheet, or none of them when one line is bad."""
    viewer.require(Scope.INVENTORY)
    errors = await problems(session, sheet)
    if errors:
        return Imported(sheet.rows, (), errors, sheet.ignored)
    added = await create_spools(session, viewer, [line.spool for line in sheet.lines])
    return Imported(sheet.rows, added, (), sheet.ignored)


def sheet_of(content: bytes) -> Sheet:
    """The sheet in the bytes of a CSV table."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        number = content[: error.start].count(b"\n") + 1
        return _unreadable(number, "The table must be UTF-8.")
    if "\x00" in text:
        return _unreadable(text[: text.index("\x00")].count("\n") + 1, "This is no text.")
    records = _records(text)
    try:
        header = next(records, (1, []))
        return _read(header, records, decimal_comma=_delimiter(text) == ";")
    except _Broken as broken:
        return _unreadable(broken.line, f"This is no CSV: {broken}.")


def _unreadable(number: int, message: str) -> Sheet:
    return Sheet(0, (), (LineError(number, None, message),), ())


def _delimiter(text: str) -> str:
    first = text.partition("\n")[0]
    return max(",;\t", key=first.count)


class _Broken(Exception):
    """Quotes that do not match, for the most part; `line` is where the record begins."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


def _records(text: str) -> Iterator[tuple[int, list[str]]]:
    """Records that are not blank, each with the line it begins on."""
    source = io.StringIO(text, newline="")
    reader = csv.reader(source, delimiter=_delimiter(text), strict=True)
    begins = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield begins, cells
            begins = reader.line_num + 1
    except csv.Error as error:
        raise _Broken(str(error), begins) from None


def _read(
    header: tuple[int, list[str]],
    records: Iterator[tuple[int, list[str]]],
    *,
    decimal_comma: bool,
) -> Sheet:
    columns, errors, ignored = _columns(*header)
    lines: list[Line] = []
    rows = 0
    for number, cells in records:
        rows += 1
        if rows > MAX_ROWS:
            errors.append(LineError(number, None, f"A table has at most {MAX_ROWS} rows."))
            break
        if errors and errors[0].line == header[0]:
            continue  # without its columns no row can be read; they are only counted
        if any(cell.strip() for cell in cells[len(header[1]) :]):
            errors.append(LineError(number, None, _TOO_MANY))
            continue
        found = _line(number, cells, columns, decimal_comma=decimal_comma)
        if isinstance(found, Line):
            lines.append(found)
        else:
            errors += found
    if rows == 0 and not errors:
        errors.append(LineError(header[0], None, "The table has no rows."))
    return Sheet(rows, lines, errors, ignored)


def _columns(
    number: int, cells: list[str]
) -> tuple[dict[int, tuple[str, str]], list[LineError], list[str]]:
    """By place: the field and the column's own name; what is wrong; columns nobody knows."""
    columns: dict[int, tuple[str, str]] = {}
    errors: list[LineError] = []
    ignored: list[str] = []
    for place, cell in enumerate(cells):
        title = cell.strip()
        name = re.sub(r"[\s-]+", "_", title.lower())
        name = NAMES.get(name, name)
        if name not in _KNOWN:
            ignored += [title] if title else []
        elif name in {field for field, _title in columns.values()}:
            errors.append(LineError(number, title, "This column is there twice."))
        else:
            columns[place] = name, title
    there = {field for field, _title in columns.values()}
    errors += [
        LineError(number, title, "This column is missing.")
        for field, title in REQUIRED.items()
        if field not in there
    ]
    return columns, errors, ignored


def _line(
    number: int, cells: list[str], columns: dict[int, tuple[str, str]], *, decimal_comma: bool
) -> Line | list[LineError]:
    """The spool in a line, or everything that is wrong with it."""
    errors: list[LineError] = []
    given: dict[str, Any] = {}
    for place, (field, title) in columns.items():
        cell = cells[place] if place < len(cells) else ""
        try:
            value = _value(field, _NEUTRALISED.sub("", cell.strip(), count=1), decimal_comma)
        except ValueError as error:
            errors.append(LineError(number, title, str(error)))
            continue
        if value is None and field in REQUIRED:
            errors.append(LineError(number, title, "This must not be empty."))
        elif value is not None:
            given[field] = value
    spool_id = given.pop("id", None)
    try:
        checked(given)
    except Invalid as invalid:
        titles = dict(columns.values())
        errors += [LineError(number, titles[e.path[0]], e.message) for e in invalid.errors]
    if errors:
        return errors
    return Line(number, NewSpool(**given), spool_id)


def _value(field: str, cell: str, decimal_comma: bool) -> Any:
    """What a cell says; None when it is empty. Raises `ValueError` with words."""
    if not cell:
        return None
    if len(cell) > MAX_CELL:
        raise ValueError("This is too long.")
    if field in _NUMBERS:
        return _number(cell.replace(",", ".") if decimal_comma else cell)
    if field == "purchase_date":
        try:
            return date.fromisoformat(cell)
        except ValueError:
            raise ValueError("A date is written 2024-01-31.") from None
    if field == "id":
        try:
            return UUID(cell)
        except ValueError:
            raise ValueError("An id is a UUID; leave it empty for a new spool.") from None
    return cell


def _number(cell: str) -> Decimal:
    if not re.fullmatch(r"[+-]?[0-9]{1,20}(\.[0-9]{0,20})?", cell):
        raise ValueError("This is not a number.")
    return Decimal(cell)
