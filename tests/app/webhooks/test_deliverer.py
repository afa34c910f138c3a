"""Messages arrive at least once, in order, signed, whatever endpoints and processes do."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event

from app.archives import runs
from app.database import EVERY_TEAM, Database
from app.events import PrinterDisconnected, PrinterUpdated, WebhookDisabled, WebhookMessagesQueued
from app.webhooks import service, turns
from app.webhooks.deliverer import UNREADABLE
from app.webhooks.models import DeliveryStatus, Webhook
from app.webhooks.service import WebhookChanges
from tests.app.webhooks.conftest import SECRET, Post
from tests.farm import begin, end, listen, make_print
from tests.receiver import OK, receiving, status
from tests.running import eventually

START = datetime(2024, 1, 15, 12, 15, tzinfo=UTC)


async def _offline(post: Post, reason: str = "away") -> None:
    """Something that is told at once."""
    async with post.database.transaction(EVERY_TEAM) as session:
        session.raise_event(
            PrinterDisconnected(
                team_id=post.viewer.team_id, printer_id=post.printer.id, reason=reason
            )
        )


async def _statuses(post: Post) -> list[DeliveryStatus]:
    return [item.status for item in await post.log()]


async def _settled(post: Post, *expected: DeliveryStatus) -> None:
    async def settled() -> bool:
        return await _statuses(post) == list(expected)

    await eventually(settled)


async def test_a_print_is_told_as_documented(post: Post) -> None:
    """The payload of the document, to the letter, signed with a secret that is plain text."""
    async with receiving() as receiver, post.delivering():
        await post.webhook(receiver.url)
        async with post.database.transaction(EVERY_TEAM) as session:
            run_id = await begin(session, post.printer, at=START)
            archive = await end(session, run_id, at=START + timedelta(seconds=8100))
        assert archive is not None
        started, complete = await receiver.until(2)
        told = complete.json
        assert list(told) == ["event", "timestamp", "data"]
        assert told["event"] == "print_complete"
        moment = datetime.strptime(told["timestamp"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
        assert abs(datetime.now(UTC) - moment) < timedelta(minutes=1)
        assert told["data"] == {
            "printer_id": post.printer.id,
            "printer_name": "Workshop X1C",
            "archive_id": archive.id,
            "filename": "benchy.gcode.3mf",
            "duration": 8100,
            "status": "success",
            "progress": 100,
        }
        assert started.json["event"] == "print_started"
        for item in (started, complete):
            item.verify(SECRET.encode())
            assert item.headers["content-type"] == "application/json"
            assert item.target == "/hook"
        assert started.id != complete.id
        await _settled(post, DeliveryStatus.DELIVERED, DeliveryStatus.DELIVERED)
        (_, last) = await post.log()
        assert (last.attempts, last.response_status, last.response_excerpt) == (1, 200, "ok")
        assert last.delivered_at is not None
        assert last.message_id == complete.id


async def test_only_what_was_asked_for_is_told_and_only_to_the_team(post: Post) -> None:
    """Events, activity and team decide; nothing is written for anybody else."""
    async with receiving() as receiver, post.delivering():
        await post.webhook(receiver.url, events=["print_failed", "printer_offline"])
        off = await post.webhook(receiver.url)
        async with post.database.transaction(post.viewer.team_id) as session:
            changes = WebhookChanges(active=False)
            await service.update_webhook(session, post.viewer, off.id, changes, post.sealer)
        await make_print(post.database, post.printer, outcome="success")
        await make_print(post.database, post.printer, outcome="failed")
        await make_print(post.database, post.printer, outcome="stopped")
        failed, stopped = await receiver.until(2)
        assert [item.json["event"] for item in (failed, stopped)] == ["print_failed"] * 2
        assert failed.json["data"]["status"] == "failed"
        assert stopped.json["data"]["status"] == "stopped"
        assert len(await post.log()) == 2


async def test_a_team_without_endpoints_pays_one_statement(post: Post) -> None:
    """The look whether anybody listens; nothing is read for payloads, nothing is written, nobody
    is woken. What no endpoint can hear of costs nothing."""
    told = listen(post.database)
    with statements(post.database) as asked:
        await _offline(post)
    assert [text for text in asked if "webhook" in text] == [
        text for text in asked if text.startswith("SELECT webhooks.id")
    ]
    assert len([text for text in asked if "webhook" in text]) == 1
    with statements(post.database) as asked:
        async with post.database.transaction(EVERY_TEAM) as session:
            session.raise_event(
                PrinterUpdated(team_id=post.viewer.team_id, printer_id=post.printer.id)
            )
    assert not any("webhook" in text for text in asked)
    assert await post.log() == []
    assert not any(isinstance(item, WebhookMessagesQueued) for item in told)


@contextmanager
def statements(database: Database) -> Iterator[list[str]]:
    """Every statement that is sent to the database meanwhile."""
    found: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
        found.append(statement)

    engine = database.write_engine.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(engine, "before_cursor_execute", note)


async def test_an_endpoint_that_fails_is_tried_again_in_order(post: Post) -> None:
    """The first retry within 30 s, under the same id and with the same body; what came later
    waits behind it."""
    async with receiving(status(500, "not now"), OK) as receiver, post.delivering():
        webhook = await post.webhook(receiver.url)
        await _offline(post, "first")
        (first,) = await receiver.until(1)
        await _offline(post, "second")
        await eventually(lambda: _is_failing(post, webhook))
        found = await post.read(webhook)
        assert found.failing_since is not None
        assert found.retry_at is not None
        assert timedelta(0) < found.retry_at - found.failing_since <= timedelta(seconds=30)
        waiting = (await post.log())[0]
        assert (waiting.response_status, waiting.response_excerpt) == (500, "not now")
        assert len(receiver.received) == 1
        post.later(seconds=30)
        _, again, second = await receiver.until(3)
        assert (again.id, again.body) == (first.id, first.body)
        assert again.headers["webhook-signature"]
        assert second.json["data"]["reason"] == "second"
        await _settled(post, DeliveryStatus.DELIVERED, DeliveryStatus.DELIVERED)
        found = await post.read(webhook)
        assert (found.failing_since, found.retry_at, found.leased_by) == (None, None, None)
        assert [item.attempts for item in await post.log()] == [2, 1]


async def _is_failing(post: Post, webhook: Webhook) -> bool:
    return (await post.read(webhook)).failing_since is not None


async def test_after_a_day_of_failures_it_is_given_up_with_a_notice(post: Post) -> None:
    """The last attempt is made when 24 hours are over; then an event says so and nothing more is
    sent, until somebody turns it on again: what waited then arrives, oldest first."""
    async with receiving(status(503, "down")) as receiver, post.delivering():
        webhook = await post.webhook(receiver.url)
        told = []
        tell = post.database.tell
        post.database.tell = lambda events: (told.extend(events), tell(events))  # type: ignore[func-returns-value]
        await _offline(post, "first")
        await receiver.until(1)
        for number in range(2, 8):
            await eventually(lambda: _has_retry(post, webhook))
            post.later(hours=3.99)
            await receiver.until(number)
        await _offline(post, "second")
        await eventually(lambda: _has_retry(post, webhook))
        assert (await post.read(webhook)).active
        post.later(hours=4)
        await receiver.until(8)
        await _settled(post, DeliveryStatus.FAILED, DeliveryStatus.PENDING)
        found = await post.read(webhook)
        assert not found.active
        assert found.disabled_at is not None
        assert found.notice == "Nothing was accepted for 24 hours. At last: HTTP status 503."
        (disabled,) = [item for item in told if isinstance(item, WebhookDisabled)]
        assert (disabled.webhook_id, disabled.notice) == (webhook.id, found.notice)
        await _offline(post, "while it was off")
        assert len(await post.log()) == 2

        receiver.answers = [OK]
        async with post.database.transaction(post.viewer.team_id) as session:
            changes = WebhookChanges(active=True)
            await service.update_webhook(session, post.viewer, webhook.id, changes, post.sealer)
        await receiver.until(9)
        assert receiver.received[-1].json["data"]["reason"] == "second"
        await _settled(post, DeliveryStatus.FAILED, DeliveryStatus.DELIVERED)
        assert (await post.read(webhook)).notice is None
        # By hand the failed one is sent after all, under the id it had.
        (failed, _) = await post.log()
        async with post.database.transaction(post.viewer.team_id) as session:
            again = await service.redeliver(session, post.viewer, failed.id)
        assert again.id != failed.id
        await receiver.until(10)
        assert receiver.received[-1].id == failed.message_id
        assert receiver.received[-1].body == failed.body.encode()


async def _has_retry(post: Post, webhook: Webhook) -> bool:
    found = await post.read(webhook)
    return found.retry_at is not None and found.leased_by is None


async def test_a_slow_endpoint_delays_nobody_else(post: Post) -> None:
    """While one endpoint does not answer at all, another is told everything."""
    never = asyncio.Event()

    async def silent(*_: object) -> bytes:
        await never.wait()
        return OK

    async with receiving(silent) as slow, receiving() as quick, post.delivering():
        await post.webhook(slow.url)
        await post.webhook(quick.url)
        for number in range(5):
            await _offline(post, str(number))
        await quick.until(5)
        assert [item.json["data"]["reason"] for item in quick.received] == list("01234")
        assert len(slow.received) == 1
        never.set()
        await slow.until(5)
        assert [item.json["data"]["reason"] for item in slow.received] == list("01234")


async def test_processes_share_the_work_and_keep_the_order(post: Post) -> None:
    """Two processes, one endpoint: each message once, in order."""
    async with receiving() as receiver, post.delivering("one"), post.delivering("two"):
        await post.webhook(receiver.url)
        for number in range(20):
            await _offline(post, str(number))
            post.later(seconds=0)
        await receiver.until(20)
        await _settled(post, *[DeliveryStatus.DELIVERED] * 20)
        reasons = [item.json["data"]["reason"] for item in receiver.received]
        assert reasons == [str(number) for number in range(20)]


async def test_the_work_of_a_dead_process_is_taken_over(post: Post) -> None:
    """Its lease runs out, and another sends the same message; what the dead one would still
    write is ignored."""
    async with receiving() as receiver:
        webhook = await post.webhook(receiver.url)
        await _offline(post)
        async with post.database.transaction(EVERY_TEAM) as session:
            now = await post.clock(session)
            dead = await turns.claim(session, "dead", webhook.id, now)
            assert dead is not None
            assert await turns.claim(session, "another", webhook.id, now) is None
        post.database.embedded = False
        async with post.delivering("alive"):
            await asyncio.sleep(0.3)
            assert receiver.received == []
            post.later(seconds=turns.LEASE.total_seconds() + 1)
            await receiver.until(1)
            assert receiver.received[0].id == dead.message_id
            await _settled(post, DeliveryStatus.DELIVERED)
        async with post.database.transaction(EVERY_TEAM) as session:
            outcome = turns.Outcome(1, error="too late")
            late = await turns.settle(
                session, "dead", dead, outcome, now, go_on=True, dice=lambda: 0.5
            )
        assert late is None
        assert (await post.log())[0].attempts == 1


async def test_an_endpoint_too_much_waits_for_is_given_up(post: Post, monkeypatch: object) -> None:
    """The outbox is bounded: beyond the bound the endpoint is turned off with a notice."""
    from app.webhooks import retries

    monkeypatch.setattr(retries, "MAX_WAITING", 3)  # type: ignore[attr-defined]
    async with receiving() as receiver:
        webhook = await post.webhook(receiver.url)
        for number in range(4):
            await _offline(post, str(number))
        async with post.delivering():
            await eventually(lambda: _is_off(post, webhook))
        assert receiver.received == []
        assert (await post.read(webhook)).notice == "More than 3 messages wait for it."


async def _is_off(post: Post, webhook: Webhook) -> bool:
    return not (await post.read(webhook)).active


async def test_old_messages_are_forgotten_unless_they_wait(post: Post) -> None:
    """30 days after they were written; what still waits for an active endpoint is kept."""
    async with receiving(OK, status(500)) as receiver, post.delivering():
        await post.webhook(receiver.url)
        await _offline(post, "told")
        await _settled(post, DeliveryStatus.DELIVERED)
        await _offline(post, "waits")
        await receiver.until(2)
        async with post.database.transaction(EVERY_TEAM) as session:
            before = datetime.now(UTC) + timedelta(seconds=1)
            assert await turns.forget(session, before - timedelta(days=30)) == 0
            assert await turns.forget(session, before) == 1
        assert await _statuses(post) == [DeliveryStatus.PENDING]


async def test_an_open_run_is_named_by_its_printers_troubles(post: Post) -> None:
    """Which print is on the printer that went away, and for how long it has been running."""
    async with receiving() as receiver, post.delivering():
        await post.webhook(receiver.url, events=["printer_offline"])
        at = datetime.now(UTC) - timedelta(minutes=10)
        async with post.database.transaction(EVERY_TEAM) as session:
            run_id = await begin(session, post.printer, at=at)
            run = await runs.open_run(session, post.printer.id)
            assert run is not None
            assert run.id == run_id
        await _offline(post, "The printer does not report.")
        (told,) = await receiver.until(1)
        data = told.json["data"]
        assert data.pop("duration") in (600, 601)
        assert data == {
            "printer_id": post.printer.id,
            "printer_name": "Workshop X1C",
            "archive_id": run.archive_id,
            "filename": "benchy.gcode.3mf",
            "status": "offline",
            "reason": "The printer does not report.",
        }


async def test_secrets_reach_no_log(post: Post, caplog: pytest.LogCaptureFixture) -> None:
    """Neither that of an endpoint nor what its address carries, whatever goes wrong."""
    caplog.set_level("DEBUG")
    async with receiving(status(500), OK) as receiver, post.delivering():
        webhook = await post.webhook(f"{receiver.url}?token=of-the-address")
        await _offline(post)
        await receiver.until(1)
        await eventually(lambda: _has_retry(post, webhook))
        async with post.database.transaction(EVERY_TEAM) as session:
            found = await session.get_one(Webhook, webhook.id)
            found.sealed_secret = b"sealed by somebody else"
        post.later(seconds=30)
        await eventually(lambda: _is_unreadable(post))
    assert SECRET not in caplog.text
    assert "of-the-address" not in caplog.text
    assert SECRET not in repr(await post.log())


async def _is_unreadable(post: Post) -> bool:
    return (await post.log())[0].error == UNREADABLE
