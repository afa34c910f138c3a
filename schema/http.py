"""GraphQL over HTTP, server-sent events and WebSocket at one address.

Follows the GraphQL over HTTP specification: a request that is no GraphQL request is 4xx, one that
asks for `application/graphql-response+json` gets 400 when nothing was executed, and one that asks
for plain JSON gets 200 with the errors inside. Bodies are JSON, or forms with files that carry a
header no form sets by itself: a page of another origin sends neither without being asked first.
"""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import Any

import orjson
from graphql import OperationDefinitionNode
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import Receive, Scope, Send
from strawberry.asgi import GraphQL
from strawberry.http import process_result
from strawberry.subscriptions import (
    GRAPHQL_SSE_PROTOCOL,
    GRAPHQL_TRANSPORT_WS_PROTOCOL,
)
from strawberry.types.execution import PreExecutionError
from strawberry.types.graphql import OperationType

from app import pages
from app.accounts.authentication import NO_CREDENTIAL
from app.accounts.limits import address_identity
from app.accounts.viewer import Viewer
from app.errors import DomainError, NotFound, RateLimited, Unauthenticated, Unavailable
from app.files.incoming import TooLarge
from app.http.multipart import is_form
from app.http.quick import QuickRequest, QuickResponse
from app.http.tags import REVALIDATED, matches, tag_of
from app.runtime import Runtime
from schema import open_operations, patience, schema
from schema.context import OPERATION_SECONDS, UPLOAD_SECONDS, Context
from schema.documents import Prepared, kind_of
from schema.following.groups import Groups
from schema.guards import Guards, while_valid
from schema.known_documents import KnownDocuments, Unknown
from schema.requests import (
    PLAIN_JSON,
    READING,
    RESPONSE_JSON,
    Accepted,
    Asked,
    Refused,
    read,
    read_with_files,
    wants_page,
)
from schema.signing_in import signed_in
from schema.sockets import SocketHandler

INIT_WAIT = timedelta(seconds=10)
MAX_OPERATIONS_PER_SOCKET = 100
METHODS = ("GET", "HEAD", "POST")
# Bytes of an answer that buffers take at once.
SHORT = 65_536
NOT_ALLOWED = "METHOD_NOT_ALLOWED"
_KINDS = {kind: f"{kind}; charset=utf-8".encode() for kind in (PLAIN_JSON, RESPONSE_JSON)}
_READING = frozenset({OperationType.QUERY})
_WRITING = frozenset({OperationType.QUERY, OperationType.MUTATION})
_STATUS: tuple[tuple[type[DomainError], int], ...] = (
    (Unauthenticated, 401),
    (NotFound, 404),
    (TooLarge, 413),
    (RateLimited, 429),
    (Unavailable, 503),
)


class GraphQLEndpoint(GraphQL[Any, None]):
    """Strawberry's view with this server's sign-in, limits, negotiation and sockets."""

    graphql_transport_ws_handler_class = SocketHandler

    def __init__(self, runtime: Runtime) -> None:
        super().__init__(
            schema,
            graphql_ide=None,
            subscription_protocols=(GRAPHQL_TRANSPORT_WS_PROTOCOL, GRAPHQL_SSE_PROTOCOL),
            connection_init_wait_timeout=INIT_WAIT,
            max_subscriptions_per_connection=MAX_OPERATIONS_PER_SOCKET,
            allowed_origins=runtime.settings.cors_origins,
        )
        self.runtime = runtime
        self.guards = Guards(runtime.hub)
        self.documents = KnownDocuments.of(runtime.settings)
        self.groups = Groups(schema.graphql)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await patience.serve(super().__call__, scope, receive, send)
            return
        response = await self._respond(QuickRequest(scope, receive))
        if isinstance(response, QuickResponse) and len(response.body) <= SHORT:
            await response(scope, receive, send)  # nobody waits for the reader of so little
        else:
            await patience.serve(response, scope, receive, send)

    async def get_context(self, request: Any, response: Any) -> Any:
        """Sockets make their context when they are signed in."""
        return {"websocket": request}

    def encode_json(self, data: object) -> str:
        return orjson.dumps(data).decode()

    def decode_json(self, data: str | bytes) -> object:
        return orjson.loads(data)

    async def _respond(self, request: QuickRequest) -> Response:
        if wants_page(request):
            return pages.graphiql_page()
        media_type = PLAIN_JSON
        headers: dict[str, str] = {}
        counted: list[tuple[bytes, bytes]] = []
        try:
            if request.method not in METHODS:
                allow = ", ".join(METHODS)
                raise Refused(405, f"Use one of {allow}.", NOT_ALLOWED, allow=allow)
            accepted = Accepted.by(request.headers.get("accept"))
            media_type = accepted.media_type
            viewer = await self._sign_in(request)
            if viewer is None:
                response = await self._execute_open(request, accepted)
            else:
                self.runtime.usage.count_call(viewer.team_id)
                limit = await self.runtime.limiter.hit("graphql", viewer.credential)
                counted = limit.headers() if limit else []
                if limit and limit.retry_after is not None:
                    raise Refused(429, "Too many requests, try again later.", "RATE_LIMITED")
                response = await self._execute(request, accepted, viewer)
        except Refused as refused:
            response = _problem(media_type, refused.status, refused.message, refused.code)
            headers |= {"Allow": refused.allow} if refused.allow else {}
        except DomainError as error:
            status = next((code for kind, code in _STATUS if isinstance(error, kind)), 500)
            response = _problem(media_type, status, error.message, error.code)
            if status == 401:
                headers["WWW-Authenticate"] = 'Bearer realm="spoolgraph"'
            if isinstance(error, RateLimited):
                headers["Retry-After"] = str(error.retry_after)
        if headers:
            response.headers.update(headers)
        response.raw_headers.extend(counted)
        return response

    async def _sign_in(self, request: QuickRequest) -> Viewer | None:
        """Who asks; None without any credential, which a few operations do not need."""
        try:
            return await signed_in(self.runtime.accounts, request.headers)
        except Unauthenticated:
            address = address_identity(request.address)
            await self.runtime.limiter.require("refused.address", address)
            if request.method == "POST" and not open_operations.carries_credential(request):
                return None
            raise

    async def _execute_open(self, request: QuickRequest, accepted: Accepted) -> Response:
        """Run an operation that needs no credential; whatever else is asked is 401."""
        address = request.address
        asked = None
        if not is_form(request):  # files of nobody are not even read
            with suppress(Refused):
                asked = await read(request)
        text = "" if asked is None else self._text(asked, None, accepted)
        if asked is not None and open_operations.may_be_open(text):
            prepared = schema.prepare(text)
            operation = None if prepared.problems else prepared.operation(asked.operation_name)
            if open_operations.is_open(operation) and not accepted.events:
                nobody = open_operations.nobody(address)
                context = self._context(request, nobody, OPERATION_SECONDS)
                return await self._run(prepared, asked, accepted, context)
        raise Unauthenticated(NO_CREDENTIAL)

    async def _execute(self, request: QuickRequest, accepted: Accepted, viewer: Viewer) -> Response:
        if request.method in READING or not is_form(request):
            context = self._context(request, viewer, OPERATION_SECONDS)
            return await self._answer(request, accepted, context, await read(request))
        context = self._context(request, viewer, UPLOAD_SECONDS)
        async with read_with_files(request, self.runtime.files.incoming) as asked:
            return await self._answer(request, accepted, context, asked)

    async def _answer(
        self, request: QuickRequest, accepted: Accepted, context: Context, asked: Asked
    ) -> Response:
        allowed = _READING if request.method in READING else _WRITING
        if accepted.events:
            allowed |= {OperationType.SUBSCRIPTION}
        text = self._text(asked, context.viewer, accepted)
        prepared = schema.prepare(text)
        if not prepared.problems:
            _require_allowed(prepared.operation(asked.operation_name), allowed, request.method)
        if accepted.events:
            return await self._stream(request, text, asked, context)
        response = await self._run(prepared, asked, accepted, context)
        return _tagged(request, response) if request.method in READING else response

    def _text(self, asked: Asked, viewer: Viewer | None, accepted: Accepted) -> str:
        try:
            return self.documents.text(asked, viewer)
        except Unknown as unknown:
            strict = accepted.media_type == RESPONSE_JSON  # where nothing unexecuted is a 200
            status = 400 if strict and unknown.status == 200 else unknown.status
            raise Refused(status, str(unknown), unknown.code) from None

    def _context(self, request: QuickRequest, viewer: Viewer, seconds: float) -> Context:
        return Context(
            runtime=self.runtime,
            viewer=viewer,
            request_id=request.request_id,
            address=request.address,
            seconds=seconds,
        )

    async def _run(
        self, prepared: Prepared, asked: Asked, accepted: Accepted, context: Context
    ) -> Response:
        result = await schema.run(prepared, asked.operation_name, asked.variables, context)
        body: Any = process_result(result)
        status = 200
        if isinstance(result, PreExecutionError):
            body.pop("data", None)
            if accepted.media_type == RESPONSE_JSON:
                status = _unexecuted_status(result)
        return QuickResponse(orjson.dumps(body), status, _KINDS[accepted.media_type])

    async def _stream(
        self, request: QuickRequest, text: str, asked: Asked, context: Context
    ) -> Response:
        """Answer with server-sent events, distinct connections mode."""
        guard = context.guard = self.guards.guard(context.viewer, self._recheck(request))
        await guard.check()  # it may have been revoked a moment before it was watched
        results = await schema.stream(
            text,
            variable_values=asked.variables,
            context_value=context,
            operation_name=asked.operation_name,
        )
        valid: Any = while_valid(guard, results)
        return await self._create_streaming_response(
            request, valid, "sse", await self.get_sub_response(request)
        )

    def _recheck(self, request: Request) -> Callable[[], Awaitable[Viewer]]:
        return partial(signed_in, self.runtime.accounts, request.headers)


def _tagged(request: Request, response: Response) -> Response:
    """An answer to GET, with a tag; the client that has it already gets nothing but that."""
    if response.status_code != 200:
        return response
    tag = tag_of(bytes(response.body))
    headers = {"ETag": tag, "Cache-Control": REVALIDATED}
    if matches(request.headers.get("if-none-match"), tag):
        return Response(status_code=304, headers=headers)
    response.headers.update(headers)
    return response


def _require_allowed(
    operation: OperationDefinitionNode | None, allowed: frozenset[OperationType], method: str
) -> None:
    if operation is None:
        raise Refused(400, "There is no single operation of this name in the document.")
    kind = kind_of(operation)
    if kind in allowed:
        return
    if kind is OperationType.SUBSCRIPTION:
        raise Refused(400, "Subscriptions run over WebSocket or with Accept: text/event-stream.")
    raise Refused(405, f"A {kind.value} is not allowed by {method}.", NOT_ALLOWED, allow="POST")


def _unexecuted_status(result: PreExecutionError) -> int:
    codes = {(error.extensions or {}).get("code") for error in result.errors or ()}
    return 503 if codes & {"TIMEOUT", Unavailable.code} else 400


def _problem(media_type: str, status: int, message: str, code: str) -> Response:
    body = {"errors": [{"message": message, "extensions": {"code": code}}]}
    return QuickResponse(orjson.dumps(body), status, _KINDS[media_type])


def routes(runtime: Runtime) -> list[BaseRoute]:
    """`/graphql` for HTTP and WebSocket, with and without a slash at the end."""
    endpoint = GraphQLEndpoint(runtime)
    found: list[BaseRoute] = []
    for path in ("/graphql", "/graphql/"):
        found.append(Route(path, endpoint))
        found.append(WebSocketRoute(path, endpoint))
    return found
