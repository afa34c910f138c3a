"""Camera tokens: an address that shows a camera, and opens nothing else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import structlog

from app.accounts import camera_tokens
from app.accounts.models import Role, Scope
from app.http import request_log
from rest_compat.routes import ROWS
from rest_compat.table import Pictures
from tests.rest_compat.test_camera import Watching, scene
from tests.running import EMAIL, PASSWORD, RunningServer

MAKE = """mutation($printer: ID) { createCameraToken(input: {printerId: $printer}) {
    token expiresAt streamPath snapshotPath userErrors { code message field } } }"""


async def made(server: RunningServer, printer: str | None, **more: Any) -> dict[str, Any]:
    """The payload of the mutation."""
    data = await server.graphql(MAKE, {"printer": printer}, **more)
    payload: dict[str, Any] = data["createCameraToken"]
    return payload


async def own_key(server: RunningServer, more: str = "") -> tuple[str, str]:
    """A further key of the owner: its value and its id."""
    data = await server.graphql(
        f'mutation {{ createApiKey(input: {{name: "wall"{more}}}) {{ value apiKey {{ id }} }} }}'
    )
    return data["createApiKey"]["value"], data["createApiKey"]["apiKey"]["id"]


@pytest.fixture
def requests(monkeypatch: pytest.MonkeyPatch) -> structlog.testing.CapturingLogger:
    """What a server that is made after this logs of requests."""
    heard = structlog.testing.CapturingLogger()
    monkeypatch.setattr(request_log, "log", SimpleNamespace(bind=lambda: heard))
    return heard


async def test_a_token_shows_the_camera_without_a_header(
    requests: structlog.testing.CapturingLogger, server: RunningServer
) -> None:
    """Stream and snapshot, for 60 minutes; nothing of it is logged."""
    with structlog.testing.capture_logs() as lines:
        async with scene(server) as place:
            before = datetime.now(UTC)
            token = await made(server, place.id)
            assert token["userErrors"] == []
            ends = datetime.fromisoformat(token["expiresAt"]) - before
            assert timedelta(minutes=59, seconds=58) < ends <= timedelta(minutes=60)
            assert token["streamPath"] == f"{place.path}/stream?token={token['token']}"
            assert token["snapshotPath"] == f"{place.path}/snapshot?token={token['token']}"
            visitor = server.client(None)
            snapshot = await visitor.get(token["snapshotPath"])
            assert (snapshot.status_code, snapshot.headers["content-type"]) == (200, "image/jpeg")
            async with visitor.stream("GET", token["streamPath"] + "&fps=30") as response:
                assert response.status_code == 200
                watching = Watching(response)
                assert await watching.picture() != await watching.picture()
            assert (await visitor.get(token["streamPath"] + "&fps=31")).status_code == 400
            assert (await visitor.head(token["streamPath"])).status_code == 200
    paths = {call.kwargs["path"] for call in requests.calls}
    assert {f"{place.path}/snapshot", f"{place.path}/stream"} <= paths
    assert token["token"] not in repr((requests.calls, lines))


async def test_a_token_is_good_for_its_printer_or_for_those_of_its_team(
    server: RunningServer,
) -> None:
    """Another printer is 403, another team's 404; without a printer it shows all of the team's."""
    async with scene(server) as one, scene(server, "a1") as two:
        bound, broad = await made(server, one.id), await made(server, None)
        assert (broad["streamPath"], broad["snapshotPath"]) == (None, None)
        foreign = await made(server, None, key=await server.stranger())
        visitor = server.client(None)
        for place, token, status in (
            (one, bound, 200),
            (two, bound, 403),
            (one, broad, 200),
            (two, broad, 200),
            (one, foreign, 404),
        ):
            asked = await visitor.get(f"{place.path}/snapshot?token={token['token']}")
            assert asked.status_code == status
        await server.client().post(f"{two.path}/stop")


async def test_a_token_opens_nothing_else(server: RunningServer) -> None:
    """No other route, no GraphQL, in no header: 401 everywhere, also right after a good use."""
    async with scene(server) as place:
        token = (await made(server, None))["token"]
        visitor = server.client(None)
        assert (await visitor.get(f"{place.path}/snapshot?token={token}")).status_code == 200
        for headers in ({"X-API-Key": token}, {"Authorization": f"Bearer {token}"}):
            for path in (f"{place.path}/snapshot", "/api/v1/printers"):
                assert (await visitor.get(path, headers=headers)).status_code == 401
            asked = await visitor.post("/graphql", json={"query": "{ me { id } }"}, headers=headers)
            assert asked.json()["errors"][0]["extensions"]["code"] == "INVALID_TOKEN"
        for row in ROWS:
            if row.scope is None or isinstance(row, Pictures):
                continue
            path = row.full_path.replace("{id}", "1")
            answer = await visitor.request(row.method, path, params={"token": token})
            assert answer.status_code == 401, row.name


async def test_only_camera_tokens_are_taken_from_the_address(server: RunningServer) -> None:
    """Keys, access tokens, tickets for other things, and forgeries are 401; so is nothing."""
    async with scene(server) as place:
        accounts = server.runtime.accounts
        good = (await made(server, place.id))["token"]
        head, body, signature = good.split(".")
        pair = await accounts.sign_in(EMAIL, PASSWORD, "test")
        claims = {"team": 1, "user": 1, "credential": "x", "printer": None}
        sign = accounts.signer.sign_ticket
        for bad in (
            "",
            server.key,
            pair.access_token,
            pair.refresh_token,
            f"{head}.{body}.{signature[:-4]}AAAA",
            f"{head}.{body}.",
            sign("consent", {**claims, "key": 1, "family": None}, 60),
            sign(camera_tokens.PURPOSE, {**claims, "key": None, "family": None}, 60),
            sign(camera_tokens.PURPOSE, {**claims, "key": 1}, 60),
            sign(camera_tokens.PURPOSE, {**claims, "key": "x", "family": None}, 60),
            sign(camera_tokens.PURPOSE, {**claims, "key": 999, "family": None}, 60),
            sign(camera_tokens.PURPOSE, {**claims, "key": 1, "family": None}, -1),
        ):
            asked = await server.client(None).get(f"{place.path}/snapshot", params={"token": bad})
            assert asked.status_code == 401
            assert asked.headers["www-authenticate"].startswith("Bearer")
            assert not bad or bad not in asked.text
        assert place.served == 0
        # A header decides, whatever the address carries.
        path = f"{place.path}/snapshot?token="
        assert (await server.client().get(f"{path}nonsense")).status_code == 200
        assert (await server.client("wrong").get(f"{path}{good}")).status_code == 401


async def test_a_token_ends_with_its_key(server: RunningServer) -> None:
    """Revoked: what is being watched ends at once, and the token is 401 from then on."""
    async with scene(server) as place:
        value, key_id = await own_key(server)
        token = await made(server, place.id, key=value)
        visitor = server.client(None)
        async with (
            visitor.stream("GET", token["streamPath"]) as response,
            place.watching() as other,
        ):
            watching = Watching(response)
            await watching.picture()
            await server.graphql(
                "mutation($id: ID!) { revokeApiKey(input: {id: $id}) { userErrors { message } } }",
                {"id": key_id},
            )
            await watching.end()
            await other.picture()
        assert (await visitor.get(token["snapshotPath"])).status_code == 401


async def test_a_token_ends_with_its_sign_in(server: RunningServer) -> None:
    """Made with an access token it outlives that, and not the sign-in."""
    async with scene(server) as place:
        pair = await server.runtime.accounts.sign_in(EMAIL, PASSWORD, "test")
        visitor = server.client(None)
        asked = {"query": MAKE, "variables": {"printer": place.id}}
        bearer = {"Authorization": f"Bearer {pair.access_token}"}
        answer = (await visitor.post("/graphql", json=asked, headers=bearer)).json()
        token = answer["data"]["createCameraToken"]
        ends = datetime.fromisoformat(token["expiresAt"]) - datetime.now(UTC)
        assert ends > timedelta(minutes=59)
        async with visitor.stream("GET", token["streamPath"]) as response:
            watching = Watching(response)
            await watching.picture()
            await server.runtime.accounts.sign_out(pair.refresh_token)
            await watching.end()
        assert (await visitor.get(token["snapshotPath"])).status_code == 401


async def test_time_ends_a_token_and_what_is_watched_with_it(
    server: RunningServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After its own time, or with its key before that."""
    async with scene(server) as place:
        soon = (datetime.now(UTC) + timedelta(minutes=5)).replace(microsecond=0)
        value, _id = await own_key(server, f', expiresAt: "{soon.isoformat()}"')
        token = await made(server, place.id, key=value)
        assert abs(datetime.fromisoformat(token["expiresAt"]) - soon) <= timedelta(seconds=1)
        monkeypatch.setattr(camera_tokens, "SECONDS", 3)
        token = await made(server, place.id)
        visitor = server.client(None)
        async with visitor.stream("GET", token["streamPath"]) as response:
            watching = Watching(response)
            await watching.picture()
            await watching.end()
        assert (await visitor.get(token["snapshotPath"])).status_code == 401


async def test_who_may_make_a_token(server: RunningServer) -> None:
    """Whoever may read, for printers of the own team."""
    async with scene(server) as place:
        reader = await server.member(None, Role.VIEWER, Scope.READ)
        token = await made(server, place.id, key=reader)
        assert (await server.client(None).get(token["snapshotPath"])).status_code == 200
        writer = await server.member(None, Role.OWNER, Scope.CONTROL)
        (refused,) = (await made(server, place.id, key=writer))["userErrors"]
        assert refused["code"] == "FORBIDDEN"
        for stranger, printer in ((await server.stranger(), place.id), (server.key, "nonsense")):
            answer = await made(server, printer, key=stranger)
            assert answer["token"] is None
            assert answer["userErrors"] == [
                {
                    "code": "NOT_FOUND",
                    "message": "There is no such printer.",
                    "field": ["input", "printerId"],
                }
            ]


async def test_a_lookup_that_fails_lets_nobody_in(
    server: RunningServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A good token while the database is away: 503, and the camera is left alone."""
    from app.accounts import queries
    from app.errors import Unavailable

    async def away(*_arguments: object) -> None:
        raise Unavailable("The database is away.")

    async with scene(server) as place:
        token = await made(server, place.id)
        monkeypatch.setattr(queries, "key_with_owner", away)
        assert (await server.client(None).get(token["snapshotPath"])).status_code == 503
        assert place.served == 0
