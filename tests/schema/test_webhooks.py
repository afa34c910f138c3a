"""Webhooks through GraphQL: made, tested, read, sent again; the secret is shown once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from app.accounts.models import Role, Scope
from app.accounts.viewer import Viewer
from app.events import PrinterDisconnected
from tests.farm import make_printer
from tests.receiver import OK, receiving, status
from tests.running import RunningServer, eventually, running
from tests.schema.asking import change, refused
from tests.statements import counted

WEBHOOK = """webhook { id databaseId dialect url events active failingSince nextAttemptAt disabledAt
    notice waitingCount }"""
EVENTS = [
    "print_started",
    "print_progress",
    "print_complete",
    "print_failed",
    "printer_offline",
    "printer_error",
]


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[RunningServer]:
    """A server that may send to this machine."""
    async with running(tmp_path, allow_private_webhooks="on") as started:
        yield started


async def _owner(server: RunningServer) -> Viewer:
    return await server.runtime.accounts.authenticate(api_key=server.key, authorization=None)


async def _happen(server: RunningServer, number: int = 1) -> None:
    viewer = await _owner(server)
    printer = await make_printer(server.runtime.database, viewer)
    for count in range(number):
        async with server.runtime.database.transaction(viewer.team_id) as session:
            session.raise_event(
                PrinterDisconnected(
                    team_id=viewer.team_id, printer_id=printer.id, reason=str(count)
                )
            )


async def test_a_webhook_is_made_tested_told_and_removed(server: RunningServer) -> None:
    """Every action, and what each says when it cannot be done."""
    async with receiving() as receiver:
        made = await change(server, "createWebhook", f"secret {WEBHOOK}", url=receiver.url)
        secret, webhook = made["secret"], made["webhook"]
        assert secret.startswith("whsec_")
        assert webhook | {"id": ""} == {
            "id": "",
            "databaseId": 1,
            "dialect": "BAMBUDDY",
            "url": receiver.url,
            "events": EVENTS,
            "active": True,
            "failingSince": None,
            "nextAttemptAt": None,
            "disabledAt": None,
            "notice": None,
            "waitingCount": 0,
        }
        answer = """delivery { messageId event status attempts payload responseStatus
            responseExcerpt error webhook { url } }"""
        ping = (await change(server, "pingWebhook", answer, id=webhook["id"]))["delivery"]
        (received,) = receiver.received
        received.verify(secret)
        assert ping == {
            "messageId": received.id,
            "event": "ping",
            "status": "DELIVERED",
            "attempts": 1,
            "payload": received.json,
            "responseStatus": 200,
            "responseExcerpt": "ok",
            "error": None,
            "webhook": {"url": receiver.url},
        }
        await _happen(server)
        await receiver.until(2)
        receiver.received[1].verify(secret)
        assert receiver.told == ["ping", "printer_offline"]

        await eventually(lambda: _delivered(server, webhook["id"], 2))
        log = await _log(server, webhook["id"])
        assert [item["event"] for item in log] == ["printer_offline", "ping"]
        again = await change(server, "redeliverWebhook", answer, id=log[0]["id"])
        assert again["delivery"]["messageId"] == receiver.received[1].id
        await receiver.until(3)
        assert receiver.received[2].body == receiver.received[1].body
        assert receiver.received[2].id == receiver.received[1].id

        gone = await change(server, "deleteWebhook", "deletedId", id=webhook["id"])
        assert gone["deletedId"] == webhook["id"]
        for name in ("updateWebhook", "deleteWebhook", "pingWebhook"):
            assert await refused(server, name, id=webhook["id"]) == ("NOT_FOUND", ["input", "id"])
        assert await refused(server, "redeliverWebhook", id=log[0]["id"]) == (
            "NOT_FOUND",
            ["input", "id"],
        )


async def _log(server: RunningServer, webhook_id: str) -> list[dict[str, Any]]:
    query = "query($id: ID!) { webhook(id: $id) { deliveries { nodes { id event status } } } }"
    data = await server.graphql(query, {"id": webhook_id})
    nodes: list[dict[str, Any]] = data["webhook"]["deliveries"]["nodes"]
    return nodes


async def _delivered(server: RunningServer, webhook_id: str, number: int) -> bool:
    log = await _log(server, webhook_id)
    return [item["status"] for item in log] == ["DELIVERED"] * number


async def test_what_cannot_be_an_endpoint_is_refused_by_its_field(server: RunningServer) -> None:
    """Address, events and secret; nothing is made."""
    good = "http://127.0.0.1:9/"
    for given, field in (
        ({"url": "ftp://example.com/"}, "url"),
        ({"url": "http://169.254.169.254/latest/meta-data/"}, "url"),
        ({"url": good, "events": []}, "events"),
        ({"url": good, "events": ["print_started", "deployment.started"]}, "events"),
        ({"url": good, "secret": " "}, "secret"),
        ({"url": good, "secret": "whsec_????"}, "secret"),
    ):
        assert await refused(server, "createWebhook", **given) == ("INVALID", ["input", field])
    made = await change(server, "createWebhook", WEBHOOK, url=good, events=["printer_error"])
    webhook_id = made["webhook"]["id"]
    for given, field in (
        ({"url": "http://0.0.0.0/"}, "url"),
        ({"events": ["nothing"]}, "events"),
        ({"secret": ""}, "secret"),
    ):
        assert await refused(server, "updateWebhook", id=webhook_id, **given) == (
            "INVALID",
            ["input", field],
        )
    changed = await change(
        server, "updateWebhook", WEBHOOK, id=webhook_id, events=["print_failed"], active=False
    )
    assert changed["webhook"] == made["webhook"] | {"events": ["print_failed"], "active": False}


async def test_the_secret_is_never_read_back(server: RunningServer) -> None:
    """No type has it but the answer of making it, and an error does not repeat it."""
    data = await server.graphql(
        "{ __schema { types { name fields { name } inputFields { name } } } }"
    )
    holding = [
        kind["name"]
        for kind in data["__schema"]["types"]
        if any("secret" in item["name"].lower() for item in kind["fields"] or ())
    ]
    # The secret of an application is told once as well, when it is registered.
    assert sorted(holding) == ["CreateWebhookPayload", "RegisterOAuthClientPayload"]


async def test_only_admins_of_the_team_see_webhooks(server: RunningServer) -> None:
    """An operator is refused, another team finds nothing."""
    made = await change(server, "createWebhook", WEBHOOK, url="http://127.0.0.1:9/")
    webhook_id = made["webhook"]["id"]
    operator = await server.member(None, Role.OPERATOR)
    assert (await refused(server, "createWebhook", operator, url="http://127.0.0.1:9/"))[0] == (
        "FORBIDDEN"
    )
    assert (await refused(server, "pingWebhook", operator, id=webhook_id))[0] == "FORBIDDEN"
    body = {"query": "{ webhooks { nodes { url } } }"}
    answer = (await server.client(operator).post("/graphql", json=body)).json()
    assert answer["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    stranger = await server.stranger(Scope.ADMIN)
    for name in ("updateWebhook", "deleteWebhook", "pingWebhook"):
        assert (await refused(server, name, stranger, id=webhook_id))[0] == "NOT_FOUND"
    query = "query($id: ID!) { webhook(id: $id) { url } webhooks { totalCount } }"
    data = await server.graphql(query, {"id": webhook_id}, key=stranger)
    assert data == {"webhook": None, "webhooks": {"totalCount": 0}}


async def test_a_failed_test_is_in_the_log_and_not_repeated(server: RunningServer) -> None:
    """With the answer, or the words why there was none; nothing waits because of it."""
    async with receiving(status(500, "broken"), OK) as receiver:
        made = await change(server, "createWebhook", WEBHOOK, url=receiver.url)
        answer = "delivery { status responseStatus responseExcerpt error nextAttemptAt }"
        ping = await change(server, "pingWebhook", answer, id=made["webhook"]["id"])
    assert ping["delivery"] == {
        "status": "FAILED",
        "responseStatus": 500,
        "responseExcerpt": "broken",
        "error": None,
        "nextAttemptAt": None,
    }
    gone = await change(server, "pingWebhook", answer, id=made["webhook"]["id"])
    assert gone["delivery"]["error"] == "The connection was refused or cannot be made."
    query = "{ webhooks { nodes { failingSince waitingCount } } }"
    assert (await server.graphql(query))["webhooks"]["nodes"] == [
        {"failingSince": None, "waitingCount": 0}
    ]


async def test_the_log_is_paged_and_costs_the_same_for_many(server: RunningServer) -> None:
    """Cursor, status and offset; five webhooks cost as many statements as one."""
    async with receiving() as receiver:
        ids = [
            (await change(server, "createWebhook", WEBHOOK, url=receiver.url))["webhook"]["id"]
            for _ in range(5)
        ]
        await _happen(server, 3)
        await receiver.until(15)
        for webhook_id in ids:
            await eventually(lambda key=webhook_id: _delivered(server, key, 3))
    query = """query($first: Int) { webhooks(first: $first) { nodes { waitingCount
        deliveries(first: 2) { totalCount nodes { payload } pageInfo { endCursor } } } } }"""
    with counted(server.runtime.database) as one:
        await server.graphql(query, {"first": 1})
    with counted(server.runtime.database) as five:
        data = await server.graphql(query, {"first": 5})
    assert len(one) == len(five) == 4
    pages = [node["deliveries"] for node in data["webhooks"]["nodes"]]
    assert [page["totalCount"] for page in pages] == [3] * 5
    reasons = [item["payload"]["data"]["reason"] for item in pages[0]["nodes"]]
    assert reasons == ["2", "1"]
    query = """query($id: ID!, $after: String) { webhook(id: $id) {
        rest: deliveries(after: $after) { nodes { payload } }
        skipped: deliveries(offset: 2, status: DELIVERED) { totalCount nodes { payload } }
        failed: deliveries(status: FAILED) { totalCount } } }"""
    cursor = pages[0]["pageInfo"]["endCursor"]
    found = (await server.graphql(query, {"id": ids[0], "after": cursor}))["webhook"]
    assert [item["payload"]["data"]["reason"] for item in found["rest"]["nodes"]] == ["0"]
    assert found["skipped"]["totalCount"] == 3
    assert found["skipped"]["nodes"] == found["rest"]["nodes"]
    assert found["failed"]["totalCount"] == 0


async def test_the_events_of_each_dialect_are_listed(server: RunningServer) -> None:
    """What endpoints can be told, by name."""
    data = await server.graphql("{ webhookEvents(dialect: BAMBUDDY) { name } }")
    assert [item["name"] for item in data["webhookEvents"]] == EVENTS
