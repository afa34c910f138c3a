"""Reading GraphQL requests: what is one, what form of answer it asks for, what is refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson
from starlette.requests import Request
from strawberry.http import GraphQLRequestData

from schema.limits import objection

MAX_BODY = 1_048_576
RESPONSE_JSON = "application/graphql-response+json"
PLAIN_JSON = "application/json"
EVENT_STREAM = "text/event-stream"
READING = ("GET", "HEAD")


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


@dataclass(frozen=True, slots=True)
class Accepted:
    """What form of answer the client takes."""

    media_type: str
    events: bool

    @classmethod
    def by(cls, request: Request) -> Accepted:
        """The best form this server has for the request's `Accept`."""
        wanted = request.headers.get("accept", "*/*").lower()
        if EVENT_STREAM in wanted:
            return cls(PLAIN_JSON, events=True)
        if RESPONSE_JSON in wanted:
            return cls(RESPONSE_JSON, events=False)
        if any(item in wanted for item in ("*/*", "application/*", PLAIN_JSON)) or not wanted:
            return cls(PLAIN_JSON, events=False)
        raise Refused(406, f"This server answers with {RESPONSE_JSON} or {PLAIN_JSON}.")


def wants_page(request: Request) -> bool:
    """Whether a browser opens the address, rather than a program."""
    return (
        request.method in READING
        and "query" not in request.query_params
        and "text/html" in request.headers.get("accept", "")
    )


async def read(request: Request) -> GraphQLRequestData:
    """The operation in a request; raises `Refused`."""
    if request.method in READING:
        data = _from_query(request)
    else:
        content_type = request.headers.get("content-type", "").split(";")[0].strip().lower()
        if content_type != PLAIN_JSON:
            raise Refused(415, f"Send {PLAIN_JSON}.", "UNSUPPORTED_MEDIA_TYPE")
        data = _json(await _body(request), "The body")
    if not isinstance(data, dict):
        raise Refused(400, "A GraphQL request is a JSON object.")
    query = data.get("query")
    if not isinstance(query, str) or not query.strip():
        raise Refused(400, "`query` must be a text.")
    for name in ("variables", "extensions"):
        if not isinstance(data.get(name), dict | None):
            raise Refused(400, f"`{name}` must be an object.")
    if not isinstance(data.get("operationName"), str | None):
        raise Refused(400, "`operationName` must be a text.")
    against = objection(query, data.get("variables"))
    if against is not None:
        raise Refused(400, against)
    return GraphQLRequestData(
        query=query,
        variables=data.get("variables"),
        operation_name=data.get("operationName"),
        extensions=data.get("extensions"),
    )


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


async def _body(request: Request) -> bytes:
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > MAX_BODY:
            raise Refused(413, f"A body has at most {MAX_BODY} bytes.", "PAYLOAD_TOO_LARGE")
        parts.append(part)
    return b"".join(parts)
