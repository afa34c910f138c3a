"""Reading GraphQL requests: what is one, what form of answer it asks for, what is refused."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import orjson
from starlette.requests import ClientDisconnect, Request

from app.errors import Invalid
from app.files.incoming import Incoming, Received
from app.http.multipart import MULTIPART, Form, read_form
from app.http.quick import QuickRequest
from app.records import record
from schema.limits import objection

MAX_BODY = 1_048_576
RESPONSE_JSON = "application/graphql-response+json"
PLAIN_JSON = "application/json"
EVENT_STREAM = "text/event-stream"
READING = ("GET", "HEAD")
# What a request can say its operation by.
NAMING = frozenset({"query", "documentId", "extensions"})
# A page of another origin sends none of these without being asked first whether it may; a form
# sends no header of its own at all.
SENT_BY_NO_FORM = (
    "graphql-require-preflight",
    "apollo-require-preflight",
    "x-requested-with",
    "x-api-key",
    "authorization",
)


class Refused(Exception):
    """The request is no GraphQL request that can be answered here."""

    def __init__(
        self, status: int, message: str, code: str = "BAD_REQUEST", *, allow: str | None = None
    ) -> None:
        super().__init__(message)
        self.allow = allow
        self.status = status
        self.message = message
        self.code = code


@record
class Accepted:
    """What form of answer the client takes."""

    media_type: str
    events: bool

    @classmethod
    @lru_cache(200)
    def by(cls, accept: str | None) -> Accepted:
        """The best form this server has for a request with this `Accept`."""
        wanted = (accept or "*/*").lower()
        if EVENT_STREAM in wanted:
            return cls(PLAIN_JSON, events=True)
        if RESPONSE_JSON in wanted:
            return cls(RESPONSE_JSON, events=False)
        if any(item in wanted for item in ("*/*", "application/*", PLAIN_JSON)):
            return cls(PLAIN_JSON, events=False)
        raise Refused(406, f"This server answers with {RESPONSE_JSON} or {PLAIN_JSON}.")


@dataclass(slots=True)
class Asked:
    """An operation as it was asked for: by its text, or by what names the text."""

    query: str | None
    variables: dict[str, Any] | None = None
    operation_name: str | None = None
    document_id: str | None = None
    extensions: dict[str, Any] | None = None


def wants_page(request: Request) -> bool:
    """Whether a browser opens the address, rather than a program."""
    return (
        request.method in READING
        and not request.query_params.keys() & NAMING
        and "text/html" in request.headers.get("accept", "")
    )


async def read(request: QuickRequest) -> Asked:
    """The operation in a request that is no form; raises `Refused`."""
    if request.method in READING:
        return _asked(_from_query(request))
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type != PLAIN_JSON:
        raise Refused(415, f"Send {PLAIN_JSON} or {MULTIPART}.", "UNSUPPORTED_MEDIA_TYPE")
    return _asked(_json(await _body(request), "The body"))


@asynccontextmanager
async def read_with_files(request: Request, incoming: Incoming) -> AsyncIterator[Asked]:
    """The operation in a form; raises `Refused`. Its files are there until the block ends."""
    if not any(name in request.headers for name in SENT_BY_NO_FORM):
        raise Refused(400, "A multipart request needs the header GraphQL-Require-Preflight.")
    try:
        async with read_form(request, incoming) as form:
            asked = _asked(_json(form.fields.get("operations", "").encode(), "`operations`"))
            put_files(asked, form)
            yield asked
    except Invalid as error:
        raise Refused(400, error.message) from None


def asked_of(data: Any) -> Asked:
    """The operation that a request or a socket's message asks for; raises `Refused`."""
    if not isinstance(data, dict):
        raise Refused(400, "A GraphQL request is a JSON object.")
    query, extensions = data.get("query"), data.get("extensions")
    for name in ("variables", "extensions"):
        if not isinstance(data.get(name), dict | None):
            raise Refused(400, f"`{name}` must be an object.")
    for name in ("operationName", "documentId"):
        if not isinstance(data.get(name), str | None):
            raise Refused(400, f"`{name}` must be a text.")
    named = bool(data.get("documentId") or (extensions or {}).get("persistedQuery"))
    if not isinstance(query, str) and (query is not None or not named):
        raise Refused(400, "`query` must be a text.")
    return Asked(
        query=query,
        variables=data.get("variables"),
        operation_name=data.get("operationName"),
        document_id=data.get("documentId") or None,
        extensions=extensions,
    )


def _asked(data: Any) -> Asked:
    asked = asked_of(data)
    if asked.query is not None and not asked.query.strip():
        raise Refused(400, "`query` must be a text.")
    against = objection(asked.query or "", asked.variables)
    if against is not None:
        raise Refused(400, against)
    return asked


def put_files(asked: Asked, form: Form) -> None:
    """Put the files of a form where its `map` says, in place of the nulls there."""
    places = _json(form.fields.get("map", "").encode(), "`map`")
    if not isinstance(places, dict):
        raise Refused(400, "`map` must be an object.")
    for name, paths in places.items():
        if name not in form.files:
            raise Refused(400, f"There is no file {name} in the form.")
        if not isinstance(paths, list) or not all(isinstance(path, str) for path in paths):
            raise Refused(400, "`map` must hold lists of texts.")
        for path in paths:
            _put(asked.variables or {}, path, form.files[name])


def _put(variables: dict[str, Any], path: str, file: Received) -> None:
    first, *steps = path.split(".")
    place: Any = variables
    try:
        if first != "variables":
            raise KeyError(first)
        for step in steps[:-1]:
            place = place[int(step) if isinstance(place, list) else step]
        last: Any = int(steps[-1]) if isinstance(place, list) else steps[-1]
        if place[last] is not None:
            raise KeyError(last)
        place[last] = file
    except (LookupError, ValueError, TypeError):
        raise Refused(400, f"`map` names {path}, where no null stands.") from None


def _from_query(request: Request) -> dict[str, Any]:
    data: dict[str, Any] = dict(request.query_params)
    for name in ("variables", "extensions"):
        if name in data:
            data[name] = _json(data[name].encode(), f"`{name}`") if data[name] else None
    return data


def _json(text: bytes, what: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        raise Refused(400, f"{what} is not valid JSON.") from None


async def _body(request: QuickRequest) -> bytes:
    try:
        found = await request.read(MAX_BODY)
    except ClientDisconnect:
        raise Refused(400, "The body ended too early.") from None
    if found is None:
        raise Refused(413, f"A body has at most {MAX_BODY} bytes.", "PAYLOAD_TOO_LARGE")
    return found
