"""Printers: how one is added, changed, found, and what of it is never shown."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.accounts.models import Role, Scope
from app.accounts.viewer import Viewer
from app.database import Database
from app.errors import Conflict, Forbidden, Invalid, NotFound
from app.events import PrinterAdded, PrinterUpdated
from app.keyset import Window
from app.printers import queries, service
from app.printers.models import Printer, Trust
from app.printers.queries import PrinterFilter
from app.printers.service import NewPrinter, PrinterChanges
from app.sealing import Sealer
from tests.farm import listen, make_viewer, with_scopes

NEW = NewPrinter(
    name="Workshop X1C",
    serial_number="00M00A000000001",
    ip_address="192.168.1.100",
    access_code="12345678",
)


@pytest.fixture
async def viewer(database: Database) -> Viewer:
    return await make_viewer(database)


@pytest.fixture
def sealer() -> Sealer:
    sealer = Sealer()
    sealer.unlock("the farm's secret")
    return sealer


async def _add(
    database: Database, viewer: Viewer, sealer: Sealer, new: NewPrinter = NEW
) -> Printer:
    async with database.transaction(viewer.team_id) as session:
        return await service.add_printer(session, viewer, new, sealer)


async def _update(
    database: Database, viewer: Viewer, sealer: Sealer, printer_id: int, changes: PrinterChanges
) -> Printer:
    async with database.transaction(viewer.team_id) as session:
        return await service.update_printer(session, viewer, printer_id, changes, sealer)


async def test_an_added_printer_is_ready_to_be_connected(
    database: Database, viewer: Viewer, sealer: Sealer
) -> None:
    """The model comes from the serial, the ports are the usual ones, the code is sealed."""
    told = listen(database)
    printer = await _add(database, viewer, sealer)
    assert (printer.name, printer.model) == ("Workshop X1C", "X1 Carbon")
    assert (printer.mqtt_port, printer.ftps_port, printer.camera_port) == (8883, 990, 322)
    assert (printer.trust, printer.pinned_key) == (Trust.PINNED, None)
    assert printer.sealed_access_code is not None
    assert b"12345678" not in printer.sealed_access_code
    assert sealer.open(printer.sealed_access_code) == "12345678"
    assert told == [
        PrinterAdded(team_id=viewer.team_id, printer_id=printer.id, occurred_at=told[0].occurred_at)
    ]
    assert "12345678" not in repr(told) + repr(printer)


@pytest.mark.parametrize(
    ("given", "serial_number", "model"),
    [
        (None, "03000A000000001", "A1 mini"),
        (None, "ZZZ00A000000001", "Unknown"),
        ("bambu lab p1s", "00M00A000000001", "P1S"),
        ("Something new", "00M00A000000001", "Something new"),
    ],
)
async def test_the_model_is_the_given_one_or_that_of_the_serial(
    database: Database,
    viewer: Viewer,
    sealer: Sealer,
    given: str | None,
    serial_number: str,
    model: str,
) -> None:
    """A known model under any spelling gets its product name."""
    new = replace(NEW, model=given, serial_number=serial_number)
    assert (await _add(database, viewer, sealer, new)).model == model


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "x" * 201),
        ("serial_number", "00m00a000000001"),
        ("serial_number", "00M00A00000000"),
        ("serial_number", "00M/00A00000#+1"),
        ("ip_address", "192.168.1.256"),
        ("ip_address", "192.168.1"),
        ("ip_address", "0.0.0.0"),
        ("ip_address", "a b"),
        ("ip_address", "http://printer"),
        ("ip_address", "a..b"),
        ("access_code", None),
        ("access_code", "12 34"),
        ("access_code", "x" * 65),
        ("mqtt_port", 0),
        ("ftps_port", 65536),
        ("camera_port", -1),
        ("model", "x" * 65),
    ],
)
async def test_a_wrong_value_names_its_field(
    database: Database, viewer: Viewer, sealer: Sealer, field: str, value: object
) -> None:
    """Nothing is stored, and no message repeats the access code."""
    with pytest.raises(Invalid) as refused:
        await _add(database, viewer, sealer, replace(NEW, **{field: value}))
    assert refused.value.field == field
    assert "12345678" not in refused.value.message
    async with database.read(viewer.team_id) as session:
        assert await queries.all_printers(session) == []


@pytest.mark.parametrize("address", ["printer.local", "p1s-7", "10.0.0.7", "fd00::7", None])
async def test_addresses_and_host_names_are_taken(
    database: Database, viewer: Viewer, sealer: Sealer, address: str | None
) -> None:
    """Without any, the printer is known on a central broker and needs no code."""
    code = None if address is None else "12345678"
    new = replace(NEW, ip_address=address, access_code=code)
    assert (await _add(database, viewer, sealer, new)).ip_address == address


async def test_a_serial_number_is_on_one_farm_once(
    database: Database, viewer: Viewer, sealer: Sealer
) -> None:
    """A second printer with it is a conflict, for another team too."""
    await _add(database, viewer, sealer)
    for other in (viewer, await make_viewer(database, name="other")):
        with pytest.raises(Conflict) as refused:
            await _add(database, other, sealer)
        assert refused.value.field == "serial_number"


@pytest.mark.parametrize(
    ("changes", "restarts", "forgets"),
    [
        (PrinterChanges(name="Renamed"), False, False),
        (PrinterChanges(model="P1S"), False, False),
        (PrinterChanges(ftps_port=991), False, False),
        (PrinterChanges(ip_address="192.168.1.100"), False, False),
        (PrinterChanges(mqtt_port=8884), True, False),
        (PrinterChanges(access_code="87654321"), True, False),
        (PrinterChanges(trust=Trust.NONE), True, False),
        (PrinterChanges(ip_address="192.168.1.101"), True, True),
        (PrinterChanges(ip_address=None), True, True),
        (PrinterChanges(forget_key=True), True, True),
    ],
)
async def test_a_change_of_the_link_starts_it_afresh(
    database: Database,
    viewer: Viewer,
    sealer: Sealer,
    changes: PrinterChanges,
    restarts: bool,
    forgets: bool,
) -> None:
    """A new address, or forgetting on purpose, drops the key that was pinned."""
    printer = await _add(database, viewer, sealer)
    async with database.transaction(viewer.team_id) as session:
        (await service.find_printer(session, printer.id)).pinned_key = b"k" * 32
    told = listen(database)
    changed = await _update(database, viewer, sealer, printer.id, changes)
    assert (changed.pinned_key is None) == forgets
    (event,) = told
    assert isinstance(event, PrinterUpdated)
    assert event.link_changed == restarts


async def test_an_address_cannot_lose_its_code(
    database: Database, viewer: Viewer, sealer: Sealer
) -> None:
    """Without its code a printer at an address could not be reached."""
    printer = await _add(database, viewer, sealer)
    with pytest.raises(Invalid) as refused:
        await _update(database, viewer, sealer, printer.id, PrinterChanges(access_code=None))
    assert refused.value.field == "access_code"
    changes = PrinterChanges(access_code=None, ip_address=None)
    changed = await _update(database, viewer, sealer, printer.id, changes)
    assert changed.sealed_access_code is None


async def test_only_clearing_clears_a_plate(
    database: Database, viewer: Viewer, sealer: Sealer
) -> None:
    """It needs the scope to control; doing it twice tells once."""
    printer = await _add(database, viewer, sealer)
    async with database.transaction(viewer.team_id) as session:
        (await service.find_printer(session, printer.id)).awaiting_plate_clear = True
    told = listen(database)
    for _ in range(2):
        async with database.transaction(viewer.team_id) as session:
            cleared = await service.clear_plate(session, viewer, printer.id)
            assert not cleared.awaiting_plate_clear
    assert [type(item) for item in told] == [PrinterUpdated]
    async with database.transaction(viewer.team_id) as session:
        with pytest.raises(Forbidden):
            await service.clear_plate(session, with_scopes(viewer, Scope.READ), printer.id)


async def test_printers_are_found_by_model_and_words(
    database: Database, viewer: Viewer, sealer: Sealer
) -> None:
    """Name, model and serial number, in any case."""
    await _add(database, viewer, sealer)
    await _add(database, viewer, sealer, replace(NEW, name="A_1", serial_number="03000A000000001"))
    async with database.read(viewer.team_id) as session:
        for wanted, expected in (
            (PrinterFilter(), ["Workshop X1C", "A_1"]),
            (PrinterFilter(model="a1 MINI"), ["A_1"]),
            (PrinterFilter(search="carbon workshop"), ["Workshop X1C"]),
            (PrinterFilter(search="a_1"), ["A_1"]),
            (PrinterFilter(search="00a0"), ["Workshop X1C", "A_1"]),
        ):
            page = await queries.page(session, wanted, queries.OLDEST_FIRST, Window(first=9))
            assert [row.name for row in page.rows] == expected, wanted
            assert await queries.count(session, wanted) == len(expected)
        assert await queries.by_serial(session, "03000a000000001") is None
        assert await queries.by_serial(session, "03000A000000001") is not None


async def test_printers_belong_to_their_team_and_its_admins(
    database: Database, viewer: Viewer, sealer: Sealer
) -> None:
    """Others do not find them; an operator of the team may not add or change any."""
    printer = await _add(database, viewer, sealer)
    stranger = await make_viewer(database, name="other")
    with pytest.raises(NotFound):
        await _update(database, stranger, sealer, printer.id, PrinterChanges(name="Mine"))
    operator = await make_viewer(database, Role.OPERATOR)
    with pytest.raises(Forbidden):
        await _add(database, operator, sealer)
