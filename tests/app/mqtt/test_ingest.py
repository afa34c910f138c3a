"""A printer on a socket, a database underneath: from reports to statuses and history."""

import asyncio
from dataclasses import replace

import pytest

from app.errors import Conflict, Unreachable
from app.mqtt.commands import REFUSED_WORDS
from app.mqtt.ingest import NO_BROKER
from app.printers.models import Trust
from app.printers.status import ConnectionState, PrinterState, SpeedLevel
from tests.app.mqtt.fake_printer import FakePrinter
from tests.app.mqtt.farm import QUICK, Farm, until
from tests.app.mqtt.reports import p1, running

SERIAL = "01P00A381200434"


@pytest.fixture
async def printer(tmp_path):
    async with FakePrinter(SERIAL, tmp_path) as fake:
        yield fake


@pytest.fixture
async def farm(sqlite_url):
    async with Farm(sqlite_url).running() as running_farm:
        yield running_farm


def is_connected(farm, printer_id):
    return lambda: farm.status(printer_id).connection is ConnectionState.CONNECTED


async def connect(farm, printer, **fields):
    printer_id = await farm.add(printer.serial, printer.port, **fields)
    await until(is_connected(farm, printer_id), "connected")
    return printer_id


async def test_a_printer_reports_and_is_seen(farm, printer):
    """State, temperatures, firmware and spools of a printer that was just added."""
    printer.full = p1(**running())
    printer_id = await connect(farm, printer)
    await until(lambda: farm.status(printer_id).firmware_version, "firmware")
    status = farm.status(printer_id)
    assert status.state is PrinterState.PRINTING
    assert (status.progress, status.remaining_time) == (37, 5040)
    assert status.temperatures.nozzle == 25.0
    assert status.firmware_version == "01.08.02.00"
    assert status.ams[0].trays[0].material == "PLA"
    assert printer.subscriptions == [f"device/{SERIAL}/report"]


async def test_a_print_becomes_an_archive(farm, printer):
    """Started, paused, resumed and finished: one archive with times, names and filament."""
    printer_id = await connect(farm, printer)
    printer.push(**running(mc_percent=0, layer_num=0, mc_remaining_time=10))
    await farm.has_archives("printing")
    await until(
        lambda: (farm.status(printer_id).job or 0) and farm.status(printer_id).job.archive_id
    )
    printer.report(mc_percent=50, layer_num=70, ams={"tray_now": "2"})
    printer.report(gcode_state="PAUSE", stg_cur=16)
    printer.report(gcode_state="RUNNING", stg_cur=0)
    printer.report(gcode_state="FINISH", mc_percent=100)
    await farm.has_archives("success")
    (archive,) = await farm.archives()
    assert (archive.name, archive.filename) == ("bracket_v2", "bracket_v2.3mf")
    assert (archive.progress, archive.total_layers) == (100, 140)
    assert archive.estimated_duration == 600
    assert archive.filament_type == "PLA"
    assert archive.completed_at is not None
    assert archive.duration == round((archive.completed_at - archive.started_at).total_seconds())
    assert await farm.story() == [
        "print_started",
        "print_paused",
        "print_resumed",
        "print_finished",
    ]
    assert (await farm.printer(printer_id)).awaiting_plate_clear
    assert farm.status(printer_id).job is None


async def test_finish_repeated_a_thousand_times_is_one_event(farm, printer):
    """A sticky end is told once."""
    await connect(farm, printer)
    printer.push(**running())
    for _ in range(1000):
        printer.report(gcode_state="FINISH")
    await farm.has_archives("success")
    seen = farm.ingest.counts.messages
    printer.report(bed_temper=30)
    await until(lambda: farm.ingest.counts.messages > seen)
    assert await farm.story() == ["print_started", "print_finished"]


async def test_a_cancel_keeps_the_percent_and_a_failure_its_cause(farm, printer):
    """Stopped where it was; failed with words."""
    await connect(farm, printer)
    printer.push(**running(subtask_id="1", mc_percent=42))
    printer.report(gcode_state="FAILED", print_error=50348044, mc_percent=0, layer_num=0)
    await farm.has_archives("stopped")
    printer.push(**running(subtask_id="2", print_error=0))
    printer.report(gcode_state="FAILED", print_error=50348032)
    await farm.has_archives("stopped", "failed")
    stopped, failed = await farm.archives()
    assert stopped.progress == 42
    assert stopped.failure_reason == "Cancelled at the printer."
    assert failed.failure_reason == "Homing the Z axis failed; the print was stopped. (0300-4000)"


async def test_a_restart_in_mid_print_goes_on_with_the_same_archive(sqlite_url, printer):
    """No second run, no second event; the state is there, marked stale, before the first word."""
    async with Farm(sqlite_url).running() as farm:
        printer_id = await connect(farm, printer)
        printer.push(**running(mc_percent=40))
        await farm.has_archives("printing")
        seq = farm.status(printer_id).seq
    printer.mute = True
    async with Farm(sqlite_url, "two").running() as farm:
        await until(lambda: farm.status(printer_id).connection is ConnectionState.STALE)
        stale = farm.status(printer_id)
        assert (stale.state, stale.progress) == (PrinterState.PRINTING, 40)
        assert stale.connection_detail
        assert stale.seq > seq
        await until(lambda: printer.connected == 1)
        printer.mute = False
        printer.push(mc_percent=41)
        await until(is_connected(farm, printer_id))
        printer.push(gcode_state="FINISH")
        await farm.has_archives("success")
        assert await farm.story() == ["print_started", "print_finished"]


async def test_a_lost_connection_is_made_again_with_a_fresh_client_id(farm, printer):
    """Dropped in mid-print: connected again, still one run; ended meanwhile: ended late."""
    printer_id = await connect(farm, printer)
    printer.push(**running(subtask_id="7", mc_percent=90))
    await farm.has_archives("printing")
    printer.drop()
    await until(lambda: len(printer.client_ids) == 2 and is_connected(farm, printer_id)())
    assert len(set(printer.client_ids)) == 2
    assert len(await farm.archives()) == 1
    await printer.stop()
    await until(lambda: farm.status(printer_id).connection is ConnectionState.OFFLINE)
    assert farm.status(printer_id).state is PrinterState.OFFLINE
    assert "refuses connections" in farm.status(printer_id).connection_detail
    printer.full |= {"gcode_state": "FINISH"}
    await printer.start()
    await farm.has_archives("success")
    await until(is_connected(farm, printer_id))


async def test_another_job_after_an_absence(farm, printer):
    """What ended unseen is recorded as stopped, and the new job as its own print."""
    printer_id = await connect(farm, printer)
    printer.push(**running(subtask_id="7", mc_percent=90))
    await farm.has_archives("printing")
    printer.push(mc_percent=91)
    await until(lambda: farm.status(printer_id).progress == 91)
    await printer.stop()
    printer.full |= running(subtask_id="8", mc_percent=3, subtask_name="other")
    await printer.start()
    await farm.has_archives("stopped", "printing")
    assert [archive.name for archive in await farm.archives()] == ["bracket_v2", "other"]


async def test_a_wrong_access_code_is_told_and_a_new_one_tried_at_once(farm, printer):
    """The state names the cause; changing the code does not wait for the slow retry."""
    printer_id = await farm.add(SERIAL, printer.port, code="wrong")
    await until(lambda: farm.status(printer_id).connection is ConnectionState.ACCESS_CODE_REJECTED)
    status = farm.status(printer_id)
    assert status.state is PrinterState.OFFLINE
    assert "access code" in status.connection_detail
    await farm.change(printer_id, sealed_access_code=farm.sealer.seal("12345678"))
    await until(is_connected(farm, printer_id))


async def test_another_printers_certificate_is_a_serial_mismatch(farm, tmp_path):
    """The access code is not sent to a printer that shows another serial number."""
    async with FakePrinter(SERIAL, tmp_path, name="01P00A000000009") as fake:
        printer_id = await farm.add(SERIAL, fake.port)
        await until(lambda: farm.status(printer_id).connection is ConnectionState.SERIAL_MISMATCH)
        assert "01P00A000000009" in farm.status(printer_id).connection_detail
        assert fake.client_ids == []


async def test_a_changed_key_is_rejected_until_it_is_trusted_anew(farm, printer):
    """The key seen first is kept; another one is refused without sending the access code."""
    printer_id = await connect(farm, printer)
    async with asyncio.timeout(10):
        while (await farm.printer(printer_id)).pinned_key is None:
            await asyncio.sleep(0.02)
    await printer.stop()
    seen = len(printer.client_ids)
    printer.new_key()
    await printer.start()
    await until(lambda: farm.status(printer_id).connection is ConnectionState.CERTIFICATE_REJECTED)
    assert len(printer.client_ids) == seen
    await farm.change(printer_id, pinned_key=None)
    await until(is_connected(farm, printer_id))


async def test_an_authority_must_vouch_where_it_is_asked_to(farm, printer):
    """Without an authority's signature the certificate is refused."""
    printer_id = await farm.add(SERIAL, printer.port, trust=Trust.AUTHORITY)
    await until(lambda: farm.status(printer_id).connection is ConnectionState.CERTIFICATE_REJECTED)
    assert printer.client_ids == []


async def test_silence_is_noticed_and_mended(sqlite_url, printer):
    """A printer that stops talking becomes stale and is connected anew."""
    timing = replace(QUICK, silence=0.5, first_report=0.3)
    async with Farm(sqlite_url, timing=timing).running() as farm:
        printer_id = await connect(farm, printer)
        printer.mute = True
        await until(lambda: farm.status(printer_id).connection is ConnectionState.STALE)
        assert farm.status(printer_id).connection_detail.startswith("No report for")
        await until(lambda: len(printer.client_ids) >= 2)
        printer.mute = False
        await until(is_connected(farm, printer_id))


async def test_mute_from_the_beginning_means_a_wrong_serial(sqlite_url, printer):
    """Without a certificate to go by, silence after subscribing points to the serial."""
    timing = replace(QUICK, first_report=0.2)
    async with Farm(sqlite_url, timing=timing).running() as farm:
        printer.mute = True
        printer_id = await farm.add(SERIAL, printer.port, trust=Trust.NONE)
        await until(lambda: farm.status(printer_id).connection is ConnectionState.SERIAL_MISMATCH)
        assert SERIAL in farm.status(printer_id).connection_detail


async def test_a_session_that_ignores_requests_is_made_anew(sqlite_url, printer):
    """Reports flow but requests are ignored: only a new connection helps."""
    timing = replace(QUICK, version_answer=0.2, answer=0.2)
    async with Farm(sqlite_url, timing=timing).running() as farm:
        printer_id = await connect(farm, printer)
        await until(lambda: farm.status(printer_id).firmware_version)
        printer.deaf = True
        printer.push(**running())
        await until(lambda: farm.status(printer_id).can_pause)
        with pytest.raises(Unreachable, match="did not answer"):
            await farm.ingest.pause(printer_id)
        await until(lambda: len(printer.client_ids) >= 2, "a new session")


async def test_garbage_costs_nothing(farm, printer):
    """Broken messages are counted, the connection stays, and the next report is taken in."""
    printer_id = await connect(farm, printer)
    for payload in (b"", b"{", b"[1]", b"\xff\xfe", b'{"print":{"command":"push_status","ams":7}}'):
        printer.send(payload)
    printer.send({"print": {"command": "push_status", "pad": "x" * 262_144, "msg": 1}})
    printer.push(**running())
    await until(lambda: farm.status(printer_id).state is PrinterState.PRINTING)
    assert farm.ingest.counts.unreadable == 4
    assert len(printer.client_ids) == 1


async def test_commands_reach_the_printer(farm, printer):
    """Accepted commands return; what the state forbids is a conflict in words."""
    printer_id = await connect(farm, printer)
    with pytest.raises(Conflict, match="Nothing is printing"):
        await farm.ingest.pause(printer_id)
    printer.push(**running())
    await until(lambda: farm.status(printer_id).can_pause)
    await farm.ingest.pause(printer_id)
    await farm.ingest.set_speed(printer_id, SpeedLevel.SPORT)
    await farm.ingest.set_light(printer_id, on=True)
    assert [command for _, command in printer.requests][-3:] == ["pause", "print_speed", "ledctrl"]
    asked = printer.asked("pushall")
    await farm.ingest.refresh(printer_id)
    await until(lambda: printer.asked("pushall") == asked + 1)


async def test_more_commands_than_acknowledgements(farm, printer):
    """A printer that acknowledges nothing on the wire does not stop the commands."""
    printer_id = await connect(farm, printer)
    for _ in range(40):
        await farm.ingest.set_light(printer_id, on=True)
    assert printer.asked("ledctrl") == 40


@pytest.mark.parametrize(
    "reply",
    [
        {"result": "failed", "reason": "mqtt message verify failed", "err_code": 84033543},
        {"err_code": 84033543},
        {},
    ],
)
async def test_a_refused_command_is_a_state_of_its_own(farm, printer, reply):
    """The printer is watched but does not obey, until it does."""
    printer_id = await connect(farm, printer)
    printer.reply = reply
    with pytest.raises(Conflict, match="Developer Mode"):
        await farm.ingest.set_light(printer_id, on=True)
    await until(lambda: farm.status(printer_id).connection is ConnectionState.CONTROL_REFUSED)
    assert farm.status(printer_id).connection_detail == REFUSED_WORDS
    printer.reply = {"result": "success"}
    await farm.ingest.set_light(printer_id, on=True)
    await until(is_connected(farm, printer_id))


async def test_a_stop_from_here_is_a_stopped_print(farm, printer):
    """FAILED after our own stop command is no failure."""
    printer_id = await connect(farm, printer)
    printer.push(**running())
    await until(lambda: farm.status(printer_id).can_stop)
    await farm.ingest.stop(printer_id)
    printer.report(gcode_state="FAILED", mc_percent=0)
    await farm.has_archives("stopped")
    assert (await farm.archives())[0].failure_reason == "Stopped from here."


async def test_unreachable_printers_say_so(farm):
    """Commands for printers without a connection fail in words, as does a printer without way."""
    lonely = await farm.add("01P00A000000001", None)
    await until(lambda: farm.status(lonely).connection is ConnectionState.OFFLINE)
    assert farm.status(lonely).connection_detail == NO_BROKER
    with pytest.raises(Unreachable, match="no live connection"):
        await farm.ingest.pause(lonely)
    with pytest.raises(Unreachable):
        await farm.ingest.pause(999)


async def test_statuses_keep_a_pace_and_count_up(farm, printer):
    """A rush of reports is published in fewer statuses, each numbered one higher."""
    printer_id = await connect(farm, printer)
    heard = []
    farm.hub.listen("status", lambda message: heard.append(farm.live.read(message)))
    before = farm.status(printer_id).seq
    seen = farm.ingest.counts.messages
    for degrees in range(500):
        printer.report(nozzle_temper=degrees / 2)
    await until(lambda: farm.ingest.counts.messages >= seen + 500)
    await until(lambda: farm.status(printer_id).temperatures.nozzle == 249.5)
    assert [change.status.seq for change in heard] == list(
        range(before + 1, before + 1 + len(heard))
    )
    assert len(heard) < 500


async def test_a_removed_printer_is_let_go(farm, printer):
    """Its connection closes and its status is forgotten."""
    printer_id = await connect(farm, printer)
    async with farm.database.transaction(0) as session:
        session.info["scope"] = (await farm.printer(printer_id)).team_id
        await session.delete(
            await session.get_one(type(await farm.printer(printer_id)), printer_id)
        )
    await until(lambda: printer.connected == 0)
    await until(lambda: not farm.live.statuses())


async def test_the_access_code_shows_nowhere(farm, printer, capfd):
    """Neither in what is printed, nor in events, nor in a printer's repr."""
    printer.code = "SECRET99"
    await connect(farm, printer, code="SECRET99")
    session = next(iter(farm.ingest._sessions.values()))
    out, err = capfd.readouterr()
    assert "SECRET99" not in repr(session.info) + out + err
