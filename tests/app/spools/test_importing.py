"""Tables of spools: read as spreadsheets write them, refused line by line, added all or none."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date
from decimal import Decimal
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from app.accounts.models import Scope
from app.database import EVERY_TEAM, Database
from app.errors import Forbidden
from app.events import SpoolCreated
from app.files.incoming import TooLarge
from app.spools import importing, service
from app.spools.importing import MAX_BYTES, MAX_ROWS, Imported, Sheet
from app.spools.models import InventoryTransaction, Spool
from app.spools.service import NewSpool
from tests.farm import listen, make_viewer, with_scopes

HEADER = "material_type,color,net_weight_grams"


async def _chunks(content: bytes, size: int = 7) -> AsyncIterator[bytes]:
    for start in range(0, len(content), size):
        yield content[start : start + size]


def _spools(text: str | bytes) -> list[NewSpool]:
    sheet = importing.sheet_of(text if isinstance(text, bytes) else text.encode())
    assert sheet.errors == []
    return [line.spool for line in sheet.lines]


def _errors(text: str | bytes) -> list[tuple[int, str | None]]:
    sheet = importing.sheet_of(text if isinstance(text, bytes) else text.encode())
    assert all(error.message.endswith(".") for error in sheet.errors)
    return [(error.line, error.column) for error in sheet.errors]


def test_every_field_is_read() -> None:
    """By the names of the REST routes, quoted where needed; blank lines are nothing."""
    text = (
        "\ufeffmaterial_type,brand,color,color_hex,finish,diameter_mm,net_weight_grams,"
        "remaining_weight_grams,spool_weight_grams,purchase_price,supplier,purchase_date,notes,"
        "tray_uuid,id,created_at\r\n"
        "pla,Polymaker,Galaxy Black,#1A1A2E,matte,2.85,1000,742.5,220,24.99,Shop,2024-01-10,"
        f'"Two\nlines, ""quoted""",{"a" * 32},{uuid4()},2024-01-15T14:30:00Z\r\n'
        "\r\n,,\r\n"
        "PETG,,Red,,,,750,,,,,,,,,\r\n"
    )
    assert _spools(text) == [
        NewSpool(
            material="pla",
            brand="Polymaker",
            color="Galaxy Black",
            color_hex="#1A1A2E",
            finish="matte",
            diameter=Decimal("2.85"),
            net_weight=Decimal(1000),
            remaining_weight=Decimal("742.5"),
            spool_weight=Decimal(220),
            purchase_price=Decimal("24.99"),
            supplier="Shop",
            purchase_date=date(2024, 1, 10),
            notes='Two\nlines, "quoted"',
            tray_uuid="a" * 32,
        ),
        NewSpool(material="PETG", color="Red", net_weight=Decimal(750)),
    ]
    sheet = importing.sheet_of(text.encode())
    assert (sheet.rows, sheet.ignored) == (2, ["created_at"])
    assert [line.number for line in sheet.lines] == [2, 6]


@pytest.mark.parametrize(
    "text",
    [
        "Material Type;Colour;Net-Weight\nPLA;Red;742,5\n",
        "material\tcolor\tnet_weight\nPLA\tRed\t742.5",
        "net_weight,COLOR,material\n742.500,Red,PLA,\n",
        "material,color,net_weight,notes\nPLA,'=Red,742.5,'-\n",
    ],
)
def test_tables_of_spreadsheets_are_read(text: str) -> None:
    """Semicolons with decimal commas, tabs, any order, and cells an export made harmless."""
    (spool,) = _spools(text)
    assert (spool.material, spool.net_weight) == ("PLA", Decimal("742.5"))
    assert spool.color in ("Red", "=Red")
    assert spool.notes in (None, "-")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", [(1, "material_type"), (1, "color"), (1, "net_weight_grams")]),
        ("color,brand\nRed,Arc\n", [(1, "material_type"), (1, "net_weight_grams")]),
        (f"{HEADER},colour\n", [(1, "colour")]),
        (f"{HEADER}\n", [(1, None)]),
        (f"{HEADER}\nPLA,Red\n", [(2, "net_weight_grams")]),
        (f"{HEADER}\nPLA,Red,1,,\nPLA,Red,1000,5\n", [(3, None)]),
        (
            f"{HEADER}\nPLA,Red,1\nWood,,x\n\nPLA,Red,-1\n",
            [(3, "color"), (3, "net_weight_grams"), (3, "material_type"), (5, "net_weight_grams")],
        ),
        (f"{HEADER},id\nPLA,Red,1,7\n", [(2, "id")]),
        (f"{HEADER},purchase_date\nPLA,Red,1,10.1.2024\n", [(2, "purchase_date")]),
        (
            f"{HEADER},purchase_price\nPLA,Red,1,1e5\nPLA,Red,1,NaN\n",
            [(2, "purchase_price"), (3, "purchase_price")],
        ),
        (f'{HEADER}\nPLA,Red,1\nPLA,"Red,1\n', [(3, None)]),
        (f"{HEADER}\nPLA,Red,1\nPLA,R\u00e9d,1\n".encode("latin-1"), [(3, None)]),
        (f"{HEADER}\nPLA,R\x00d,1\n", [(2, None)]),
        (f"{HEADER}\nPLA,{'x' * 140_000},1\n", [(2, None)]),
        (f"{HEADER}\n" + "PLA,Red,1\n" * (MAX_ROWS + 1), [(MAX_ROWS + 2, None)]),
    ],
)
def test_every_bad_line_is_named(text: str | bytes, expected: list[tuple[int, str | None]]) -> None:
    """With its number and its column, all of them and not only the first."""
    assert _errors(text) == expected


async def _import(database: Database, viewer: object, sheet: Sheet) -> Imported:
    async with database.transaction(viewer.team_id) as session:  # type: ignore[attr-defined]
        return await importing.import_sheet(session, viewer, sheet)  # type: ignore[arg-type]


async def test_a_good_table_is_added_with_its_books(database: Database) -> None:
    """Each spool with its first transaction and its event; the sums agree."""
    viewer = await make_viewer(database)
    told = listen(database)
    text = f"{HEADER},remaining_weight_grams\n" + "".join(
        f"PLA,No {number},1000,{number}.5\n" for number in range(200)
    )
    sheet = await importing.read_sheet(_chunks(text.encode()))
    done = await _import(database, viewer, sheet)
    assert (done.rows, len(done.spools), done.errors) == (200, 200, ())
    assert [type(event) for event in told] == [SpoolCreated] * 200
    async with database.read(viewer.team_id) as session:
        weights = select(func.count(Spool.id), func.sum(Spool.remaining_weight))
        changes = select(func.count(InventoryTransaction.id), func.sum(InventoryTransaction.change))
        assert (await session.execute(weights)).one() == (200, Decimal(20_000))
        assert (await session.execute(changes)).one() == (200, Decimal(20_000))


async def test_one_bad_line_stops_all(database: Database) -> None:
    """Nothing is added; a dry run tells the same and adds nothing either."""
    viewer = await make_viewer(database)
    sheet = importing.sheet_of(f"{HEADER}\nPLA,Red,1\nWood,Red,1\n".encode())
    bad = await _import(database, viewer, sheet)
    assert bad.spools == ()
    assert [(error.line, error.column) for error in bad.errors] == [(3, "material_type")]
    good = importing.sheet_of(f"{HEADER}\nPLA,Red,1\n".encode())
    async with database.read(viewer.team_id) as session:
        dry = await importing.check_sheet(session, viewer, sheet)
        assert (dry.rows, dry.errors) == (2, bad.errors)
        assert (await importing.check_sheet(session, viewer, good)).errors == []
        with pytest.raises(Forbidden):
            await importing.check_sheet(session, with_scopes(viewer, Scope.READ), good)
    with pytest.raises(Forbidden):
        await _import(database, with_scopes(viewer, Scope.READ), good)
    async with database.read(EVERY_TEAM) as session:
        assert await session.scalar(select(func.count(Spool.id))) == 0


async def test_an_export_is_not_imported_twice(database: Database) -> None:
    """A line with the id of a spool of the team is refused; another team's id means nothing."""
    viewer, stranger = await make_viewer(database), await make_viewer(database, name="other")
    async with database.transaction(viewer.team_id) as session:
        new = NewSpool(material="PLA", color="Red", net_weight=Decimal(1))
        spool = await service.create_spool(session, viewer, new)
    sheet = importing.sheet_of(f"{HEADER},id\nPLA,Red,1,{spool.id}\nPLA,Red,1,\n".encode())
    assert [(e.line, e.column) for e in (await _import(database, viewer, sheet)).errors] == [
        (2, "id")
    ]
    theirs = await _import(database, stranger, sheet)
    assert len(theirs.spools) == 2
    assert spool.id not in {row.id for row in theirs.spools}


async def test_a_table_has_an_end() -> None:
    """Reading stops at the limit."""
    with pytest.raises(TooLarge):
        await importing.read_sheet(_chunks(b"x" * (MAX_BYTES + 1), 1_000_000))
