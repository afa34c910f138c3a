"""The page of a forgotten password: asks for a link, and sets a new password by one.

It needs no script, so it works wherever a mail is read. What it is sent is never logged.
"""

from __future__ import annotations

from html import escape
from pathlib import Path
from string import Template
from urllib.parse import parse_qs

from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from app.accounts.passwords import MIN_LENGTH
from app.accounts.self_service import RESET_PATH, SelfService
from app.errors import DomainError, Invalid, RateLimited
from app.pages import SECURITY_HEADERS

MAX_BODY = 8_192
_PAGE = Template((Path(__file__).parent / "templates" / "password.html").read_text("utf-8"))
_ASK = """<form method="post">
        <label for="email">E-mail</label>
        <input id="email" name="email" type="email" autocomplete="username" required autofocus />
        <button>Send me a link</button>
      </form>"""
_SET = """<form method="post" action="{path}">
        <input type="hidden" name="token" value="{token}" />
        <label for="password">New password</label>
        <input id="password" name="password" type="password" minlength="{shortest}"
          autocomplete="new-password" required autofocus />
        <button>Set the password</button>
      </form>"""


def routes(service: SelfService) -> list[BaseRoute]:
    """The page, with and without a slash at its end."""

    async def page(request: Request) -> Response:
        if request.method == "POST":
            return await _answer(service, request)
        token = request.query_params.get("token")
        return _set(token) if token else _ask()

    return [Route(path, page, methods=["GET", "POST"]) for path in (RESET_PATH, f"{RESET_PATH}/")]


async def _answer(service: SelfService, request: Request) -> Response:
    fields = await _fields(request)
    address = request.client.host if request.client else ""
    token = fields.get("token", "")
    try:
        if token:
            await service.reset_password(token, fields.get("password", ""), address)
            return _page("Done", "Your password is changed. Every sign-in has ended: sign in anew.")
        await service.request_reset(fields.get("email", ""), address)
        said = "If there is such an account, a link is on its way. It works for an hour, once."
        return _page("Look into your mail", said)
    except DomainError as error:
        return _refused(error, token)


def _refused(error: DomainError, token: str) -> Response:
    if isinstance(error, RateLimited):
        refused = _page("Wait a little", error.message, problem=True, status=429)
        refused.headers["Retry-After"] = str(error.retry_after)
        return refused
    if not isinstance(error, Invalid):
        return _page("Try again later", error.message, problem=True, status=503)
    if token and error.field == "password":
        return _set(token, error.message)
    return _ask(error.message)


def _set(token: str, problem: str | None = None) -> Response:
    form = _SET.format(path=RESET_PATH, token=escape(token), shortest=MIN_LENGTH)
    message = problem or f"{MIN_LENGTH} characters or more."
    return _page("Set a new password", message, form, problem=problem is not None)


def _ask(problem: str | None = None) -> Response:
    message = problem or "Tell your e-mail, and a link to set a new password is mailed to you."
    return _page("Forgotten password", message, _ASK, problem=problem is not None)


def _page(
    title: str, message: str, form: str = "", *, problem: bool = False, status: int | None = None
) -> Response:
    text = _PAGE.substitute(
        title=escape(title),
        message=escape(message),
        tone="problem" if problem else "",
        form=form,
    )
    headers = {**SECURITY_HEADERS, "Cache-Control": "no-store"}
    return HTMLResponse(text, status_code=status or (422 if problem else 200), headers=headers)


async def _fields(request: Request) -> dict[str, str]:
    """The fields of a form; nothing of a body that is too long."""
    received = bytearray()
    try:
        async for chunk in request.stream():
            received += chunk
            if len(received) > MAX_BODY:
                return {}
    except ClientDisconnect:
        return {}
    try:
        parsed = parse_qs(received.decode(), max_num_fields=10)
    except ValueError:
        return {}
    return {name: values[0] for name, values in parsed.items()}
