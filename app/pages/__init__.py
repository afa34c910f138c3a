"""The pages people look at. Everything they need is served from here: they work offline."""

from __future__ import annotations

from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

STATIC = Path(__file__).parent / "static"
_YEAR = 31_536_000

SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self' ws: wss:; "
        "worker-src 'self' blob:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
}


class Assets(StaticFiles):
    """Built files. Their names carry a hash of their content, so they never change."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """A file that may be kept for a year."""
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = f"public, max-age={_YEAR}, immutable"
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response


def _page(name: str) -> Response:
    headers = {**SECURITY_HEADERS, "Cache-Control": "no-cache"}
    return FileResponse(STATIC / f"{name}.html", media_type="text/html", headers=headers)


def graphiql_page() -> Response:
    """The GraphQL explorer, for browsers that open `/graphql`."""
    return _page("graphiql")


def page_routes() -> list[BaseRoute]:
    """The landing page, the documentation of the REST routes, and the files of all pages."""

    def route(path: str, name: str) -> Route:
        async def show(_request: Request) -> Response:
            return _page(name)

        return Route(path, show, methods=["GET"], name=name)

    return [
        route("/", "index"),
        route("/docs", "docs"),
        route("/redoc", "redoc"),
        Mount("/assets", Assets(directory=STATIC / "assets", check_dir=False)),
    ]
