"""The index of routes finds what Starlette's walk along all of them finds."""

from __future__ import annotations

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.types import Receive, Scope, Send

from app.http.routing import LeanStarlette


async def _tell(request: Request) -> Response:
    return JSONResponse([request.scope["route"].path, request.path_params])


async def _anything(scope: Scope, receive: Receive, send: Send) -> None:
    await JSONResponse([scope["method"], scope["path_params"]])(scope, receive, send)


class _Plain:
    """An endpoint that answers every method."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await _anything(scope, receive, send)


@pytest.fixture
def client() -> httpx.AsyncClient:
    """A client of an application with routes of every kind."""
    app = LeanStarlette(
        routes=[
            Route("/", _tell),
            Route("/things", _tell, methods=["GET"]),
            Route("/things", _plain_post, methods=["POST"]),
            Route("/things/{id}", _tell),
            Route("/things/new", _tell),
            Route("/things/{id}/parts/{part}", _tell),
            Route("/things/new/{other}", _tell),
            Route("/files/{path:path}", _tell),
            Route("/graph", _Plain()),
            Mount("/static", routes=[Route("/{name}", _tell)]),
        ]
    )
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://farm")


async def _plain_post(request: Request) -> Response:
    return JSONResponse("posted")


@pytest.mark.parametrize(
    ("path", "route", "variables"),
    [
        ("/", "/", {}),
        ("/things", "/things", {}),
        ("/things/7", "/things/{id}", {"id": "7"}),
        ("/things/a%20b%C3%A9", "/things/{id}", {"id": "a bé"}),
        ("/things/new", "/things/new", {}),
        ("/things/7/parts/8", "/things/{id}/parts/{part}", {"id": "7", "part": "8"}),
        ("/things/new/parts", "/things/new/{other}", {"other": "parts"}),
        # A name that leads nowhere is a variable after all.
        ("/things/new/parts/8", "/things/{id}/parts/{part}", {"id": "new", "part": "8"}),
        ("/files/a/b/c", "/files/{path:path}", {"path": "a/b/c"}),
    ],
)
async def test_the_route_of_a_path_is_found(
    client: httpx.AsyncClient, path: str, route: str, variables: dict[str, str]
) -> None:
    """With its variables; names go before variables."""
    assert (await client.get(path)).json() == [route, variables]


async def test_methods_lead_to_their_own_routes(client: httpx.AsyncClient) -> None:
    """HEAD is GET; one that no route has is 405 with those there are."""
    assert (await client.post("/things")).json() == "posted"
    assert (await client.head("/things")).status_code == 200
    refused = await client.delete("/things/7")
    assert (refused.status_code, set(refused.headers["allow"].split(", "))) == (
        405,
        {"GET", "HEAD"},
    )
    for method in ("GET", "PUT", "OPTIONS"):
        assert (await client.request(method, "/graph")).json() == [method, {}]


@pytest.mark.parametrize("path", ["/nothing", "/things/7/parts", "/static/a/b"])
async def test_what_is_not_there_is_not_found(client: httpx.AsyncClient, path: str) -> None:
    """404, wherever the path leaves the known ones."""
    answer = await client.get(path)
    assert (answer.status_code, answer.text) == (404, "Not Found")
