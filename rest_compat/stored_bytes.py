"""Stored bytes as answers: whole, in part, or not at all when the client has them already.

Conditional and range requests as RFC 9110 describes them (sections 13 and 14). Of several ranges
at once the whole is sent, as that document allows.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from email.utils import format_datetime, parsedate_to_datetime
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from app.files.download import Download
from app.files.storage import Storage
from app.http.tags import REVALIDATED, matches

_RANGE = re.compile(r"bytes\s*=\s*(\d{0,18})\s*-\s*(\d{0,18})", re.IGNORECASE)
OCTETS = "application/octet-stream"


async def stored_bytes(
    storage: Storage, found: Download, request: Request, media_type: str
) -> Response:
    """The answer to a GET or HEAD for a stored content; raises `NotFound` when it is gone."""
    tag = f'"{found.sha256[:32]}"'
    headers = {
        "ETag": tag,
        "Last-Modified": format_datetime(found.modified, usegmt=True),
        "Cache-Control": REVALIDATED,
        "Accept-Ranges": "bytes",
        "X-Content-Type-Options": "nosniff",
    }
    if matches(request.headers.get("if-none-match"), tag):
        return Response(status_code=304, headers=headers)
    if found.filename is not None:
        headers["Content-Disposition"] = _disposition(found.filename)
    start, end, status = 0, found.size, 200
    asked = request.headers.get("range")
    if asked is not None and _is_still(request.headers.get("if-range"), tag, found):
        part = part_of(asked, found.size)
        if part is not None:
            start, end = part
            if start == end:
                headers["Content-Range"] = f"bytes */{found.size}"
                return Response(status_code=416, headers=headers)
            status = 206
            headers["Content-Range"] = f"bytes {start}-{end - 1}/{found.size}"
    headers["Content-Length"] = str(end - start)
    if request.method == "HEAD":
        return Response(status_code=status, headers=headers, media_type=media_type)
    body = await _begun(storage.chunks(found.key, start, end))
    return StreamingResponse(body, status_code=status, headers=headers, media_type=media_type)


async def _begun(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The same bytes, the first of them read already, so that a refusal can still be told."""
    first = await anext(chunks, b"")

    async def all_of_them() -> AsyncIterator[bytes]:
        yield first
        async for chunk in chunks:
            yield chunk

    return all_of_them()


def part_of(asked: str, size: int) -> tuple[int, int] | None:
    """The bytes a `Range` asks for, from and up to; nothing of them when none are there.

    None when it is not one plain range, which means all of them.
    """
    plain = _RANGE.fullmatch(asked.strip())
    if plain is None or plain.groups() == ("", ""):
        return None
    first, last = plain.groups()
    if not first:
        return max(0, size - int(last)), size
    if last and int(last) < int(first):
        return None
    end = min(int(last) + 1, size) if last else size
    return (int(first), end) if int(first) < end else (size, size)


def _is_still(given: str | None, tag: str, found: Download) -> bool:
    """Whether `If-Range`, a tag or a time, is of the content as it is now."""
    if given is None or given.strip() == tag:
        return True
    try:
        moment = parsedate_to_datetime(given)
    except ValueError:
        return False
    return moment.tzinfo is not None and moment == found.modified.replace(microsecond=0)


def _disposition(filename: str) -> str:
    """To be saved under this name (RFC 6266), in letters every client reads and in its own."""
    plain = re.sub(r"[^A-Za-z0-9 ._()+-]", "_", filename)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(filename, safe='')}"
