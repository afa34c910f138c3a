"""Tables as downloads: CSV page by page, XLSX through a temporary file off the event loop."""

from __future__ import annotations

import asyncio
import csv
import io
import os
import tempfile
from collections.abc import AsyncIterator, Iterable, Sequence
from pathlib import Path
from typing import Any

from starlette.background import BackgroundTask
from starlette.responses import FileResponse, Response, StreamingResponse

from rest_compat.table import Stream

CSV, XLSX = "csv", "xlsx"
MEDIA_TYPES = {
    CSV: "text/csv; charset=utf-8",
    XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
# A spreadsheet would run a text that begins like this as a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")

Pages = AsyncIterator[Any]


def neutral(cell: Any) -> Any:
    """A cell that no spreadsheet takes for a formula; numbers stay numbers."""
    if isinstance(cell, str) and cell.startswith(_FORMULA):
        return f"'{cell}"
    if isinstance(cell, bool):
        return "true" if cell else "false"
    return "" if cell is None else cell


async def download(row: Stream, pages: Pages, kind: str) -> Response:
    """The whole table as a file of its kind."""
    headers = {"Content-Disposition": f'attachment; filename="{row.filename}.{kind}"'}
    # The first page is read before anything is sent, so that a refusal can still be told.
    first = await anext(pages)
    if kind == CSV:
        body = _csv(row, first, pages)
        return StreamingResponse(body, media_type=MEDIA_TYPES[CSV], headers=headers)
    path = await _xlsx(row, first, pages)
    return FileResponse(
        path,
        media_type=MEDIA_TYPES[XLSX],
        headers=headers,
        background=BackgroundTask(path.unlink, missing_ok=True),
    )


async def _lines(row: Stream, first: Any, pages: Pages) -> AsyncIterator[list[list[Any]]]:
    yield [list(row.columns)]
    yield _cells(row.lines(first))
    async for page in pages:
        yield _cells(row.lines(page))


def _cells(lines: Iterable[Sequence[Any]]) -> list[list[Any]]:
    return [[neutral(cell) for cell in line] for line in lines]


async def _csv(row: Stream, first: Any, pages: Pages) -> AsyncIterator[str]:
    async for lines in _lines(row, first, pages):
        text = io.StringIO()
        csv.writer(text).writerows(lines)
        yield text.getvalue()


async def _xlsx(row: Stream, first: Any, pages: Pages) -> Path:
    with tempfile.NamedTemporaryFile(prefix="spoolgraph-", suffix=".xlsx", delete=False) as file:
        path = Path(file.name)
    import xlsxwriter  # not before a workbook

    book = xlsxwriter.Workbook(
        path,
        {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False},
    )
    sheet = book.add_worksheet(row.filename)
    number = 0
    try:
        async for lines in _lines(row, first, pages):
            await asyncio.to_thread(_write, sheet, number, lines)
            number += len(lines)
        await asyncio.to_thread(book.close)
    except BaseException:
        os.unlink(path)  # noqa: PTH108 - a moment's work, and the loop may be ending
        raise
    return path


def _write(sheet: Any, number: int, lines: list[list[Any]]) -> None:
    for offset, line in enumerate(lines):
        sheet.write_row(number + offset, 0, line)
