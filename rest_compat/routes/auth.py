"""Signing in and out. Answers are bare; credentials are checked by the accounts alone."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from app.accounts.models import Scope
from app.accounts.self_service import NewAccount
from app.accounts.tokens import TokenPair
from app.runtime import Runtime
from rest_compat.dialects.batchivo import BATCHIVO
from rest_compat.routes import answers, shapes
from rest_compat.table import Caller, Parameter, Rate, Route, Row, Source, body
from rest_compat.values import Secret, Text

Data = Mapping[str, Any]
_Route = partial(Route, dialect=BATCHIVO, section="Auth")
_PASSWORD = Secret(1024)


def _field(name: str, kind: Any, description: str) -> Parameter:
    return Parameter(name, kind, name, Source.BODY, required=True, description=description)


def _option(name: str, into: str, description: str) -> Parameter:
    kind = Text(200, empty=True)
    return Parameter(name, kind, into, Source.BODY, nullable=True, description=description)


def _tokens(pair: TokenPair) -> dict[str, Any]:
    return {
        "access_token": pair.access_token,
        "refresh_token": pair.refresh_token,
        "token_type": "bearer",
        "expires_in": pair.expires_in,
    }


async def _sign_in(runtime: Runtime, caller: Caller, data: Data) -> Data:
    pair = await runtime.accounts.sign_in(
        data["email"], data["password"], caller.address, data.get("team")
    )
    return _tokens(pair)


async def _refresh(runtime: Runtime, _caller: Caller, data: Data) -> Data:
    return _tokens(await runtime.accounts.refresh(data["refresh_token"]))


async def _sign_out(runtime: Runtime, _caller: Caller, data: Data) -> Data:
    await runtime.accounts.sign_out(data["refresh_token"])
    return {}


async def _sign_up(runtime: Runtime, caller: Caller, data: Data) -> Data:
    return _tokens(await runtime.self_service.sign_up(NewAccount(**data), caller.address))


async def _request_reset(runtime: Runtime, caller: Caller, data: Data) -> Data:
    await runtime.self_service.request_reset(data["email"], caller.address)
    return {}


async def _reset_password(runtime: Runtime, caller: Caller, data: Data) -> Data:
    await runtime.self_service.reset_password(data["token"], data["password"], caller.address)
    return {}


def _profile(data: Data) -> dict[str, Any]:
    user = data["user"]
    return {
        "id": user["uid"],
        "email": user["email"],
        "name": user["name"],
        "created_at": shapes.moment(user["createdAt"]),
        "tenant_id": data["team"]["uid"],
    }


_EMAIL = _field("email", Text(320, form="email"), "E-mail.")
_NEW_PASSWORD = _field("password", _PASSWORD, "The new password, 8 characters or more.")
_REFRESH_TOKEN = _field("refresh_token", _PASSWORD, "The refresh token of the sign-in.")

ROWS: tuple[Row, ...] = (
    _Route(
        method="POST",
        path="/auth/login",
        name="login",
        summary="Sign in with e-mail and password",
        rate=Rate.WRITE,
        scope=None,
        parameters=(
            _EMAIL,
            _field("password", _PASSWORD, "Password."),
            Parameter(
                "tenant_id",
                Text(36, form="uuid"),
                "team",
                Source.BODY,
                description="The team to act in, for people in several.",
            ),
        ),
        service=_sign_in,
        shape=dict,
        answer=answers.TOKENS,
        example=answers.TOKENS_EXAMPLE,
        request_example={"email": "user@example.com", "password": "your-password"},
    ),
    _Route(
        method="POST",
        path="/auth/refresh",
        name="refresh",
        summary="Exchange a refresh token for a new pair; the old one is spent",
        rate=Rate.WRITE,
        scope=None,
        parameters=(_REFRESH_TOKEN,),
        service=_refresh,
        request_example={"refresh_token": "sgr_..."},
        shape=dict,
        answer=answers.TOKENS,
        example=answers.TOKENS_EXAMPLE,
    ),
    _Route(
        method="POST",
        path="/auth/logout",
        name="logout",
        summary="End a sign-in everywhere",
        rate=Rate.WRITE,
        scope=None,
        parameters=(_REFRESH_TOKEN,),
        service=_sign_out,
        request_example={"refresh_token": "sgr_..."},
        shape=lambda _data: None,
        status=204,
    ),
    _Route(
        method="GET",
        path="/auth/me",
        name="me",
        summary="Who is signed in",
        rate=Rate.READ,
        scope=Scope.READ,
        operation="WhoAmI",
        shape=_profile,
        answer=answers.PROFILE,
        example=answers.PROFILE_EXAMPLE,
    ),
    _Route(
        method="POST",
        path="/auth/register",
        name="register",
        summary="Sign up with a team of one's own, where the server allows it",
        rate=Rate.WRITE,
        scope=None,
        parameters=(
            _EMAIL,
            _field("password", _PASSWORD, "Password, 8 characters or more."),
            _option("name", "name", "The person's name."),
            _option("tenant_name", "team_name", "What the new team is called."),
        ),
        service=_sign_up,
        shape=dict,
        answer=answers.TOKENS,
        example=answers.TOKENS_EXAMPLE,
        status=201,
        refusals={"FORBIDDEN": (403, "FORBIDDEN"), "CONFLICT": (409, "CONFLICT")},
        request_example={
            "email": "user@example.com",
            "password": "your-password",
            "name": "Ada",
            "tenant_name": "Ada's farm",
        },
    ),
    _Route(
        method="POST",
        path="/auth/change-password",
        name="change_password",
        summary="Change the password; other sign-ins end",
        rate=Rate.WRITE,
        scope=Scope.READ,
        parameters=(
            body("current_password", _PASSWORD, "currentPassword", "As it is.", required=True),
            body("password", _PASSWORD, "password", "As it shall be.", required=True),
        ),
        operation="ChangePassword",
        request_example={"current_password": "your-password", "password": "your-next-password"},
        shape=lambda _data: None,
        status=204,
    ),
    _Route(
        method="POST",
        path="/auth/forgot-password",
        name="request_password_reset",
        summary="Have a link mailed that sets a new password, if there is such an account",
        rate=Rate.WRITE,
        scope=None,
        parameters=(_EMAIL,),
        service=_request_reset,
        request_example={"email": "user@example.com"},
        shape=lambda _data: None,
        status=204,
    ),
    _Route(
        method="POST",
        path="/auth/reset-password",
        name="reset_password",
        summary="Set a new password by a mailed link",
        rate=Rate.WRITE,
        scope=None,
        parameters=(_field("token", _PASSWORD, "The token in the link."), _NEW_PASSWORD),
        service=_reset_password,
        request_example={"token": "token-of-the-link", "password": "your-next-password"},
        shape=lambda _data: None,
        status=204,
    ),
)
