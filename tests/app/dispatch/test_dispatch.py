"""What waits in the queue is sent, printed once, and recorded, whatever printers do."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from app.simulator.jobs import Filament, Job
from tests.app.dispatch.house import House, house
from tests.running import eventually
from tests.schema.asking import change, refused

# What printers do and a print survives: each begins exactly once.
SURVIVED: dict[str, dict[str, Any]] = {
    "lost acknowledgement": {"lose_acknowledgements": True},
    "begins 50 s later": {"start_delay_seconds": 50.0},
    "begins 135 s later": {"start_delay_seconds": 135.0, "lose_acknowledgements": True},
    "names come late": {"late_names_seconds": 30.0},
    "a late last word": {"late_reply_seconds": 1.0},
    "a 426 at the end": {"abort_after_upload": True},
    "cut off once": {"drop_upload_at": 2_000, "drop_upload_times": 1},
}
# What no attempt survives: how often it is tried, how the last one ended, and the reason.
GIVEN_UP: dict[str, tuple[dict[str, Any], int, str, str]] = {
    "busy": ({"refuse_jobs": "busy"}, 3, "REJECTED", "The printer is busy."),
    "never begins": ({"never_starts": True}, 1, "LOST", "took the order but did not begin"),
    "cut off": ({"drop_upload_at": 2_000}, 3, "FAILED", "cut off"),
    "no card": ({"storage_missing": True}, 1, "FAILED", "cannot store the file"),
    "full card": ({"storage_full": True}, 1, "FAILED", "storage is full"),
}


def quirks(made: House, number: int, **about: Any) -> None:
    for name, value in about.items():
        setattr(made.printers[number].quirks, name, value)


async def test_an_item_is_sent_printed_and_recorded(tmp_path: Path) -> None:
    """From the file to the record of its print, on a printer nobody named, and no file is left."""
    async with house(tmp_path, "p1s") as made:
        archive = await made.file("Cable clip ×24")
        asked = "subscription { queueChanged { reason queueItem { status uploadProgress } } }"
        async with made.server.subscription(asked) as changes:
            await asyncio.sleep(0.1)
            item_id = await made.queue(archive)
            seen: list[dict[str, Any]] = []
            reasons: list[str] = []
            while not seen or seen[-1]["status"] != "COMPLETED":
                change = (await changes.next())["queueChanged"]
                seen.append(change["queueItem"])
                reasons.append(change["reason"])
        # The print makes a record, but the item was there before.
        assert reasons[0] == "CREATED"
        assert set(reasons[1:]) == {"UPDATED"}
        item = await made.item(item_id)
        assert item["attempts"] == 1
        assert item["printer"] == {"name": "P1S 01"}
        assert item["error"] is None
        assert item["waitingReason"] is None
        assert item["dispatch"] == {"stage": "STARTED", "reason": None}
        assert item["result"]["name"] == "Cable clip ×24"
        assert item["result"]["status"] == "SUCCESS"
        states = list(dict.fromkeys(each["status"] for each in seen))
        assert states == ["PENDING", "UPLOADING", "PRINTING", "COMPLETED"]
        assert 100 in [each["uploadProgress"] for each in seen]
        assert made.begun() == [f"/Cable_clip_24-q{item['databaseId']}.3mf"]
        (record,) = await made.history()
        assert record["progress"] == 100
        assert record["filename"] == "Cable clip ×24.gcode.3mf"
        await eventually(lambda: not made.printers[0].files)


async def test_prints_that_printers_make_hard(tmp_path: Path) -> None:
    """One printer for each trouble: every item is printed exactly once."""
    models = ["p1s", "x1c", "h2d", "p1p", "a1", "p2s", "x1c-old"][: len(SURVIVED)]
    async with house(tmp_path, *models) as made:
        items = []
        for number, about in enumerate(SURVIVED.values()):
            quirks(made, number, **about)
            archive = await made.file(f"Part {number}", number=number)
            items.append(await made.queue(archive, printerId=made.ids[number]))
        ended = [await made.becomes(item, "COMPLETED", 60) for item in items]
        assert {
            name: len(made.begun(number)) for number, name in enumerate(SURVIVED)
        } == dict.fromkeys(SURVIVED, 1)
        attempts = dict(zip(SURVIVED, (item["attempts"] for item in ended), strict=True))
        assert attempts == dict.fromkeys(SURVIVED, 1) | {"cut off once": 2}
        history = await made.history()
        assert sorted(record["name"] for record in history) == [
            f"Part {number}" for number in range(len(SURVIVED))
        ]
        assert {record["status"] for record in history} == {"SUCCESS"}


async def test_prints_that_are_given_up(tmp_path: Path) -> None:
    """At most two retries, the reason on the item, nothing printed, the printer free again."""
    models = ["p1s", "x1c", "a1", "p2s", "h2d"]
    async with house(tmp_path, *models) as made:
        items = []
        for number, (about, *_rest) in enumerate(GIVEN_UP.values()):
            quirks(made, number, **about)
            archive = await made.file(f"Part {number}", number=number)
            items.append(await made.queue(archive, printerId=made.ids[number]))
        for item_id, (name, told) in zip(items, GIVEN_UP.items(), strict=True):
            _about, attempts, stage, words = told
            item = await made.becomes(item_id, "FAILED", 60)
            assert (name, item["attempts"], item["dispatch"]["stage"]) == (name, attempts, stage)
            assert words in item["error"]
            assert item["completedAt"] is not None
        assert [made.begun(number) for number in range(len(models))] == [[]] * len(models)
        assert await made.history() == []
        # What stood in the way is gone: the same printers print the next item.
        for number, (about, *_rest) in enumerate(GIVEN_UP.values()):
            plain = type(made.printers[number].quirks)()
            quirks(made, number, **{key: getattr(plain, key) for key in about})
        archive = await made.file("Once more", number=0)
        again = await made.queue(archive, printerId=made.ids[0])
        assert (await made.becomes(again, "COMPLETED"))["attempts"] == 1


@pytest.mark.parametrize("form", ["failed", "err_code", "bare_echo", "hms_only"])
async def test_a_printer_that_takes_no_orders(tmp_path: Path, form: str) -> None:
    """The item waits and says why; with Developer Mode on and a new connection it is printed."""
    async with house(tmp_path, "p1s") as made:
        quirks(made, 0, refuse_jobs=form)
        item_id = await made.queue(await made.file(), printerId=made.ids[0])
        why = "P1S 01 needs Developer Mode (LAN Only) to be turned on."

        async def waits() -> bool:
            item = await made.item(item_id)
            return bool(item["status"] == "PENDING" and item["waitingReason"] == why)

        await eventually(waits, 30)
        item = await made.item(item_id)
        assert item["attempts"] == 1
        assert item["dispatch"]["stage"] == "REJECTED"
        assert item["error"]
        assert made.begun() == []
        quirks(made, 0, refuse_jobs=None)
        made.printers[0].sim.machine.hms.clear()
        broker = made.printers[0].broker
        assert broker is not None
        broker.drop_all()
        assert (await made.becomes(item_id, "COMPLETED"))["attempts"] == 2
        assert len(made.begun()) == 1


async def test_a_connection_that_carries_no_requests(tmp_path: Path) -> None:
    """Nothing happens, nothing is known: after the limit it is sent again over a new one."""
    async with house(tmp_path, "x1c") as made:
        quirks(made, 0, ignores_requests=True)
        item_id = await made.queue(await made.file(), printerId=made.ids[0])

        async def lost() -> bool:
            item = await made.item(item_id)
            return bool(item["dispatch"] and item["dispatch"]["stage"] == "LOST")

        await eventually(lost, 40)
        quirks(made, 0, ignores_requests=False)
        assert (await made.becomes(item_id, "COMPLETED", 60))["attempts"] == 2
        assert len(made.begun()) == 1
        assert len(await made.history()) == 1


async def test_what_somebody_starts_meanwhile_is_left_alone(tmp_path: Path) -> None:
    """A print begun at the printer while the file is sent goes on; the item waits for its end."""
    async with house(tmp_path, "a1mini") as made:
        quirks(made, 0, bytes_per_second=8_000)
        item_id = await made.queue(await made.file(seconds=30), printerId=made.ids[0])
        await made.becomes(item_id, "UPLOADING")
        sim = made.printers[0].sim
        quirks(made, 0, bytes_per_second=None)
        slot = sim.machine.slots[0]
        loaded = (Filament(slot.material, slot.color),)
        sim.start(Job("Somebody's own", seconds=240.0, filaments=loaded))
        own = sim.machine.job
        item = await made.becomes(item_id, "PENDING")
        # The last one when it was noticed while the file was still on its way.
        assert item["waitingReason"].endswith(
            (
                "A1 mini 01 is printing.",
                "The plate of A1 mini 01 must be cleared.",
                "The printer has begun something else.",
            )
        )
        assert sim.machine.job is own
        await eventually(lambda: sim.machine.state == "FINISH", 30)
        await made.clear()
        await made.becomes(item_id, "COMPLETED", 60)
        assert [record["name"] for record in await made.history()] == ["Somebody's own", "Bracket"]
        assert [record["status"] for record in await made.history()] == ["SUCCESS", "SUCCESS"]


async def test_an_item_is_cancelled_at_every_stage(tmp_path: Path) -> None:
    """While it is sent, after it was ordered, and while it prints: never printed to its end."""
    async with house(tmp_path, "p1s", "h2d", "x1c") as made:
        quirks(made, 0, bytes_per_second=4_000)
        quirks(made, 1, start_delay_seconds=150.0)
        items = []
        for number in range(3):
            archive = await made.file(f"Part {number}", number=number, seconds=3_000)
            items.append(await made.queue(archive, printerId=made.ids[number]))
        await made.becomes(items[0], "UPLOADING")
        await made.becomes(items[1], "PRINTING")

        async def begun() -> bool:
            dispatch = (await made.item(items[2]))["dispatch"]
            return bool(dispatch and dispatch["stage"] == "STARTED")

        await eventually(begun, 30)
        for item_id in items:
            told = await refused(made.server, "updateQueueItem", id=item_id, plate=1)
            assert told == ("CONFLICT", ["input", "id"])
            done = await change(made.server, "cancelQueueItem", "queueItem { id }", id=item_id)
            assert done["userErrors"] == []
        for item_id in items:
            await made.becomes(item_id, "CANCELLED")
        assert made.begun(0) == []
        await eventually(lambda: all(not printer.files for printer in made.printers), 30)
        history = await made.history()
        assert {record["status"] for record in history} <= {"STOPPED"}
        assert "Part 2" in [record["name"] for record in history]


async def test_items_for_any_printer_go_where_they_fit(tmp_path: Path) -> None:
    """By model, by filament, and evenly; what fits nowhere says why."""
    async with house(tmp_path, "p1s", "p1s", "a1") as made:
        archive = await made.file("Clip", seconds=120)
        made.printers[1].sim.machine.slots[0].material = "PLA"
        slots = made.printers[0].sim.machine.slots
        for printer in made.printers:
            printer.sim.machine.slots[:] = [type(slots[0])("PLA", slots[0].color)]
            printer.sim.push_all()
        items = [await made.queue(archive, quantity=1) for _ in range(3)]
        blue = await made.file("Blue", filaments=(Filament("PETG", "0000FF", 5.0),))
        wrong = await made.queue(blue)
        for item_id in items[:2]:
            await made.becomes(item_id, "PRINTING")
        used = {(await made.item(item_id))["printer"]["name"] for item_id in items[:2]}
        assert used == {"P1S 01", "P1S 02"}
        for number in (0, 1):
            await eventually(lambda n=number: made.printers[n].sim.machine.state == "FINISH", 30)
            await made.clear(number)
        await made.becomes(items[2], "COMPLETED")
        assert len(made.begun(2)) == 0

        async def no_petg() -> bool:
            reason = (await made.item(wrong))["waitingReason"]
            return bool(reason and "2 have other filament" in reason)

        for number in (0, 1):
            await made.clear(number)
        await eventually(no_petg)
        assert (await made.item(wrong))["waitingReason"] == (
            "Waiting for a free printer that fits: 1 is another model, 2 have other filament."
        )
        named = await change(
            made.server,
            "updateQueueItem",
            "queueItem { waitingReason }",
            id=wrong,
            printerId=made.ids[0],
        )
        assert named["queueItem"]["waitingReason"] == "PETG #0000FF is not loaded in P1S 01."
        await change(
            made.server,
            "updateQueueItem",
            "queueItem { id }",
            id=wrong,
            filaments=[{"filament": 1, "unit": 0, "slot": 0}],
        )
        await made.becomes(wrong, "COMPLETED")
