"""OAuth 2.0 over HTTP: the pages people see, and the endpoints applications call."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any
from urllib.parse import unquote_plus

import orjson
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from app.accounts.limits import address_identity
from app.errors import DomainError, Invalid, NotFound, RateLimited, Unauthenticated, Unavailable
from app.http.form_bodies import FORM, read_form, read_text
from app.oauth.requests import READ, SCOPES, WRITE, OAuthError, address, source_of
from app.oauth.service import Consent, Refusal
from app.pages import forms
from app.runtime import Runtime

AUTHORIZE, CONSENT, TOKEN, REVOKE = (
    f"/oauth/{name}" for name in ("authorize", "consent", "token", "revoke")
)
METADATA = "/.well-known/oauth-authorization-server"
NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}
WORDS = {
    READ: "See printers, prints, spools and everything else of your team",
    WRITE: "Change it and control printers, as far as you may yourself (but no keys and no people)",
}
Endpoint = Callable[[Runtime, Request], Awaitable[Response]]


def routes(runtime: Runtime) -> list[BaseRoute]:
    """Every path with and without a slash at its end."""
    served: tuple[tuple[str, str, Endpoint], ...] = (
        ("GET", AUTHORIZE, _show),
        ("POST", AUTHORIZE, _sign_in),
        ("POST", CONSENT, _decide),
        ("POST", TOKEN, _token),
        ("POST", REVOKE, _revoke),
        ("GET", METADATA, _metadata),
    )
    return [
        Route(spelling, partial(endpoint, runtime), methods=[method])
        for method, path, endpoint in served
        for spelling in (path, f"{path}/")
    ]


async def _show(runtime: Runtime, request: Request) -> Response:
    """Who asks, and the form to sign in."""
    given = dict(request.query_params)
    try:
        name, _asked = await runtime.oauth.check(given)
    except (NotFound, Refusal, Unavailable) as error:
        return _refused(runtime, request, error)
    return _sign_in_page(request, name)


def _sign_in_page(
    request: Request, name: str, refused: str | None = None, status: int = 200
) -> Response:
    action = f"{AUTHORIZE}?{request.url.query}"
    return forms.page("sign_in", status=status, refused=refused, client=name, action=action)


async def _sign_in(runtime: Runtime, request: Request) -> Response:
    """The consent page for whoever knows the password."""
    given = dict(request.query_params)
    try:
        name, _asked = await runtime.oauth.check(given)
    except (NotFound, Refusal, Unavailable) as error:
        return _refused(runtime, request, error)
    try:
        form = await read_form(request)
        email, password = form.get("email", ""), form.get("password", "")
        consent = await runtime.oauth.sign_in(given, email, password, _address(request))
    except (Unauthenticated, RateLimited, Invalid) as error:
        status = 429 if isinstance(error, RateLimited) else 400
        return _sign_in_page(request, name, error.message, status)
    except DomainError as error:
        return _refused(runtime, request, error)
    return _consent_page(consent)


def _consent_page(consent: Consent) -> Response:
    asked = consent.asked
    return forms.page(
        "consent",
        sends_to=f"'self' {source_of(asked.redirect_uri)}",
        consent=consent,
        wishes=[WORDS[scope] for scope in asked.scopes],
        target=source_of(asked.redirect_uri),
    )


async def _decide(runtime: Runtime, request: Request) -> Response:
    """Back to the application, with a code or with the refusal."""
    try:
        form = await read_form(request)
        ticket = form.get("ticket", "")
        asked = runtime.oauth.asked_in(ticket)
        issuer = _issuer(runtime, request)
        if form.get("decision") != "allow":
            told = {"error": "access_denied", "error_description": "The person said no."}
            return _back(address(asked.redirect_uri, asked.state, **told, iss=issuer))
        code = await runtime.oauth.allow(ticket, form.get("team"))
    except DomainError as error:
        return _refused(runtime, request, error)
    return _back(address(asked.redirect_uri, asked.state, code=code, iss=issuer))


def _back(url: str) -> Response:
    headers = {**NO_STORE, "Referrer-Policy": "no-referrer"}
    return RedirectResponse(url, status_code=303, headers=headers)


def _refused(runtime: Runtime, request: Request, error: Exception) -> Response:
    """Told to the application where its address is known, otherwise to the person."""
    if isinstance(error, Refusal):
        told = {"error": error.error.code, "error_description": error.error.description}
        issuer = _issuer(runtime, request)
        return _back(address(error.redirect_uri, error.state, **told, iss=issuer))
    status = 503 if isinstance(error, Unavailable) else 400
    return forms.message("This does not work", str(error), status)


async def _token(runtime: Runtime, request: Request) -> Response:
    return await _endpoint(runtime, request, runtime.oauth.token)


async def _revoke(runtime: Runtime, request: Request) -> Response:
    return await _endpoint(runtime, request, runtime.oauth.revoke)


async def _endpoint(runtime: Runtime, request: Request, work: Any) -> Response:
    """A form or JSON in, JSON out; a client that guesses is slowed down."""
    basic = None
    try:
        basic = _basic(request)
        body = await work(await _fields(request), basic)
    except OAuthError as error:
        status, told = error.status, {"error": error.code, "error_description": error.description}
        limited = await _slowed(runtime, request, error)
        if limited is not None:
            return limited
    except Invalid as error:
        status, told = 400, {"error": "invalid_request", "error_description": error.message}
    except DomainError as error:
        told = {"error": "temporarily_unavailable", "error_description": error.message}
        status = 503
    else:
        return Response(orjson.dumps(body), media_type="application/json", headers=NO_STORE)
    challenge = {"WWW-Authenticate": 'Basic realm="spoolgraph"'} if status == 401 else {}
    return _json(told, status, challenge)


async def _slowed(runtime: Runtime, request: Request, error: OAuthError) -> Response | None:
    if error.code not in ("invalid_client", "invalid_grant"):
        return None
    try:
        await runtime.limiter.require("refused.address", address_identity(_address(request)))
    except RateLimited as limited:
        told = {"error": "slow_down", "error_description": limited.message}
        return _json(told, 429, {"Retry-After": str(limited.retry_after)})
    return None


def _json(body: Any, status: int, headers: dict[str, str]) -> Response:
    return Response(
        orjson.dumps(body),
        status_code=status,
        media_type="application/json",
        headers=NO_STORE | headers,
    )


async def _fields(request: Request) -> dict[str, str]:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == FORM:
        return await read_form(request)
    if kind != "application/json":
        raise Invalid(f"The body must be {FORM} or application/json.")
    try:
        body = orjson.loads(await read_text(request))
    except orjson.JSONDecodeError:
        raise Invalid("The body is not JSON.") from None
    if not isinstance(body, dict) or not all(isinstance(value, str) for value in body.values()):
        raise Invalid("The body must be an object of texts.")
    return body


def _basic(request: Request) -> tuple[str, str] | None:
    """Client and secret in the header, each form-encoded (RFC 6749, 2.3.1)."""
    kind, _, value = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "basic":
        return None
    try:
        name, separator, secret = base64.b64decode(value, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        separator = ""
    if not separator:
        raise OAuthError("invalid_client", "The Authorization header cannot be read.", 401)
    return unquote_plus(name), unquote_plus(secret)


async def _metadata(runtime: Runtime, request: Request) -> Response:
    """RFC 8414."""
    issuer = _issuer(runtime, request)
    found = {
        "issuer": issuer,
        "authorization_endpoint": issuer + AUTHORIZE,
        "token_endpoint": issuer + TOKEN,
        "revocation_endpoint": issuer + REVOKE,
        "scopes_supported": list(SCOPES),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": [
            "client_secret_basic",
            "client_secret_post",
            "none",
        ],
        "revocation_endpoint_auth_methods_supported": [
            "client_secret_basic",
            "client_secret_post",
            "none",
        ],
        "authorization_response_iss_parameter_supported": True,
    }
    return Response(orjson.dumps(found), media_type="application/json")


def _issuer(runtime: Runtime, request: Request) -> str:
    given = runtime.settings.public_url
    return (given or f"{request.url.scheme}://{request.url.netloc}").rstrip("/")


def _address(request: Request) -> str:
    return request.client.host if request.client else ""
