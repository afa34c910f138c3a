"""The page behind the link of an invitation."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from app.accounts.invitations import PATH
from app.errors import DomainError, NotFound, RateLimited, Unavailable
from app.http.form_bodies import read_form
from app.pages import forms
from app.runtime import Runtime


def routes(runtime: Runtime) -> list[BaseRoute]:
    """Shown by GET, accepted by POST."""

    async def show(request: Request) -> Response:
        return await _page(runtime, request.query_params.get("token", ""))

    async def accept(request: Request) -> Response:
        token = ""
        try:
            given = await read_form(request)
            token = given.get("token", "")
            address = request.client.host if request.client else ""
            team = await runtime.invitations.accept(
                token, given.get("password", ""), given.get("name"), address
            )
        except (NotFound, Unavailable) as error:
            return _unusable(error)
        except DomainError as error:
            status = 429 if isinstance(error, RateLimited) else 400
            return await _page(runtime, token, refused=error.message, status=status)
        return forms.message("Welcome", f"You are in {team.name} now and can sign in.")

    return [
        Route(path, endpoint, methods=[method])
        for path in (PATH, f"{PATH}/")
        for method, endpoint in (("GET", show), ("POST", accept))
    ]


async def _page(
    runtime: Runtime, token: str, refused: str | None = None, status: int = 200
) -> Response:
    try:
        found = await runtime.invitations.show(token)
    except (NotFound, Unavailable) as error:
        return _unusable(error)
    return forms.page("invitation", status=status, refused=refused, invitation=found, token=token)


def _unusable(error: DomainError) -> Response:
    status = 503 if isinstance(error, Unavailable) else 404
    return forms.message("This link does not work", error.message, status)
