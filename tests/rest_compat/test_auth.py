"""Batchivo's sign-in routes, and the page of a forgotten password."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import structlog

from tests.running import EMAIL, PASSWORD, RunningServer, eventually, running

NEW = "another horse"
ADA = {"email": "ada@farm.example", "password": PASSWORD, "name": "Ada", "tenant_name": "Ada's"}


async def _post(server: RunningServer, path: str, **body: Any) -> Any:
    return await server.client(None).post(f"/api/v1/auth/{path}", json=body)


async def _link(server: RunningServer, ask: Any) -> str:
    """The path of the link that the operator is told."""
    with structlog.testing.capture_logs() as lines:
        await ask
        await eventually(lambda: [line for line in lines if "link" in line])
    (link,) = [line["link"] for line in lines if "link" in line]
    path: str = link.removeprefix(server.base)
    assert re.fullmatch(r"/reset-password\?token=[A-Za-z0-9_-]{43}", path)
    return path


async def test_a_sign_in_lives_as_documented(server: RunningServer) -> None:
    """Bare token pairs, rotation, reuse that ends the family, 204 at the end."""
    wrong = await _post(server, "login", email=EMAIL, password="wrong")
    assert (wrong.status_code, wrong.json()["code"]) == (401, "INVALID_CREDENTIALS")
    assert wrong.headers["www-authenticate"].startswith("Bearer")
    signed_in = await _post(server, "login", email=EMAIL, password=PASSWORD)
    first = signed_in.json()
    assert signed_in.status_code == 200
    assert first | {"access_token": "", "refresh_token": ""} == {
        "access_token": "",
        "refresh_token": "",
        "token_type": "bearer",
        "expires_in": 1800,
    }
    bearer = {"Authorization": f"Bearer {first['access_token']}"}
    me = (await server.client(None).get("/api/v1/auth/me", headers=bearer)).json()
    assert set(me) == {"id", "email", "name", "created_at", "tenant_id"}
    second = (await _post(server, "refresh", refresh_token=first["refresh_token"])).json()
    reused = await _post(server, "refresh", refresh_token=first["refresh_token"])
    assert (reused.status_code, reused.json()["code"]) == (401, "INVALID_TOKEN")
    ended = await _post(server, "refresh", refresh_token=second["refresh_token"])
    assert (ended.status_code, ended.json()["code"]) == (401, "INVALID_TOKEN")
    gone = await server.client(None).get("/api/v1/auth/me", headers=bearer)
    assert (gone.status_code, gone.json()["code"]) == (401, "INVALID_TOKEN")
    third = (await _post(server, "login", email=EMAIL, password=PASSWORD)).json()
    for _ in range(2):
        out = await _post(server, "logout", refresh_token=third["refresh_token"])
        assert (out.status_code, out.content) == (204, b"")
    missing = await _post(server, "login")
    assert missing.status_code == 422
    assert [error["field"] for error in missing.json()["errors"]] == ["email", "password"]


async def test_registering_is_off_by_default(server: RunningServer) -> None:
    """403 whatever is sent."""
    refused = await _post(server, "register", **ADA)
    assert (refused.status_code, refused.json()["code"]) == (403, "FORBIDDEN")


async def test_registering_gives_a_farm_of_ones_own(tmp_path: Path) -> None:
    """201 with a token pair, 409 for a taken e-mail, 422 with the field."""
    async with running(tmp_path, signup="on") as server:
        made = await _post(server, "register", **ADA)
        assert made.status_code == 201
        assert set(made.json()) == {"access_token", "refresh_token", "token_type", "expires_in"}
        client = server.client(None)
        client.headers["Authorization"] = f"Bearer {made.json()['access_token']}"
        me = (await client.get("/api/v1/auth/me")).json()
        assert (me["email"], me["name"]) == ("ada@farm.example", "Ada")
        spool = {"material_type": "PLA", "color": "Red", "diameter_mm": 1.75}
        added = await client.post("/api/v1/spools", json={**spool, "net_weight_grams": 1})
        assert added.status_code == 201
        theirs = await server.client().get("/api/v1/spools")
        assert theirs.json()["meta"]["total"] == 0
        taken = await _post(server, "register", **ADA)
        assert (taken.status_code, taken.json()["code"]) == (409, "CONFLICT")
        for field, value in (("email", "x"), ("password", "seven77"), ("tenant_name", "x\u0000")):
            wrong = await _post(server, "register", **{**ADA, field: value})
            assert wrong.status_code == 422
            assert [error["field"] for error in wrong.json()["errors"]] == [field]


async def test_a_password_is_changed(server: RunningServer) -> None:
    """204; a wrong present password is 422 and names its field."""
    pair = (await _post(server, "login", email=EMAIL, password=PASSWORD)).json()
    client = server.client(None)
    client.headers["Authorization"] = f"Bearer {pair['access_token']}"
    path = "/api/v1/auth/change-password"
    wrong = await client.post(path, json={"current_password": "x", "password": NEW})
    assert wrong.status_code == 422
    assert [error["field"] for error in wrong.json()["errors"]] == ["current_password"]
    done = await client.post(path, json={"current_password": PASSWORD, "password": NEW})
    assert (done.status_code, done.content) == (204, b"")
    assert (await client.get("/api/v1/auth/me")).status_code == 200
    assert (await _post(server, "login", email=EMAIL, password=PASSWORD)).status_code == 401
    assert (await _post(server, "login", email=EMAIL, password=NEW)).status_code == 200


async def test_a_forgotten_password_is_set_by_a_link(server: RunningServer) -> None:
    """By a client of the API; for a stranger's e-mail the answer is the same."""
    unknown = await _post(server, "forgot-password", email="nobody@farm.example")
    assert (unknown.status_code, unknown.content) == (204, b"")
    path = await _link(server, _post(server, "forgot-password", email=EMAIL))
    token = path.partition("=")[2]
    done = await _post(server, "reset-password", token=token, password=NEW)
    assert (done.status_code, done.content) == (204, b"")
    again = await _post(server, "reset-password", token=token, password=NEW)
    assert again.status_code == 422
    assert [error["field"] for error in again.json()["errors"]] == ["token"]
    assert (await _post(server, "login", email=EMAIL, password=NEW)).status_code == 200


async def test_a_new_password_opens_an_account_that_guesses_closed(tmp_path: Path) -> None:
    """Whoever tried too many old passwords before asking for a link can sign in at once."""
    async with running(tmp_path, rate_limits="on") as server:
        for _ in range(10):
            await _post(server, "login", email=EMAIL, password="a guess")
        assert (await _post(server, "login", email=EMAIL, password=PASSWORD)).status_code == 429
        path = await _link(server, _post(server, "forgot-password", email=EMAIL))
        token = path.partition("=")[2]
        done = await _post(server, "reset-password", token=token, password=NEW)
        assert done.status_code == 204
        assert (await _post(server, "login", email=EMAIL, password=NEW)).status_code == 200


async def test_the_page_sets_a_password_without_a_script(server: RunningServer) -> None:
    """A person asks on the page, opens the link, is told what is wrong, and is done."""
    client = server.client(None)
    page = await client.get("/reset-password")
    assert page.status_code == 200
    assert page.headers["content-security-policy"].startswith("default-src 'none'; style-src")
    assert page.headers["cache-control"] == "no-store"
    assert "<script" not in page.text
    assert "http" not in page.text.replace(server.base, "")
    assert 'name="email"' in page.text
    wrong = await client.post("/reset-password", data={"email": "<b>"})
    assert wrong.status_code == 422
    path = await _link(server, client.post("/reset-password", data={"email": EMAIL}))
    form = await client.get(path)
    assert 'type="password"' in form.text
    token = path.partition("=")[2]
    short = await client.post("/reset-password", data={"token": token, "password": "short"})
    assert short.status_code == 422
    assert token in short.text
    done = await client.post("/reset-password", data={"token": token, "password": NEW})
    assert (done.status_code, "Your password is changed" in done.text) == (200, True)
    spent = await client.post("/reset-password/", data={"token": token, "password": NEW})
    assert (spent.status_code, "used before" in spent.text) == (422, True)
    assert (await _post(server, "login", email=EMAIL, password=NEW)).status_code == 200


@pytest.mark.parametrize("content", [b"\xff", b"token=%ff", b"=" * 9000, b"", b"&" * 100])
async def test_the_page_bears_any_form(server: RunningServer, content: bytes) -> None:
    """Whatever is posted, the page answers."""
    answer = await server.client(None).post(
        "/reset-password",
        content=content,
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )
    assert answer.status_code == 422
    shown = await server.client(None).get('/reset-password?token="><script>')
    assert "<script" not in shown.text
