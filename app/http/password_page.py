"""The page of a forgotten password: asks for a link, and sets a new password by one."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from app.accounts.passwords import MIN_LENGTH
from app.accounts.self_service import RESET_PATH, SelfService
from app.errors import DomainError, Invalid, RateLimited
from app.http.form_bodies import read_form
from app.pages import forms


def routes(service: SelfService) -> list[BaseRoute]:
    """Shown by GET, with the token of a link or without; answered by POST."""

    async def show(request: Request) -> Response:
        return _form(request.query_params.get("token", ""))

    async def answer(request: Request) -> Response:
        token = ""
        try:
            given = await read_form(request)
            token = given.get("token", "")
            address = request.client.host if request.client else ""
            if not token:
                await service.request_reset(given.get("email", ""), address)
                return forms.message("Look into your mail", _SENT)
            await service.reset_password(token, given.get("password", ""), address)
        except DomainError as error:
            return _refused(error, token)
        return forms.message("Done", "Your password is changed. Every sign-in has ended.")

    return [
        Route(path, endpoint, methods=[method])
        for path in (RESET_PATH, f"{RESET_PATH}/")
        for method, endpoint in (("GET", show), ("POST", answer))
    ]


_SENT = "If there is such an account, a link is on its way. It works for an hour, once."


def _form(token: str, refused: str | None = None, status: int = 200) -> Response:
    if not token:
        return forms.page("password_ask", status=status, refused=refused, path=RESET_PATH)
    return forms.page(
        "password_set",
        status=status,
        refused=refused,
        path=RESET_PATH,
        token=token,
        shortest=MIN_LENGTH,
    )


def _refused(error: DomainError, token: str) -> Response:
    if isinstance(error, RateLimited):
        refused = forms.message("Wait a little", error.message, 429)
        refused.headers["Retry-After"] = str(error.retry_after)
        return refused
    if not isinstance(error, Invalid):
        return forms.message("Try again later", error.message, 503)
    # A link that is spent leads back to where a new one is asked for.
    return _form(token if error.field == "password" else "", error.message, 422)
