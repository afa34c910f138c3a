"""OAuth 2.0 as applications and people meet it."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import html
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from authlib.integrations.httpx_client import AsyncOAuth2Client

from app.accounts import members
from app.accounts.models import Role
from tests.oauth.browser import browser
from tests.running import EMAIL, PASSWORD, RunningServer

BACK = "http://localhost:1/done?kept=1"
VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=")
ASK = {
    "response_type": "code",
    "redirect_uri": BACK,
    "scope": "read write",
    "state": "a b&c",
    "code_challenge": CHALLENGE.decode(),
    "code_challenge_method": "S256",
}


async def _register(server: RunningServer, *uris: str, public: bool = False) -> dict[str, str]:
    data = await server.graphql(
        """mutation($input: RegisterOAuthClientInput!) { registerOAuthClient(input: $input) {
            client { id clientId public } clientSecret userErrors { message } } }""",
        {"input": {"name": "Board <b>", "redirectUris": list(uris or (BACK,)), "public": public}},
    )
    made = data["registerOAuthClient"]
    assert made["userErrors"] == []
    assert (made["clientSecret"] is None) is public
    return {
        "id": made["client"]["id"],
        "client_id": made["client"]["clientId"],
        "client_secret": made["clientSecret"] or "",
    }


def _field(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found is not None, page
    return html.unescape(found[1])


async def _code(
    server: RunningServer, client: dict[str, str], email: str = EMAIL, **asked: Any
) -> str:
    """The code of somebody who signs in and allows it."""
    visitor = server.client(None)
    wanted = {"client_id": client["client_id"], **ASK, **asked}
    wanted = {name: value for name, value in wanted.items() if value is not None}
    consent = await visitor.post(
        "/oauth/authorize", params=wanted, data={"email": email, "password": PASSWORD}
    )
    assert consent.status_code == 200, consent.text
    back = await visitor.post(
        "/oauth/consent", data={"ticket": _field(consent.text, "ticket"), "decision": "allow"}
    )
    assert back.status_code == 303
    told = parse_qs(urlsplit(back.headers["location"]).query)
    if "state" in wanted:
        assert told["state"] == [wanted["state"]]
    assert told["iss"] == [server.base]
    return told["code"][0]


def _exchange(client: dict[str, str], code: str, **changes: str) -> dict[str, str]:
    body = {
        "grant_type": "authorization_code",
        "client_id": client["client_id"],
        "client_secret": client["client_secret"],
        "code": code,
        "redirect_uri": BACK,
        "code_verifier": VERIFIER,
        **changes,
    }
    return {name: value for name, value in body.items() if value}


async def _tokens(server: RunningServer, client: dict[str, str], **asked: Any) -> dict[str, Any]:
    code = await _code(server, client, **asked)
    answer = await server.client(None).post("/oauth/token", data=_exchange(client, code))
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    found: dict[str, Any] = answer.json()
    return found


def _bearer(server: RunningServer, token: str) -> httpx.AsyncClient:
    made = server.client(None)
    made.headers["Authorization"] = f"Bearer {token}"
    return made


async def test_a_client_library_and_a_browser(server: RunningServer) -> None:
    """Authlib sends a person here, who signs in and allows it in Chromium; it gets tokens, renews
    them, and revokes them."""
    arrived: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = (await reader.readline()).decode()
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
        await writer.drain()
        writer.close()
        if "code=" in line and not arrived.done():
            arrived.set_result(line.split()[1])

    listener = await asyncio.start_server(answer, "127.0.0.1", 0)
    back = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}/callback"
    client = await _register(server, back, public=True)
    metadata = (await server.client(None).get("/.well-known/oauth-authorization-server")).json()
    async with (
        listener,
        AsyncOAuth2Client(
            client_id=client["client_id"],
            redirect_uri=back,
            scope="read write",
            code_challenge_method="S256",
            token_endpoint_auth_method="none",
            token_endpoint=metadata["token_endpoint"],
        ) as library,
    ):
        url, state = library.create_authorization_url(
            metadata["authorization_endpoint"], code_verifier=VERIFIER
        )
        await asyncio.to_thread(_consent_in_browser, url)
        async with asyncio.timeout(20):
            path = await arrived
        token = await library.fetch_token(
            authorization_response=f"{back.rsplit('/', 1)[0]}{path}",
            state=state,
            code_verifier=VERIFIER,
        )
        assert token["token_type"] == "Bearer"
        mine = await library.get(f"{server.base}/platform/v1/projects")
        assert mine.status_code == 200
        renewed = await library.refresh_token(metadata["token_endpoint"])
        assert renewed["refresh_token"] != token["refresh_token"]
        await library.revoke_token(metadata["revocation_endpoint"], renewed["refresh_token"])
        gone = await _bearer(server, renewed["access_token"]).get("/platform/v1/projects")
        assert gone.status_code == 401


def _consent_in_browser(url: str) -> None:
    """Sign in and allow, by the keyboard alone, on a screen as wide as a phone's."""
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys
    from selenium.webdriver.support.wait import WebDriverWait

    with browser(width=360) as page:
        page.get(url)
        page.switch_to.active_element.send_keys(EMAIL, Keys.TAB, PASSWORD, Keys.ENTER)
        WebDriverWait(page, 20).until(lambda it: it.find_elements(By.NAME, "decision"))
        assert "wants to act for you" in page.find_element(By.TAG_NAME, "h1").text
        assert "Board <b>" in page.find_element(By.TAG_NAME, "h1").text
        assert EMAIL in page.find_element(By.TAG_NAME, "main").text
        wide = page.execute_script("return document.documentElement.scrollWidth")
        assert wide <= 360
        allow = page.find_element(By.CSS_SELECTOR, "button[value=allow]")
        assert allow.size["height"] >= 44
        colour = allow.value_of_css_property("background-color")
        assert colour not in ("rgba(0, 0, 0, 0)", "transparent")  # the style was applied
        allow.send_keys(Keys.ENTER)
        WebDriverWait(page, 20).until(lambda it: "/callback" in it.current_url)


async def test_the_pages_are_hard_to_misuse(server: RunningServer) -> None:
    """Never framed, no scripts, no foreign sources, nothing kept; names are escaped."""
    client = await _register(server)
    asked = {"client_id": client["client_id"], **ASK}
    visitor = server.client(None)
    for page in (
        await visitor.get("/oauth/authorize", params=asked),
        await visitor.post(
            "/oauth/authorize", params=asked, data={"email": EMAIL, "password": PASSWORD}
        ),
    ):
        policy = page.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert "script-src" not in policy
        assert page.headers["x-frame-options"] == "DENY"
        assert page.headers["cache-control"] == "no-store"
        assert page.headers["referrer-policy"] == "no-referrer"
        assert "Board &lt;b&gt;" in page.text
    wrong = await visitor.post(
        "/oauth/authorize", params=asked, data={"email": EMAIL, "password": "no"}
    )
    assert wrong.status_code == 400
    assert "E-mail or password is wrong." in wrong.text


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"client_id": "sgc_unknown"}, "no such application"),
        ({"redirect_uri": BACK + "x"}, "not registered"),
        ({"redirect_uri": "http://localhost:1/done"}, "not registered"),
        ({"redirect_uri": "https://evil.example/"}, "not registered"),
    ],
)
async def test_nobody_is_sent_to_a_stranger(
    server: RunningServer, changes: dict[str, str], told: str
) -> None:
    """An unknown client or address is told to the person, on a page."""
    client = await _register(server)
    asked = {"client_id": client["client_id"], **ASK, **changes}
    answer = await server.client(None).get("/oauth/authorize", params=asked)
    assert answer.status_code == 400
    assert "location" not in answer.headers
    assert told in answer.text


async def test_what_is_asked_wrongly_is_told_to_the_client(server: RunningServer) -> None:
    """With the code of the RFC, the state and the issuer, at the registered address."""
    client = await _register(server, public=True)
    for changes, code in (
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": "read everything"}, "invalid_scope"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
    ):
        asked = {"client_id": client["client_id"], **ASK, **changes}
        asked = {name: value for name, value in asked.items() if value is not None}
        answer = await server.client(None).get("/oauth/authorize", params=asked)
        assert answer.status_code == 303, changes
        assert answer.headers["location"].startswith("http://localhost:1/done?kept=1&")
        told = parse_qs(urlsplit(answer.headers["location"]).query)
        assert (told["error"], told["state"], told["kept"]) == ([code], ["a b&c"], ["1"])


async def test_a_person_says_no(server: RunningServer) -> None:
    """The client hears access_denied; a ticket that was made up goes nowhere."""
    client = await _register(server)
    visitor = server.client(None)
    asked = {"client_id": client["client_id"], **ASK}
    consent = await visitor.post(
        "/oauth/authorize", params=asked, data={"email": EMAIL, "password": PASSWORD}
    )
    ticket = _field(consent.text, "ticket")
    no = await visitor.post("/oauth/consent", data={"ticket": ticket, "decision": "deny"})
    assert "error=access_denied" in no.headers["location"]
    silent = await visitor.post("/oauth/consent", data={"ticket": ticket})
    assert "error=access_denied" in silent.headers["location"]
    forged = await visitor.post(
        "/oauth/consent", data={"ticket": ticket + "x", "decision": "allow"}
    )
    assert forged.status_code == 400
    as_token = await _bearer(server, ticket).get("/platform/v1/projects")
    assert as_token.status_code == 401


async def test_the_example_of_the_document(server: RunningServer) -> None:
    """A client with a secret, without PKCE, that sends JSON."""
    client = await _register(server)
    code = await _code(server, client, code_challenge=None, code_challenge_method=None)
    body = _exchange(client, code)
    del body["code_verifier"]
    answer = await server.client(None).post("/oauth/token", json=body)
    found = answer.json()
    assert (found["token_type"], found["expires_in"], found["scope"]) == (
        "Bearer",
        1800,
        "read write",
    )
    assert (await _bearer(server, found["access_token"]).get("/api/v1/printers")).status_code == 200


async def test_codes_are_used_once(server: RunningServer) -> None:
    """The second use is refused and ends what came of the first."""
    client = await _register(server)
    code = await _code(server, client)
    visitor = server.client(None)
    first = (await visitor.post("/oauth/token", data=_exchange(client, code))).json()
    reader = _bearer(server, first["access_token"])
    assert (await reader.get("/platform/v1/projects")).status_code == 200
    second = await visitor.post("/oauth/token", data=_exchange(client, code))
    assert (second.status_code, second.json()["error"]) == (400, "invalid_grant")
    assert (await reader.get("/platform/v1/projects")).status_code == 401
    body = {
        "grant_type": "refresh_token",
        "refresh_token": first["refresh_token"],
        "client_id": client["client_id"],
        "client_secret": client["client_secret"],
    }
    assert (await visitor.post("/oauth/token", data=body)).json()["error"] == "invalid_grant"


async def test_an_exchange_must_fit_its_request(server: RunningServer) -> None:
    """Another verifier, address, client or secret gets nothing; the right one still does."""
    client, other = await _register(server), await _register(server)
    code = await _code(server, client)
    visitor = server.client(None)
    for changes, status, error in (
        ({"code_verifier": "w" * 43}, 400, "invalid_grant"),
        ({"code_verifier": ""}, 400, "invalid_grant"),
        ({"redirect_uri": "http://localhost:1/done"}, 400, "invalid_grant"),
        ({"redirect_uri": ""}, 400, "invalid_grant"),
        ({"client_secret": "sgs_wrong"}, 401, "invalid_client"),
        ({"client_secret": ""}, 401, "invalid_client"),
        ({"client_id": "sgc_unknown"}, 401, "invalid_client"),
        (
            {"client_id": other["client_id"], "client_secret": other["client_secret"]},
            400,
            "invalid_grant",
        ),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
    ):
        answer = await visitor.post("/oauth/token", data=_exchange(client, code, **changes))
        assert (answer.status_code, answer.json()["error"]) == (status, error), changes
        assert ("www-authenticate" in answer.headers) is (status == 401)
    body = _exchange(client, code, client_id="", client_secret="")
    basic = httpx.BasicAuth(client["client_id"], client["client_secret"])
    assert (await visitor.post("/oauth/token", data=body, auth=basic)).status_code == 200
    for content, kind in ((b"{", "application/json"), (b"[]", "application/json"), (b"", "text/a")):
        answer = await visitor.post("/oauth/token", content=content, headers={"Content-Type": kind})
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


async def test_scopes(server: RunningServer) -> None:
    """`read` reads, `write` changes what the role may, neither administers; renewals may narrow."""
    client = await _register(server)
    reading = await _tokens(server, client, scope="read")
    reader = _bearer(server, reading["access_token"])
    assert (await reader.get("/platform/v1/projects")).status_code == 200
    assert (await reader.post("/platform/v1/projects", json={"name": "x"})).status_code == 403
    wider = await server.client(None).post(
        "/oauth/token",
        data={
            "grant_type": "refresh_token",
            "refresh_token": reading["refresh_token"],
            "scope": "write",
            "client_id": client["client_id"],
            "client_secret": client["client_secret"],
        },
    )
    assert wider.json()["error"] == "invalid_scope"
    writing = await _tokens(server, client)
    writer = _bearer(server, writing["access_token"])
    assert (await writer.post("/platform/v1/projects", json={"name": "x"})).status_code == 201
    assert (await writer.post("/platform/v1/teams", json={"name": "x"})).status_code == 403
    data = (await writer.post("/graphql", json={"query": "{ viewer { scopes } }"})).json()
    assert "ADMIN" not in data["data"]["viewer"]["scopes"]
    await members.create_user(
        server.runtime.database, "look@farm.example", PASSWORD, role=Role.VIEWER
    )
    looking = await _tokens(server, client, email="look@farm.example")
    looker = _bearer(server, looking["access_token"])
    assert (await looker.post("/platform/v1/projects", json={"name": "x"})).status_code == 403


async def test_refresh_tokens_rotate(server: RunningServer) -> None:
    """A token used twice ends the sign-in; it is of no use to the sign-in of people."""
    client = await _register(server)
    first = await _tokens(server, client)
    visitor = server.client(None)
    foreign = await visitor.post(
        "/api/v1/auth/refresh", json={"refresh_token": first["refresh_token"]}
    )
    assert foreign.status_code == 401
    body = {
        "grant_type": "refresh_token",
        "refresh_token": first["refresh_token"],
        "client_id": client["client_id"],
        "client_secret": client["client_secret"],
    }
    second = (await visitor.post("/oauth/token", data=body)).json()
    assert second["refresh_token"] != first["refresh_token"]
    again = await visitor.post("/oauth/token", data=body)
    assert again.json()["error"] == "invalid_grant"
    reader = _bearer(server, second["access_token"])
    assert (await reader.get("/platform/v1/projects")).status_code == 401


async def test_revocation(server: RunningServer) -> None:
    """By either token, only by its client, always 200; taking the client back ends them all."""
    client, other = await _register(server), await _register(server)
    visitor = server.client(None)
    for kind in ("refresh_token", "access_token"):
        pair = await _tokens(server, client)
        reader = _bearer(server, pair["access_token"])
        for asking, left in ((other, 200), (client, 401)):
            answer = await visitor.post(
                "/oauth/revoke",
                data={
                    "token": pair[kind],
                    "client_id": asking["client_id"],
                    "client_secret": asking["client_secret"],
                },
            )
            assert answer.status_code == 200
            assert (await reader.get("/platform/v1/projects")).status_code == left
    pair = await _tokens(server, client)
    reader = _bearer(server, pair["access_token"])
    assert (await reader.get("/platform/v1/projects")).status_code == 200
    await server.graphql(
        "mutation($id: ID!) { revokeOAuthClient(input: {id: $id}) { userErrors { code } } }",
        {"id": client["id"]},
    )
    assert (await reader.get("/platform/v1/projects")).status_code == 401
    asked = {"client_id": client["client_id"], **ASK}
    assert (await visitor.get("/oauth/authorize", params=asked)).status_code == 400


async def test_addresses_that_cannot_be_registered(server: RunningServer) -> None:
    """Only https, http to the same machine, and schemes of apps; no fragments."""
    for uri in (
        "http://board.example/cb",
        "https://board.example/cb#x",
        "javascript:alert(1)",
        "data:text/html,x",
        "/cb",
        "https://",
        "https://a b",
        "",
    ):
        data = await server.graphql(
            """mutation($uris: [String!]!) { registerOAuthClient(input: {name: "x",
                redirectUris: $uris}) { client { id } userErrors { code field } } }""",
            {"uris": [uri]},
        )
        assert data["registerOAuthClient"] == {
            "client": None,
            "userErrors": [{"code": "INVALID", "field": ["input", "redirectUris"]}],
        }, uri
    stranger = await server.stranger()
    client = await _register(server, "com.example.board:/done")
    assert (await server.graphql("{ oauthClients { id } }", key=stranger))["oauthClients"] == []
    data = await server.graphql(
        "mutation($id: ID!) { revokeOAuthClient(input: {id: $id}) { userErrors { code } } }",
        {"id": client["id"]},
        key=stranger,
    )
    assert data["revokeOAuthClient"]["userErrors"] == [{"code": "NOT_FOUND"}]
