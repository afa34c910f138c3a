"""Turns rows into routes: the only logic of the façade.

Each path answers with and without a slash at its end. What no row serves is a problem in the form
of a dialect too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import orjson
import structlog
from starlette.datastructures import URL
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute
from starlette.routing import Route as StarletteRoute
from starlette.types import Receive, Scope, Send

from app.accounts.limits import address_identity
from app.accounts.viewer import Viewer
from app.camera.service import DEFAULT_FPS
from app.errors import DomainError, Unauthenticated
from app.http.quick import QuickRequest, QuickResponse
from app.http.tags import REVALIDATED, matches, tag_of
from app.runtime import Runtime
from rest_compat.acting import acting
from rest_compat.dialects import OF_PREFIX
from rest_compat.downloads import CSV, XLSX, download
from rest_compat.pictures import pictures
from rest_compat.problems import INTERNAL, STATUSES, Fault, Problem, invalid, not_found, of_domain
from rest_compat.reading import has_body, read_address, read_variables
from rest_compat.routes import ROWS
from rest_compat.running import Call
from rest_compat.stored_bytes import stored_bytes
from rest_compat.table import Asked, Dialect, File, Pictures, Route, Row, Stream
from schema.guards import Guards

log = structlog.get_logger(__name__)
JSON = "application/json"
_JSON = JSON.encode()
_AGAIN = (b"cache-control", REVALIDATED.encode())
EVERYTHING = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


def routes(runtime: Runtime) -> list[BaseRoute]:
    """Every documented route, and the dialect's own 404 for the rest of its prefix."""
    found: list[BaseRoute] = []
    guards = Guards(runtime.hub)
    for path, rows in _by_path(ROWS).items():
        endpoint = _Endpoint(runtime, guards, rows)
        for spelling in (path, f"{path}/"):
            found.append(StarletteRoute(spelling, endpoint, methods=EVERYTHING))
    for prefix, dialect in OF_PREFIX.items():
        no_such_path = partial(_no_such_path, dialect)
        for path in (prefix, f"{prefix}/{{path:path}}"):
            found.append(StarletteRoute(path, no_such_path, methods=EVERYTHING))
    return found


def hosted(hosts: Mapping[str, str]) -> dict[str, str]:
    """Where the paths of each host's dialect begin, by the host."""
    prefixes = {dialect.name.lower(): prefix for prefix, dialect in OF_PREFIX.items()}
    return {host: prefixes[name] for host, name in hosts.items()}


async def _no_such_path(dialect: Dialect, request: Request) -> Response:
    return _refusal(dialect, not_found("There is no such path."), request)


def _by_path(rows: Sequence[Row]) -> dict[str, dict[str, Row]]:
    """Rows by path and method, paths without a variable first."""
    grouped: dict[str, dict[str, Row]] = {}
    for row in sorted(rows, key=lambda item: "{" in item.path):
        grouped.setdefault(row.full_path, {})[row.method] = row
    return grouped


class _Endpoint:
    """All rows of one path."""

    def __init__(self, runtime: Runtime, guards: Guards, rows: dict[str, Row]) -> None:
        self._runtime = runtime
        self._guards = guards
        self._rows = rows
        self._with_body = {method for method, row in rows.items() if has_body(row)}
        methods = [*rows, *(["HEAD"] if "GET" in rows else []), "OPTIONS"]
        self._allow = ", ".join(sorted(methods))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer whatever method was used."""
        response = await self._answer(QuickRequest(scope, receive))
        await response(scope, receive, send)

    async def _answer(self, request: QuickRequest) -> Response:
        if request.method == "OPTIONS":
            return Response(status_code=204, headers={"Allow": self._allow})
        method = "GET" if request.method == "HEAD" else request.method
        row = self._rows.get(method)
        if row is None:
            dialect = next(iter(self._rows.values())).dialect
            problem = Problem(
                "METHOD_NOT_ALLOWED",
                f"{request.method} is not allowed here.",
                headers={"Allow": self._allow},
            )
            return _refusal(dialect, problem, request)
        exchange = _Exchange(self._runtime, self._guards, row, request)
        return await exchange.answer(with_body=method in self._with_body)


class _Exchange:
    """One request for one row."""

    def __init__(self, runtime: Runtime, guards: Guards, row: Row, request: QuickRequest) -> None:
        self._runtime = runtime
        self._guards = guards
        self._row = row
        self._request = request
        self._counted: list[tuple[bytes, bytes]] = []

    async def answer(self, *, with_body: bool) -> Response:
        """The row's answer, or the problem that stands in its way."""
        try:
            response = await self._answer(with_body)
        except Problem as problem:
            response = self._refusal(problem)
        except DomainError as error:
            response = self._refusal(of_domain(error, self._row.field_names))
        except Exception:
            log.exception("row failed", row=self._row.name)
            response = self._refusal(Problem(INTERNAL, "The server failed to answer; see its log."))
        response.raw_headers.extend(self._counted)
        return response

    def _refusal(self, problem: Problem) -> Response:
        return _refusal(self._row.dialect, problem, self._request, self._row)

    async def _answer(self, with_body: bool) -> Response:
        row = self._row
        viewer = None
        if row.scope is not None:
            viewer = await self._sign_in()
            self._runtime.usage.count_call(viewer.team_id)
            await self._limit(viewer)
            if row.dialect.spans_teams:
                viewer.require_somewhere(row.scope)
            else:
                viewer.require(row.scope)
        if not with_body:
            return await self._answer_to(viewer, read_address(row, self._request))
        incoming = self._runtime.files.incoming
        async with read_variables(row, self._request, incoming) as variables:
            return await self._answer_to(viewer, variables)

    async def _answer_to(self, viewer: Viewer | None, variables: dict[str, Any]) -> Response:
        row = self._row
        call = Call(self._runtime, row, viewer, self._request.address, self._request.request_id)
        if row.dialect.spans_teams:
            call = await acting(call, variables)
        if isinstance(row, Stream):
            return await download(row, call.pages(row, variables), self._kind())
        if isinstance(row, File):
            found = await call.download(row, variables)
            return await stored_bytes(
                self._runtime.files.storage, found, self._request, row.media_type
            )
        if isinstance(row, Pictures):
            return await self._pictures(row, call, variables)
        if not isinstance(row, Route):
            raise TypeError("a row is a Route, a Stream, a File or Pictures")
        if row.envelope is not None and row.envelope.ask is not None:
            row.envelope.ask(variables)
        data = await call.data(row, variables)
        status = row.status if row.status_of is None else row.status_of(data)
        if status == 204:
            return Response(status_code=204)
        body = row.shape(data)
        if row.envelope is not None:
            body = row.envelope.write(body, data, Asked(variables, self._url))
        return self._rendered(body, status)

    async def _pictures(self, row: Pictures, call: Call, variables: dict[str, Any]) -> Response:
        fps = variables.pop("fps", DEFAULT_FPS)
        found = await call.root(row.operation, variables)
        if call.viewer is None:
            raise RuntimeError("pictures need a viewer")
        call.viewer.require_camera(found["databaseId"])
        guard = self._guards.guard(call.viewer, self._sign_in)
        head = self._request.method == "HEAD"
        return await pictures(row, self._runtime, found["databaseId"], fps, guard, head=head)

    @property
    def _url(self) -> URL:
        """The address the client asked for, also where a host of a dialect moved it."""
        url = self._request.url
        return url.replace(path=self._request.scope.get("asked_path", url.path))

    async def _sign_in(self) -> Viewer:
        accounts, headers = self._runtime.accounts, self._request.headers
        key, authorization = headers.get("x-api-key"), headers.get("authorization")
        try:
            if isinstance(self._row, Pictures) and not (key or authorization):
                token = self._request.query_params.get("token")
                if token:
                    return await accounts.authenticate_camera(token)
            return await accounts.authenticate(api_key=key, authorization=authorization)
        except Unauthenticated:
            await self._runtime.limiter.require(
                "refused.address", address_identity(self._request.address)
            )
            raise

    async def _limit(self, viewer: Viewer) -> None:
        row = self._row
        if row.rate is None:
            return
        dialect = row.dialect
        state = await self._runtime.limiter.hit(
            dialect.limit_of(row.rate, viewer), dialect.identity(viewer)
        )
        if state is None:
            return
        self._counted = state.headers()
        if state.retry_after is not None:
            raise Problem("RATE_LIMITED", "Too many requests, try again later.")

    def _kind(self) -> str:
        kind = self._request.query_params.get("format", CSV)
        if kind not in (CSV, XLSX):
            raise invalid(Fault("format", f"must be one of {CSV}, {XLSX}"))
        return kind

    def _rendered(self, body: Any, status: int) -> Response:
        content = orjson.dumps(body)
        if self._request.method not in ("GET", "HEAD") or status != 200:
            return QuickResponse(content, status, _JSON)
        tag = tag_of(content)
        if matches(self._request.headers.get("if-none-match"), tag):
            headers = {"ETag": tag, "Cache-Control": REVALIDATED}
            return Response(status_code=304, headers=headers)
        return QuickResponse(content, status, _JSON, [(b"etag", tag.encode()), _AGAIN])


def _refusal(
    dialect: Dialect, problem: Problem, request: Request, row: Row | None = None
) -> Response:
    """A problem in the form of the dialect."""
    refusals = {} if row is None else row.refusals
    if problem.is_invalid:
        status, code = dialect.invalid
    elif problem.code in refusals:
        status, code = refusals[problem.code]
    else:
        code = dialect.codes.get(problem.code, problem.code)
        status = STATUSES.get(problem.code, 409)
    named = replace(problem, request_id=request.scope["state"]["request_id"])
    body = orjson.dumps(dialect.write_problem(named, code))
    headers = dict(problem.headers)
    return Response(body, status_code=status, media_type=JSON, headers=headers)
