"""Teams of the Platform dialect: members, invitations, and people in several teams."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from app.accounts import members
from app.accounts.models import Role, Scope
from tests.running import EMAIL, PASSWORD, RunningServer, eventually

PREFIX = "/platform/v1"


async def _signed_in(server: RunningServer, email: str, tenant: str | None = None) -> Any:
    """A client with the access token of a sign-in."""
    body = {"email": email, "password": PASSWORD} | ({"tenant_id": tenant} if tenant else {})
    answer = await server.client(None).post("/api/v1/auth/login", json=body)
    assert answer.status_code == 200, answer.text
    client = server.client(None)
    client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
    client.base_url = httpx.URL(f"{server.base}{PREFIX}")
    return client


async def _person(server: RunningServer, email: str, team: str, role: Role = Role.OWNER) -> None:
    await members.create_user(server.runtime.database, email, PASSWORD, team=team, role=role)


async def _add(server: RunningServer, team: str, email: str, role: str) -> None:
    added = await server.client().post(
        f"{PREFIX}/teams/{team}/members", json={"email": email, "role": role}
    )
    assert added.status_code == 201, added.text


@pytest.fixture
async def mine(server: RunningServer) -> str:
    """The id of the team that the tests' key acts in."""
    answer = (await server.client().get(f"{PREFIX}/teams")).json()
    (team,) = answer["data"]
    assert answer["pagination"] == {"page": 1, "limit": 20, "total": 1, "pages": 1}
    found: str = team["id"]
    return found


async def test_members_come_and_go(server: RunningServer, mine: str) -> None:
    """Somebody with an account is in at once, changes roles through GraphQL, and is removed."""
    await _person(server, "jane@farm.example", "elsewhere")
    client = server.client()
    path = f"{PREFIX}/teams/{mine}/members"
    added = await client.post(path, json={"email": "Jane@Farm.example", "role": "viewer"})
    assert added.status_code == 201
    jane = added.json()["data"]
    assert jane | {"id": "", "joined_at": ""} == {
        "id": "",
        "email": "jane@farm.example",
        "name": None,
        "role": "viewer",
        "status": "active",
        "joined_at": "",
    }
    listed = (await client.get(path)).json()
    assert [item["email"] for item in listed["data"]] == [EMAIL, "jane@farm.example"]
    assert listed["pagination"]["total"] == 2
    second = (await client.get(f"{path}?page=2&limit=1")).json()
    assert [item["id"] for item in second["data"]] == [jane["id"]]
    again = await client.post(path, json={"email": "jane@farm.example", "role": "viewer"})
    assert (again.status_code, again.json()["error"]["code"]) == (409, "conflict")
    assert (await client.delete(f"{path}/{jane['id']}")).status_code == 204
    assert (await client.delete(f"{path}/{jane['id']}")).status_code == 404
    assert (await client.get(path)).json()["pagination"]["total"] == 1


async def test_the_last_owner_stays(server: RunningServer, mine: str) -> None:
    """409, whether they are taken out or leave; with a second owner they may."""
    client = server.client()
    path = f"{PREFIX}/teams/{mine}/members"
    me = (await client.get(path)).json()["data"][0]["id"]
    refused = await client.delete(f"{path}/{me}")
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "conflict")
    await _person(server, "jane@farm.example", "elsewhere")
    await _add(server, mine, "jane@farm.example", "owner")
    assert (await client.delete(f"{path}/{me}")).status_code == 204
    assert (await client.get(path)).status_code == 401


async def test_what_cannot_be_added(server: RunningServer, mine: str) -> None:
    """A bad e-mail or role names its field; only an owner makes owners; viewers add nobody."""
    client = server.client()
    path = f"{PREFIX}/teams/{mine}/members"
    for body, field in (
        ({"email": "nobody"}, "email"),
        ({"role": "viewer"}, "email"),
        ({"email": "a@b.example", "role": "boss"}, "role"),
    ):
        refused = await client.post(path, json=body)
        assert refused.status_code == 422
        assert [item["field"] for item in refused.json()["error"]["details"]] == [field]
    admin = server.client(await server.member(members.FIRST_TEAM, Role.ADMIN))
    refused = await admin.post(path, json={"email": "a@b.example", "role": "owner"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "forbidden")
    looking = server.client(await server.member(members.FIRST_TEAM, Role.VIEWER))
    assert (await looking.post(path, json={"email": "a@b.example"})).status_code == 403
    assert (await looking.get(path)).status_code == 200
    stranger = server.client(await server.stranger())
    for method, where in (("GET", path), ("POST", path), ("DELETE", f"{path}/user_1")):
        answer = await stranger.request(method, where, json={"email": "a@b.example"})
        assert answer.status_code == 404, (method, where)


async def test_a_sign_in_reaches_every_team(server: RunningServer, mine: str) -> None:
    """Lists span the teams, `team` filters, `team_id` chooses, and what is changed says where."""
    await _person(server, "jane@farm.example", "Jane's", Role.OWNER)
    await _add(server, mine, "jane@farm.example", "viewer")
    jane = await _signed_in(server, "jane@farm.example")
    teams = (await jane.get("/teams")).json()["data"]
    assert {team["name"] for team in teams} == {"Jane's", members.FIRST_TEAM}
    hers = next(team["id"] for team in teams if team["name"] == "Jane's")
    ours = (await server.client().post(f"{PREFIX}/projects", json={"name": "ours"})).json()["data"]
    made = (await jane.post("/projects", json={"name": "hers"})).json()["data"]
    assert made["team"] == {"id": hers, "name": "Jane's"}
    listed = (await jane.get("/projects")).json()
    assert [item["name"] for item in listed["data"]] == ["hers", "ours"]
    filtered = (await jane.get(f"/projects?team={mine}")).json()
    assert [item["team"]["id"] for item in filtered["data"]] == [mine]
    assert (await jane.get("/projects?team=team_99")).json()["data"] == []
    assert (await jane.get(f"/projects/{ours['id']}")).json()["data"]["name"] == "ours"
    assert (await jane.get(f"/teams/{mine}/members")).json()["pagination"]["total"] == 2
    # In the other team she is a viewer: she sees it all and changes nothing.
    for method, path, body in (
        ("PUT", f"/projects/{ours['id']}", {"name": "x"}),
        ("DELETE", f"/projects/{ours['id']}", None),
        ("POST", "/projects", {"name": "x", "team_id": mine}),
        ("POST", f"/teams/{mine}/members", {"email": "a@b.example"}),
    ):
        answer = await jane.request(method, path, json=body)
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "forbidden"), path
    renamed = await jane.put(f"/projects/{made['id']}", json={"name": "renamed"})
    assert renamed.json()["data"]["name"] == "renamed"
    # The other way round: an owner here, acting in the team where she may.
    signed = await _signed_in(server, "jane@farm.example", (await _uid(server)))
    assert (await signed.post("/projects", json={"name": "x"})).status_code == 403
    chosen = await signed.post("/projects", json={"name": "chosen", "team_id": hers})
    assert chosen.json()["data"]["team"]["id"] == hers
    key = server.client()
    assert (await key.get(f"{PREFIX}/projects/{made['id']}")).status_code == 404
    refused = await key.post(f"{PREFIX}/projects", json={"name": "x", "team_id": hers})
    assert refused.status_code == 404


async def test_webhooks_of_every_team(server: RunningServer, mine: str) -> None:
    """An admin of several teams keeps the webhooks of all; to others they are not there."""
    made = await server.client().post(
        f"{PREFIX}/webhooks", json={"url": "https://93.184.216.34/hook"}
    )
    path = f"/webhooks/{made.json()['data']['id']}"
    for email, role, status in (
        ("jane@farm.example", "admin", 200),
        ("joe@farm.example", "viewer", 404),
    ):
        await _person(server, email, email, Role.OWNER)
        await _add(server, mine, email, role)
        client = await _signed_in(server, email)
        listed = (await client.get("/webhooks")).json()["pagination"]["total"]
        assert (listed, (await client.get(path)).status_code) == (int(status == 200), status)
        assert (await client.patch(path, json={"active": False})).status_code == status
    reader = server.client(await server.stranger(Scope.READ))
    assert (await reader.get(f"{PREFIX}/webhooks")).status_code == 403
    assert (await reader.delete(f"{PREFIX}{path}")).status_code == 403
    jane = await _signed_in(server, "jane@farm.example")
    assert (await jane.delete(path)).status_code == 204
    assert (await jane.get(path)).status_code == 404


async def _uid(server: RunningServer) -> str:
    data = await server.graphql("{ viewer { team { uid } } }")
    uid: str = data["viewer"]["team"]["uid"]
    return uid


async def test_reading_across_teams_gives_no_more_than_reading(
    server: RunningServer, mine: str
) -> None:
    """GraphQL with `X-Team`: another team of mine, all of them to read, nothing else."""
    await _person(server, "jane@farm.example", "Jane's", Role.OWNER)
    await _add(server, mine, "jane@farm.example", "viewer")
    await server.client().post(f"{PREFIX}/projects", json={"name": "ours"})
    jane = await _signed_in(server, "jane@farm.example")
    jane.base_url = httpx.URL(server.base)

    async def ask(query: str, team: str | None) -> Any:
        headers = {} if team is None else {"X-Team": team}
        return (await jane.post("/graphql", json={"query": query}, headers=headers)).json()

    names = "{ projects { nodes { name team { name } } } }"
    assert (await ask(names, None))["data"]["projects"]["nodes"] == []
    (found,) = (await ask(names, "all"))["data"]["projects"]["nodes"]
    assert found == {"name": "ours", "team": {"name": members.FIRST_TEAM}}
    listed = await ask("{ viewer { teams { id name } } }", None)
    other = next(
        team["id"]
        for team in listed["data"]["viewer"]["teams"]
        if team["name"] == members.FIRST_TEAM
    )
    assert (await ask("{ viewer { role team { name } } }", other))["data"]["viewer"] == {
        "role": "VIEWER",
        "team": {"name": members.FIRST_TEAM},
    }
    refused = await ask("{ viewer { apiKeys { name } } }", "all")
    assert refused["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    make = 'mutation { createProject(input: {name: "x"}) { userErrors { code } } }'
    assert (await ask(make, "all"))["data"]["createProject"]["userErrors"] == [
        {"code": "FORBIDDEN"}
    ]
    missing = await jane.post("/graphql", json={"query": names}, headers={"X-Team": "VGVhbTo5OQ=="})
    assert missing.status_code == 404


async def test_a_new_team_is_owned(server: RunningServer) -> None:
    """Whoever makes a team owns it, and a sign-in sees it at once."""
    owner = await _signed_in(server, EMAIL)
    made = await owner.post("/teams", json={"name": "Second"})
    assert made.status_code == 201
    team = made.json()["data"]
    assert [item["name"] for item in (await owner.get("/teams")).json()["data"]] == [
        members.FIRST_TEAM,
        "Second",
    ]
    members_there = (await owner.get(f"/teams/{team['id']}/members")).json()["data"]
    assert [(item["email"], item["role"]) for item in members_there] == [(EMAIL, "owner")]
    assert (await owner.post("/teams", json={"name": " "})).status_code == 422


async def test_an_invitation(server: RunningServer, mine: str) -> None:
    """Somebody without an account gets a link; following it makes an account and a member."""
    sent: list[str] = []
    server.runtime.invitations._mailer = _Postbox(sent)
    await _add(server, mine, "new@farm.example", "operator")
    await eventually(lambda: sent)
    first = sent[0].split("token=")[1].split()[0]
    invited = (
        await server.client().post(
            f"{PREFIX}/teams/{mine}/members", json={"email": "new@farm.example", "role": "viewer"}
        )
    ).json()["data"]
    assert (invited["status"], invited["role"]) == ("invited", "viewer")
    await eventually(lambda: len(sent) == 2)
    token = sent[1].split("token=")[1].split()[0]
    visitor = server.client(None)
    old = await visitor.get(f"/invitation?token={first}")
    assert old.status_code == 404
    page = await visitor.get(f"/invitation?token={token}")
    assert page.status_code == 200
    assert members.FIRST_TEAM in page.text
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    short = await visitor.post("/invitation", data={"token": token, "password": "short"})
    assert short.status_code == 400
    assert "8 to" in short.text
    done = await visitor.post(
        "/invitation", data={"token": token, "password": PASSWORD, "name": "New <b>"}
    )
    assert done.status_code == 200
    again = await visitor.post("/invitation", data={"token": token, "password": PASSWORD})
    assert again.status_code == 404
    listed = (await server.client().get(f"{PREFIX}/teams/{mine}/members")).json()["data"]
    assert (listed[1]["email"], listed[1]["role"], listed[1]["name"]) == (
        "new@farm.example",
        "viewer",
        "New <b>",
    )
    await _signed_in(server, "new@farm.example")


class _Postbox:
    """A mail server that keeps what it is given."""

    available = True

    def __init__(self, sent: list[str]) -> None:
        self._sent = sent

    async def send(self, to: str, subject: str, text: str) -> None:
        assert to == "new@farm.example"
        assert members.FIRST_TEAM in subject
        self._sent.append(text)
