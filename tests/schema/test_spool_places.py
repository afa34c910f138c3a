"""People say where a spool is."""

from __future__ import annotations

from dataclasses import replace

from app.accounts.models import Role, Scope
from app.printers.live import StatusChange, StatusReason
from app.printers.models import Printer
from app.printers.status import AmsTray, AmsUnit, PrinterStatus
from schema.ids import global_id
from tests.farm import make_print
from tests.running import RunningServer
from tests.schema.asking import change, refused

PLACE = "spool { id loadedIn { printer { name } amsUnit slot } }"


async def _spool(server: RunningServer, color: str = "blue", tag: str | None = None) -> str:
    payload = await change(
        server,
        "createSpool",
        "spool { id }",
        material="PLA",
        color=color,
        netWeight=1000,
        trayUuid=tag,
    )
    made: str = payload["spool"]["id"]
    return made


async def test_a_spool_is_put_into_a_slot_and_taken_out(
    server: RunningServer, printer: Printer
) -> None:
    """`loadedIn` tells it; a slot has one spool."""
    at = {"printerId": global_id("Printer", printer.id)}
    one, two = await _spool(server), await _spool(server)
    payload = await change(server, "assignSpool", PLACE, spoolId=one, amsUnit=0, slot=2, **at)
    left = {"name": printer.name}
    assert payload == {
        "spool": {"id": one, "loadedIn": {"printer": left, "amsUnit": 0, "slot": 2}},
        "userErrors": [],
    }
    await change(server, "assignSpool", PLACE, spoolId=two, amsUnit=0, slot=2, **at)
    payload = await change(server, "assignSpool", PLACE, spoolId=one, slot=0, **at)
    assert payload["spool"]["loadedIn"] == {"printer": left, "amsUnit": None, "slot": 0}
    payload = await change(server, "unassignSpool", PLACE, spoolId=one)
    assert payload["spool"] == {"id": one, "loadedIn": None}


async def test_what_is_no_place_is_refused(server: RunningServer, printer: Printer) -> None:
    """By the field; other teams' spools and printers are not found."""
    spool, at = await _spool(server), global_id("Printer", printer.id)
    for given, expected in (
        ({"spoolId": spool, "printerId": at, "amsUnit": 9, "slot": 0}, ("INVALID", "amsUnit")),
        ({"spoolId": spool, "printerId": at, "amsUnit": 0, "slot": 4}, ("INVALID", "slot")),
        ({"spoolId": spool, "printerId": at, "slot": -1}, ("INVALID", "slot")),
        ({"spoolId": spool, "printerId": "eA==", "slot": 0}, ("NOT_FOUND", "id")),
        (
            {"spoolId": spool, "printerId": global_id("Printer", 99), "slot": 0},
            ("NOT_FOUND", "printerId"),
        ),
    ):
        assert await refused(server, "assignSpool", **given) == (
            expected[0],
            ["input", expected[1]],
        )
    given = {"spoolId": spool, "printerId": at, "slot": 0}
    stranger = await server.stranger()
    assert await refused(server, "assignSpool", stranger, **given) == (
        "NOT_FOUND",
        ["input", "spoolId"],
    )
    assert (await refused(server, "unassignSpool", stranger, spoolId=spool))[0] == "NOT_FOUND"
    reader = await server.member("another", Role.OWNER, Scope.READ)
    assert (await refused(server, "assignSpool", reader, **given))[0] == "FORBIDDEN"


async def test_a_slot_shows_its_spool(server: RunningServer, printer: Printer) -> None:
    """The one with the tag that is read there, else the one somebody put there."""
    tagged = await _spool(server, "red", "A" * 32)
    put = await _spool(server, "blue")
    at = global_id("Printer", printer.id)
    for slot in (0, 1):
        await change(server, "assignSpool", PLACE, spoolId=put, printerId=at, amsUnit=0, slot=slot)
    trays = (
        AmsTray(0, 0, present=True, material="PLA", tray_uuid="A" * 32),
        AmsTray(0, 1, present=True, material="PLA"),
        AmsTray(0, 2, present=True, material="PLA"),
    )
    status = replace(PrinterStatus.unknown(), ams=(AmsUnit(0, "AMS", trays=trays),))
    server.runtime.live.publish(
        printer.team_id, StatusChange(printer.id, status, StatusReason.REPORT)
    )
    data = await server.graphql(
        "{ printers { nodes { status { ams { trays { spool { id } } } } } } }"
    )
    (unit,) = data["printers"]["nodes"][0]["status"]["ams"]
    assert [tray["spool"] for tray in unit["trays"]] == [{"id": tagged}, {"id": put}, None]


async def test_filaments_are_entered_through_graphql(
    server: RunningServer, printer: Printer
) -> None:
    """For a print whose file cannot be had; the spool gets lighter by them."""
    archive = await make_print(server.runtime.database, printer, filaments=())
    spool = await _spool(server)
    payload = await change(
        server,
        "updateArchive",
        "archive { filamentUsed filaments { material color grams spool { remainingWeight } } }",
        id=global_id("Archive", archive.id),
        filaments=[
            {"material": "PLA", "color": "#112233", "grams": 12.5, "spoolId": spool},
            {"material": "PVA", "grams": 1},
        ],
    )
    assert payload == {
        "archive": {
            "filamentUsed": 13.5,
            "filaments": [
                {
                    "material": "PLA",
                    "color": "#112233",
                    "grams": 12.5,
                    "spool": {"remainingWeight": 987.5},
                },
                {"material": "PVA", "color": None, "grams": 1, "spool": None},
            ],
        },
        "userErrors": [],
    }
