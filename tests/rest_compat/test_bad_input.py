"""Whatever is sent to any route: the documented error of its dialect, and nothing changed."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import text

from app.accounts.viewer import Viewer
from app.database import EVERY_TEAM
from rest_compat.problems import Problem
from rest_compat.routes import ROWS
from rest_compat.table import Parameter, Row, Source
from rest_compat.values import RowId
from tests.farm import make_print, make_printer
from tests.running import KEY, RunningServer, eventually, running

pytestmark = pytest.mark.asyncio(loop_scope="module")

JSON = "application/json"
NO_IDS = ("abc", "-1", "0", "1.5", str(2**31), str(2**63), "9" * 400, "%00", "%F0%9F%96%A8", "null")
NOT_JSON = (b"{", b"[" * 50_000, b"\xff\xfe", b"[]", b'"text"', b"null", b"a=1&b=2", b"NaN")
TOO_LARGE = b'{"name": "' + b"x" * 30_000_000 + b'"}'
ANYTHING: tuple[Any, ...] = (
    None,
    True,
    -1,
    10**30,
    1.5,
    "",
    "\x00",
    "\ud83d",
    [],
    [None],
    {},
    [[1]],
)
ANY_QUERY = ("", "-1", "1e400", "9" * 40, "%00", "x" * 3_000, "2024-13-45", "[]", "\u2028")
WITH_BODY = ("POST", "PUT", "PATCH")
BAMBUDDY = [row for row in ROWS if row.dialect.name == "Bambuddy"]
# Written in the background, whatever is asked.
BESIDE = {
    "api_keys",
    "farm_events",
    "file_fetches",
    "printer_leases",
    "printer_snapshots",
    "server_processes",
    "usage_hours",
    "work_leases",
}


def _named(rows: list[Row] | tuple[Row, ...]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("row", rows, ids=lambda row: f"{row.method} {row.full_path}")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningServer]:
    """One server for all rows; what its owner has has the id 1, a stranger's 2."""
    async with running(tmp_path_factory.mktemp("stock")) as started:
        for key in (KEY, await started.stranger()):
            await _fill(started, key)
        await eventually(lambda: _is_quiet(started), 60)
        yield started


async def _fill(server: RunningServer, key: str) -> None:
    viewer: Viewer = await server.runtime.accounts.authenticate(api_key=key, authorization=None)
    archive = await make_print(
        server.runtime.database, await make_printer(server.runtime.database, viewer)
    )
    client = server.client(key)
    for path, body in (
        ("/projects", {"name": "Kept"}),
        ("/queue", {"archive_id": archive.id}),
        ("/webhooks", {"url": "https://example.com/hook"}),
    ):
        assert (await client.post(f"/api/v1{path}", json=body)).status_code == 201


async def _is_quiet(server: RunningServer) -> bool:
    async with server.runtime.database.read(EVERY_TEAM) as session:
        return await session.scalar(text("SELECT count(*) FROM file_fetches")) == 0


async def _content(server: RunningServer) -> dict[str, list[Any]]:
    """Every row of every table."""
    async with server.runtime.database.read(EVERY_TEAM) as session:
        names = await session.scalars(
            text(
                "SELECT name FROM sqlite_master WHERE type = 'table'"
                # The index of the search has no rows of its own to read.
                " AND name NOT LIKE 'archive_search%' ORDER BY name"
            )
        )
        return {
            name: [tuple(row) for row in await session.execute(text(f'SELECT * FROM "{name}"'))]  # noqa: S608
            for name in names.all()
            if name not in BESIDE
        }


def _path(row: Row, value: str = "1") -> str:
    path = row.full_path
    for parameter in row.of(Source.PATH):
        path = path.replace(f"{{{parameter.name}}}", value)
    return path


def _refused(answer: httpx.Response, status: int, code: str, field: str | None = None) -> None:
    asked = (answer.request.method, str(answer.request.url)[:200], answer.request.content[:200])
    assert answer.status_code == status, (asked, answer.text)
    if answer.request.method == "HEAD":
        return
    told = answer.json()
    assert told["code"] == code, (asked, told)
    assert field is None or field in told["detail"], (asked, told)


def _wrong(parameter: Parameter) -> Iterator[Any]:
    """Values of a body that a parameter never takes."""
    yield {"a": {"b": []}}
    if not parameter.nullable:
        yield None
    schema = parameter.kind.schema()
    if schema.get("type") == "string":
        yield from (7, True, [], "\x00")
        if "maxLength" in schema:
            yield "x" * (schema["maxLength"] + 1)
        if schema.get("minLength"):
            yield from ("", "   ")
    elif schema.get("type") == "integer":
        yield from ("x", 1.5, True, [])
        if not isinstance(parameter.kind, RowId):
            yield from (schema["minimum"] - 1, schema["maximum"] + 1, 2**63, 10**30)
    elif schema.get("type") == "array":
        yield from (7, "x", [None], [{}], [[1]])


def _good(row: Row) -> dict[str, Any]:
    return {
        parameter.name: parameter.example if parameter.example is not None else 1
        for parameter in row.of(Source.BODY)
        if parameter.required
    }


@_named([row for row in BAMBUDDY if row.of(Source.PATH)])
async def test_ids_that_nothing_has(server: RunningServer, row: Row) -> None:
    """404, whether no row can have it, none has it, or a row of another team."""
    before = await _content(server)
    client = server.client()
    body = {"json": _good(row)} if row.method in WITH_BODY else {}
    for value in (*NO_IDS, "2", "77"):
        answer = await client.request(row.method, _path(row, value), **body)  # type: ignore[arg-type]
        _refused(answer, 404, "NOT_FOUND")
    assert await _content(server) == before


@_named([row for row in BAMBUDDY if row.of(Source.BODY)])
async def test_bodies_that_are_wrong(server: RunningServer, row: Row) -> None:
    """No JSON, JSON that is no object, the wrong type of content, too much of it; each field left
    out, mistyped, outside its range, too long: told by its name."""
    before = await _content(server)
    client, path, good = server.client(), _path(row), _good(row)

    async def send(content: bytes, kind: str = JSON) -> httpx.Response:
        headers = {"Content-Type": kind}
        return await client.request(row.method, path, content=content, headers=headers)

    for content in NOT_JSON:
        _refused(await send(content), 400, "VALIDATION_ERROR")
    _refused(await send(TOO_LARGE), 413, "PAYLOAD_TOO_LARGE")
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
        _refused(await send(json.dumps(good).encode(), kind), 415, "UNSUPPORTED_MEDIA_TYPE")
    for parameter in row.of(Source.BODY):
        if parameter.required:
            rest = {name: value for name, value in good.items() if name != parameter.name}
            answer = await send(json.dumps(rest).encode())
            _refused(answer, 400, "VALIDATION_ERROR", parameter.name)
        for value in _wrong(parameter):
            answer = await send(json.dumps(good | {parameter.name: value}).encode())
            _refused(answer, 400, "VALIDATION_ERROR", parameter.name)
        if isinstance(parameter.kind, RowId):
            for value in (0, -1, 2, 77, 2**31, 2**63):
                answer = await send(json.dumps(good | {parameter.name: value}).encode())
                _refused(answer, 404, "NOT_FOUND")
    assert await _content(server) == before


@_named([row for row in BAMBUDDY if row.of(Source.QUERY)])
async def test_queries_that_are_wrong(server: RunningServer, row: Row) -> None:
    """Told by the parameter's name."""
    client = server.client()
    for parameter in row.of(Source.QUERY):
        schema = parameter.kind.schema()
        if schema.get("type") == "string" and "maxLength" in schema:
            wrong = ["%00", "x" * (schema["maxLength"] + 1)]
        else:
            wrong = ["nonsense", "1e400", "-1", "%00"]
        for value in wrong:
            answer = await client.request(row.method, f"{_path(row)}?{parameter.name}={value}")
            _refused(answer, 400, "VALIDATION_ERROR", parameter.name)


@_named(ROWS)
async def test_no_request_breaks_the_server(server: RunningServer, row: Row) -> None:
    """Of no dialect: below 500, and a refusal has the dialect's form."""
    client, good = server.client(), _good(row)
    path = _path(row, "77")
    asked: list[tuple[str, dict[str, Any]]] = [
        (f"{path}?{parameter.name}={value}", {})
        for parameter in row.of(Source.QUERY)
        for value in ANY_QUERY
    ]
    if row.method in WITH_BODY:
        headers = {"Content-Type": JSON}
        asked += [(path, {"content": content, "headers": headers}) for content in NOT_JSON]
        asked += [
            (path, {"content": json.dumps(good | {parameter.name: value}), "headers": headers})
            for parameter in row.of(Source.BODY)
            for value in ANYTHING
        ]
    asked += [(_path(row, value), {}) for value in NO_IDS if row.of(Source.PATH)]
    form = row.dialect.write_problem(Problem("x", "x"), "req_1").keys() - {"errors"}
    for url, given in asked:
        answer = await client.request(row.method, url, **given)
        assert answer.status_code < 500, (url[:200], str(given)[:300], answer.text)
        if answer.status_code >= 400 and row.method != "HEAD":
            assert answer.json().keys() >= form, answer.text
