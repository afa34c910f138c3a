"""Forms with files: parts are read as they come, files go to disk and never into memory."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import ClientDisconnect, Request

from app.errors import Invalid
from app.files.incoming import Incoming, Received, TooLarge, Writing

MAX_PARTS = 50
MAX_FILES = 10
MAX_FIELDS = 1_000_000
# What stands around the files of a form: boundaries, headers, fields.
OVERHEAD = MAX_FIELDS + 100_000
# A client that sends nothing for so long is given up.
SILENCE_SECONDS = 60.0
MULTIPART = "multipart/form-data"


@dataclass(slots=True)
class Form:
    """The parts of a form by name. A field that comes twice keeps its first value."""

    fields: dict[str, str] = field(default_factory=dict)
    files: dict[str, Received] = field(default_factory=dict)


def is_form(request: Request) -> bool:
    """Whether the request says that it carries a form with files."""
    kind = request.headers.get("content-type", "").split(";")[0]
    return kind.strip().lower() == MULTIPART


@asynccontextmanager
async def read_form(request: Request, incoming: Incoming) -> AsyncIterator[Form]:
    """The form in a request; its files are on disk until the block ends.

    Raises `Invalid` for what is no form, `TooLarge` beyond the limit of all files together.
    """
    limit = incoming.limit + OVERHEAD
    declared = request.headers.get("content-length", "0")
    if declared.isdigit() and int(declared) > limit:
        raise TooLarge(f"The files of a form have at most {incoming.limit} bytes.", field="file")
    async with AsyncExitStack() as stack:
        reading = _Reading(_boundary(request), incoming, stack)
        size = 0
        async for chunk in _chunks(request):
            size += len(chunk)
            if size > limit:
                raise TooLarge(
                    f"The files of a form have at most {incoming.limit} bytes.", field="file"
                )
            await reading.feed(chunk)
        yield reading.finish()


def _boundary(request: Request) -> bytes:
    _, parameters = parse_options_header(request.headers.get("content-type", ""))
    boundary = parameters.get(b"boundary", b"")
    if not 0 < len(boundary) <= 200:
        raise Invalid("The form names no boundary.")
    return boundary


async def _chunks(request: Request) -> AsyncIterator[bytes]:
    stream = request.stream()
    try:
        while True:
            async with asyncio.timeout(SILENCE_SECONDS):
                chunk = await anext(stream, None)
            if chunk is None:
                return
            yield chunk
    except (ClientDisconnect, TimeoutError):
        raise Invalid("The form ended too early.") from None


class _Reading:
    """One form on its way in. The parser says what it found; then that is written down."""

    def __init__(self, boundary: bytes, incoming: Incoming, stack: AsyncExitStack) -> None:
        self._incoming = incoming
        self._stack = stack
        self._form = Form()
        self._found: list[tuple[str, bytes]] = []
        self._parts = self._field_bytes = 0
        self._complete = False
        self._part = _Part()
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._mark("part"),
                "on_header_field": self._give("field"),
                "on_header_value": self._give("value"),
                "on_header_end": self._mark("header"),
                "on_part_data": self._give("data"),
                "on_part_end": self._mark("part end"),
                "on_end": self._mark("end"),
            },
        )

    def _mark(self, what: str) -> Callable[[], None]:
        return lambda: self._found.append((what, b""))

    def _give(self, what: str) -> Callable[[bytes, int, int], None]:
        return lambda data, start, end: self._found.append((what, data[start:end]))

    async def feed(self, chunk: bytes) -> None:
        """Take the next bytes."""
        try:
            self._parser.write(chunk)
        except MultipartParseError as error:
            raise Invalid("The form is broken.") from error
        found, self._found = self._found, []
        for what, data in found:
            if what == "data":
                await self._data(data)
            elif what == "part end":
                await self._end()
            elif what == "part":
                self._begin()
            elif what == "end":
                self._complete = True
            else:
                self._part.hear(what, data)

    def finish(self) -> Form:
        """The whole form."""
        if not self._complete:
            raise Invalid("The form ended too early.")
        return self._form

    def _begin(self) -> None:
        self._parts += 1
        if self._parts > MAX_PARTS:
            raise Invalid(f"A form has at most {MAX_PARTS} parts.")
        self._part = _Part()

    async def _data(self, data: bytes) -> None:
        part = self._part
        if not part.is_file:
            self._field_bytes += len(data)
            if self._field_bytes > MAX_FIELDS:
                raise Invalid(f"The fields of a form have at most {MAX_FIELDS} bytes.")
            part.text += data
            return
        await (await self._writing(part)).write(data)

    async def _writing(self, part: _Part) -> Writing:
        if part.writing is None:
            if len(self._form.files) >= MAX_FILES:
                raise Invalid(f"A form has at most {MAX_FILES} files.")
            path = await self._stack.enter_async_context(self._incoming.place())
            part.writing = Writing(path, self._incoming.limit)
            self._stack.callback(part.writing.close)
        return part.writing

    async def _end(self) -> None:
        part = self._part
        if not part.is_file:
            try:
                self._form.fields.setdefault(part.name, part.text.decode())
            except UnicodeDecodeError:
                raise Invalid("This is no text in UTF-8.", field=part.name) from None
            return
        writing = await self._writing(part)
        self._form.files.setdefault(part.name, await writing.finish(part.filename or ""))


class _Part:
    """One part of a form; with a file name it is a file."""

    def __init__(self) -> None:
        self.name = ""
        self.filename: str | None = None
        self.text = bytearray()
        self.writing: Writing | None = None
        self._field = self._value = b""

    @property
    def is_file(self) -> bool:
        """Whether the part is a file."""
        return self.filename is not None

    def hear(self, what: str, data: bytes) -> None:
        """A piece of a header, or its end."""
        if what == "field":
            self._field += data
        elif what == "value":
            self._value += data
        else:
            if self._field.lower() == b"content-disposition":
                _, said = parse_options_header(self._value)
                self.name = said.get(b"name", b"").decode("utf-8", "replace")
                filename = said.get(b"filename")
                self.filename = None if filename is None else filename.decode("utf-8", "replace")
            self._field = self._value = b""
