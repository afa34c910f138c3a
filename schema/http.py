"""GraphQL over HTTP, server-sent events and WebSocket at one address.

Follows the GraphQL over HTTP specification: a request that is no GraphQL request is 4xx, one that
asks for `application/graphql-response+json` gets 400 when nothing was executed, and one that asks
for plain JSON gets 200 with the errors inside. Only JSON bodies are read, which no page of another
origin can send without being asked first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import Receive, Scope, Send
from strawberry.asgi import GraphQL
from strawberry.exceptions import MissingQueryError
from strawberry.http import GraphQLRequestData, process_result
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.subscriptions import (
    GRAPHQL_SSE_PROTOCOL,
    GRAPHQL_TRANSPORT_WS_PROTOCOL,
)
from strawberry.types.execution import PreExecutionError
from strawberry.types.graphql import OperationType

from app import pages
from app.accounts.viewer import Viewer
from app.errors import DomainError, RateLimited, Unauthenticated, Unavailable
from app.runtime import Runtime
from schema import schema
from schema.context import Context
from schema.guards import Guards
from schema.limits import MAX_NESTING, nesting
from schema.sockets import SocketHandler

MAX_BODY = 1_048_576
RESPONSE_JSON = "application/graphql-response+json"
PLAIN_JSON = "application/json"
EVENT_STREAM = "text/event-stream"
_BY_METHOD = {
    "GET": {OperationType.QUERY},
    "POST": {OperationType.QUERY, OperationType.MUTATION},
}
_STATUS: tuple[tuple[type[DomainError], int], ...] = (
    (Unauthenticated, 401),
    (RateLimited, 429),
    (Unavailable, 503),
)


class Refused(Exception):
    """The request is no GraphQL request that can be answered here."""

    def __init__(self, status: int, message: str, code: str = "BAD_REQUEST") -> None:
        super().__init__(message)
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


class GraphQLEndpoint(GraphQL[Any, None]):
    """Strawberry's view with this server's sign-in, limits, negotiation and sockets."""

    graphql_transport_ws_handler_class = SocketHandler

    def __init__(self, runtime: Runtime) -> None:
        super().__init__(
            schema,
            graphql_ide=None,
            subscription_protocols=(GRAPHQL_TRANSPORT_WS_PROTOCOL, GRAPHQL_SSE_PROTOCOL),
            allowed_origins=runtime.settings.cors_origins,
        )
        self.runtime = runtime
        self.guards = Guards(runtime.hub)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await super().__call__(scope, receive, send)
            return
        request = Request(scope, receive)
        response = await self._respond(request)
        await response(scope, receive, send)

    async def get_context(self, request: Any, response: Any) -> Any:
        """Sockets make their context when they are signed in."""
        return {"websocket": request}

    def encode_json(self, data: object) -> str:
        return orjson.dumps(data).decode()

    def decode_json(self, data: str | bytes) -> object:
        return orjson.loads(data)

    async def _respond(self, request: Request) -> Response:
        if _wants_page(request):
            return pages.graphiql_page()
        media_type = PLAIN_JSON
        headers: dict[str, str] = {}
        try:
            accepted = Accepted.by(request)
            media_type = accepted.media_type
            viewer = await self._sign_in(request)
            limit = await self.runtime.limiter.hit("graphql", viewer.credential)
            headers = limit.headers() if limit else {}
            if limit and limit.retry_after is not None:
                raise Refused(429, "Too many requests, try again later.", "RATE_LIMITED")
            response = await self._execute(request, accepted, viewer)
        except Refused as refused:
            response = _problem(media_type, refused.status, refused.message, refused.code)
            if refused.status == 405:
                response.headers["Allow"] = "POST"
        except DomainError as error:
            status = next((code for kind, code in _STATUS if isinstance(error, kind)), 500)
            response = _problem(media_type, status, error.message, error.code)
            if status == 401:
                response.headers["WWW-Authenticate"] = 'Bearer realm="spoolgraph"'
        response.headers.update(headers)
        return response

    async def _sign_in(self, request: Request) -> Viewer:
        return await self.runtime.accounts.authenticate(
            api_key=request.headers.get("x-api-key"),
            authorization=request.headers.get("authorization"),
        )

    async def _execute(self, request: Request, accepted: Accepted, viewer: Viewer) -> Response:
        asked = await _read(request)
        context = Context(
            runtime=self.runtime,
            viewer=viewer,
            request_id=request.state.request_id,
            address=request.client.host if request.client else "",
        )
        if accepted.events:
            return await self._stream(request, asked, context)
        try:
            result = await schema.execute(
                asked.query,
                variable_values=asked.variables,
                context_value=context,
                operation_name=asked.operation_name,
                allowed_operation_types=_BY_METHOD[request.method],
            )
        except InvalidOperationTypeError as error:
            raise _not_allowed(error, request.method) from None
        except (CannotGetOperationTypeError, MissingQueryError):
            raise Refused(400, "There is no operation of this name in the document.") from None
        unexecuted = isinstance(result, PreExecutionError) and accepted.media_type == RESPONSE_JSON
        body: Any = process_result(result)
        if isinstance(result, PreExecutionError) and accepted.media_type == RESPONSE_JSON:
            body.pop("data", None)
        return Response(
            orjson.dumps(body), status_code=400 if unexecuted else 200, headers=_typed(accepted)
        )

    async def _stream(
        self, request: Request, asked: GraphQLRequestData, context: Context
    ) -> Response:
        """Answer with server-sent events, distinct connections mode."""
        context.guard = self.guards.guard(context.viewer)
        result: Any = await schema.stream(
            asked.query,
            variable_values=asked.variables,
            context_value=context,
            operation_name=asked.operation_name,
            allowed_operation_types=_BY_METHOD[request.method] | {OperationType.SUBSCRIPTION},
        )
        sub_response = await self.get_sub_response(request)
        return await self._create_streaming_response(request, result, "sse", sub_response)


def _wants_page(request: Request) -> bool:
    return (
        request.method == "GET"
        and "query" not in request.query_params
        and "text/html" in request.headers.get("accept", "")
    )


def _typed(accepted: Accepted) -> dict[str, str]:
    return {"content-type": f"{accepted.media_type}; charset=utf-8"}


def _problem(media_type: str, status: int, message: str, code: str) -> Response:
    body = {"errors": [{"message": message, "extensions": {"code": code}}]}
    return Response(
        orjson.dumps(body),
        status_code=status,
        headers={"content-type": f"{media_type}; charset=utf-8"},
    )


def _not_allowed(error: InvalidOperationTypeError, method: str) -> Refused:
    if error.operation_type is OperationType.SUBSCRIPTION:
        return Refused(400, "Subscriptions run over WebSocket or with Accept: text/event-stream.")
    return Refused(405, f"A {error.operation_type.value} is not allowed by {method}.")


async def _read(request: Request) -> GraphQLRequestData:
    """The operation in a request; raises `Refused`."""
    if request.method == "GET":
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
    if nesting(query) > MAX_NESTING:
        raise Refused(400, f"The document is nested deeper than {MAX_NESTING} levels.")
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


def routes(runtime: Runtime) -> list[BaseRoute]:
    """`/graphql` for HTTP and WebSocket, with and without a slash at the end."""
    endpoint = GraphQLEndpoint(runtime)
    found: list[BaseRoute] = []
    for path in ("/graphql", "/graphql/"):
        found.append(Route(path, endpoint, methods=["GET", "POST"]))
        found.append(WebSocketRoute(path, endpoint))
    return found
