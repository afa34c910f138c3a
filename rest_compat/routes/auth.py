"""Signing in and out. Answers are bare; credentials are checked by the accounts alone."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from app.accounts.models import Scope
from app.accounts.tokens import TokenPair
from app.runtime import Runtime
from rest_compat.dialects.batchivo import BATCHIVO
from rest_compat.routes import answers, shapes
from rest_compat.table import Caller, Parameter, Rate, Route, Row, Source
from rest_compat.values import Secret, Text

Data = Mapping[str, Any]
_Route = partial(Route, dialect=BATCHIVO, section="Auth")
_PASSWORD = Secret(1024)


def _field(name: str, kind: Any, description: str) -> Parameter:
    return Parameter(name, kind, name, Source.BODY, required=True, description=description)


def _tokens(pair: TokenPair) -> dict[str, Any]:
    return {
        "access_token": pair.access_token,
        "refresh_token": pair.refresh_token,
        "token_type": "bearer",
        "expires_in": pair.expires_in,
    }


async def _sign_in(runtime: Runtime, caller: Caller, data: Data) -> Data:
    pair = await runtime.accounts.sign_in(data["email"], data["password"], caller.address)
    return _tokens(pair)


async def _refresh(runtime: Runtime, _caller: Caller, data: Data) -> Data:
    return _tokens(await runtime.accounts.refresh(data["refresh_token"]))


async def _sign_out(runtime: Runtime, _caller: Caller, data: Data) -> Data:
    await runtime.accounts.sign_out(data["refresh_token"])
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
            _field("email", Text(320, form="email"), "E-mail."),
            _field("password", _PASSWORD, "Password."),
        ),
        service=_sign_in,
        shape=dict,
        answer=answers.TOKENS,
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
        shape=dict,
        answer=answers.TOKENS,
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
    ),
)
