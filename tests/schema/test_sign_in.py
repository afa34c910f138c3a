"""Signing in through GraphQL needs no credential; everything else does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.running import EMAIL, PASSWORD, RunningServer, running

TOKENS = "tokens { accessToken refreshToken tokenType expiresIn } userErrors { code field }"
SIGN_IN = f"mutation($input: SignInInput!) {{ signIn(input: $input) {{ {TOKENS} }} }}"
REFRESH = f"mutation($input: RefreshTokenInput!) {{ refreshSignIn(input: $input) {{ {TOKENS} }} }}"
SIGN_OUT = "mutation($input: RefreshTokenInput!) { signOut(input: $input) { done } }"
ME = "{ viewer { user { email } } }"


async def _open(server: RunningServer, query: str, **given: Any) -> dict[str, Any]:
    """The payload of an operation that is sent without a credential."""
    body = {"query": query, "variables": {"input": given}}
    answer = await server.client(None).post("/graphql", json=body)
    assert answer.status_code == 200, answer.text
    (payload,) = answer.json()["data"].values()
    found: dict[str, Any] = payload
    return found


async def test_a_sign_in_from_beginning_to_end(server: RunningServer) -> None:
    """Sign in, use the token, exchange it, be caught using it twice, sign out."""
    wrong = await _open(server, SIGN_IN, email=EMAIL, password="wrong")
    assert wrong == {
        "tokens": None,
        "userErrors": [{"code": "INVALID_CREDENTIALS", "field": None}],
    }
    first = (await _open(server, SIGN_IN, email=EMAIL, password=PASSWORD))["tokens"]
    assert (first["tokenType"], first["expiresIn"]) == ("bearer", 1800)
    token = {"Authorization": f"Bearer {first['accessToken']}"}
    client = server.client(None)
    me = await client.post("/graphql", json={"query": ME}, headers=token)
    assert me.json() == {"data": {"viewer": {"user": {"email": EMAIL}}}}
    second = (await _open(server, REFRESH, refreshToken=first["refreshToken"]))["tokens"]
    again = await _open(server, REFRESH, refreshToken=first["refreshToken"])
    assert again["userErrors"] == [{"code": "INVALID_TOKEN", "field": None}]
    after = await _open(server, REFRESH, refreshToken=second["refreshToken"])
    assert after["userErrors"] == [{"code": "INVALID_TOKEN", "field": None}]
    third = (await _open(server, SIGN_IN, email=EMAIL, password=PASSWORD))["tokens"]
    assert await _open(server, SIGN_OUT, refreshToken=third["refreshToken"]) == {"done": True}
    ended = {"Authorization": f"Bearer {third['accessToken']}"}
    refused = await client.post("/graphql", json={"query": ME}, headers=ended)
    assert refused.status_code == 401
    assert refused.json()["errors"][0]["extensions"]["code"] == "INVALID_TOKEN"


@pytest.mark.parametrize(
    "query",
    [
        "{ __typename }",
        "{ __schema { types { name } } }",
        ME,
        'mutation { __typename signIn(input: {email: "a", password: "b"}) { __typename } }',
        'mutation { signIn(input: {email: "a", password: "b"}) { __typename } '
        'b: signIn(input: {email: "a", password: "c"}) { __typename } }',
        "mutation { ...F } fragment F on Mutation { "
        'signIn(input: {email: "a", password: "b"}) { __typename } }',
        'mutation { signIn: deleteSpool(input: {id: "a"}) { __typename } }',
        'mutation { changePassword(input: {currentPassword: "a", password: "b"}) { done } }',
        "query signIn { viewer { role } }",
        "mutation { signIn(input: {}) { nothing } }",
        "subscription { farmEvents { type } } # signIn",
        "signIn",
        'mutation { signIn(input: {email: "a", password: "b"}) { __typename } } #' + "x" * 5000,
    ],
)
async def test_everything_else_asks_for_a_credential(server: RunningServer, query: str) -> None:
    """401 before anything is executed or told."""
    answer = await server.client(None).post("/graphql", json={"query": query})
    assert answer.status_code == 401
    assert answer.json()["errors"][0]["extensions"]["code"] == "UNAUTHORIZED"
    assert answer.headers["www-authenticate"].startswith("Bearer")


async def test_a_bad_credential_is_never_overlooked(server: RunningServer) -> None:
    """An open operation with a key that is not valid is refused too; so is one by GET."""
    body = {"query": SIGN_IN, "variables": {"input": {"email": EMAIL, "password": PASSWORD}}}
    assert (await server.client("nonsense").post("/graphql", json=body)).status_code == 401
    assert (await server.client(None).get("/graphql", params={"query": SIGN_IN})).status_code == 401


async def test_guessing_is_limited_and_told(tmp_path: Path) -> None:
    """The eleventh guess at one account is refused, whatever password it brings."""
    async with running(tmp_path, rate_limits="on") as server:
        for _ in range(10):
            wrong = await _open(server, SIGN_IN, email=EMAIL, password="wrong")
            assert wrong["userErrors"][0]["code"] == "INVALID_CREDENTIALS"
        body = {"query": SIGN_IN, "variables": {"input": {"email": EMAIL, "password": PASSWORD}}}
        answer = (await server.client(None).post("/graphql", json=body)).json()
        assert answer["data"] is None
        assert answer["errors"][0]["extensions"]["code"] == "RATE_LIMITED"


async def test_signing_up_and_a_new_password(tmp_path: Path) -> None:
    """Where it is allowed; the new owner changes the password with the token they got."""
    sign_up = f"mutation($input: SignUpInput!) {{ signUp(input: $input) {{ {TOKENS} }} }}"
    given = {"email": "ada@farm.example", "password": PASSWORD, "teamName": "Ada's farm"}
    async with running(tmp_path, signup="on") as server:
        taken = await _open(server, sign_up, **{**given, "email": EMAIL})
        assert taken["userErrors"] == [{"code": "CONFLICT", "field": ["input", "email"]}]
        short = await _open(server, sign_up, **{**given, "password": "short"})
        assert short["userErrors"] == [{"code": "INVALID", "field": ["input", "password"]}]
        made = (await _open(server, sign_up, **given))["tokens"]
        change = """mutation($input: ChangePasswordInput!) {
            changePassword(input: $input) { done userErrors { field } } }"""
        body = {"currentPassword": PASSWORD, "password": "another horse"}
        answer = await server.client(None).post(
            "/graphql",
            json={"query": change, "variables": {"input": body}},
            headers={"Authorization": f"Bearer {made['accessToken']}"},
        )
        assert answer.json()["data"] == {"changePassword": {"done": True, "userErrors": []}}
        old = await _open(server, SIGN_IN, email="ada@farm.example", password=PASSWORD)
        assert old["tokens"] is None
