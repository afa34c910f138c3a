"""Prints make spools lighter: by the right grams, once, whenever their file comes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import func, select

from app.accounts.models import Scope
from app.accounts.viewer import Viewer
from app.archives import attaching, queries, runs, service
from app.archives.entered import FilamentEntry
from app.archives.models import Archive, FilamentUse, FileFetch
from app.archives.runs import ObservedFilament
from app.archives.service import ArchiveChanges
from app.database import EVERY_TEAM, Database
from app.errors import Conflict, Forbidden, Invalid, NotFound
from app.events import SpoolDeducted, SpoolRanLow, SpoolRanShort
from app.files.store import FileStore
from app.hub import Hub
from app.plates.service import prepared
from app.printers.models import Printer
from app.settings import Settings
from app.spools import places
from app.spools.models import InventoryTransaction, Spool
from app.spools.service import NewSpool, create_spool
from app.statistics import queries as statistics
from app.statistics.queries import Period
from tests.farm import NOON, listen, make_printer, make_viewer, with_scopes
from tests.sliced import Filament, Plate, threemf

TAG = "A" * 32


@dataclass
class House:
    """A farm with files."""

    database: Database
    store: FileStore
    viewer: Viewer
    printer: Printer

    async def spool(self, grams: str = "500", tag: str | None = None, price: str = "20") -> UUID:
        """A spool of a kilogram that holds so much."""
        async with self.database.transaction(self.viewer.team_id) as session:
            new = NewSpool(
                material="PLA",
                color="green",
                net_weight=Decimal(1000),
                remaining_weight=Decimal(grams),
                purchase_price=Decimal(price),
                tray_uuid=tag,
            )
            return (await create_spool(session, self.viewer, new)).id

    async def put(self, spool: UUID, unit: int | None, slot: int) -> None:
        """Say that a spool is in a slot."""
        async with self.database.transaction(self.viewer.team_id) as session:
            await places.assign(session, self.viewer, spool, self.printer.id, unit, slot)

    async def begin(
        self, filaments: Sequence[ObservedFilament], slots: Sequence[int] = ()
    ) -> tuple[int, int]:
        """A run and its archive."""
        async with self.database.transaction(EVERY_TEAM) as session:
            printer = await session.get(Printer, self.printer.id)
            assert printer is not None
            run = await runs.begin_run(
                session,
                printer=printer,
                name="Benchy",
                filename="benchy.3mf",
                origin="observed",
                state=b"{}",
                started_at=NOON,
                observed_at=NOON,
                filaments=filaments,
                slots=slots,
            )
            assert run.archive_id is not None
            return run.id, run.archive_id

    async def update(self, run: int, filaments: Sequence[ObservedFilament], at: int) -> None:
        """What was seen so far."""
        async with self.database.transaction(EVERY_TEAM) as session:
            await runs.update_run(
                session,
                run,
                state=b"{}",
                last_seen_at=NOON + timedelta(minutes=at),
                progress=at,
                filaments=filaments,
            )

    async def end(self, run: int, outcome: runs.Outcome = "success", progress: int = 100) -> None:
        """The run is over."""
        async with self.database.transaction(EVERY_TEAM) as session:
            await runs.end_run(
                session,
                run,
                outcome=outcome,
                ended_at=NOON + timedelta(hours=1),
                progress=progress,
                reason=None,
                plate_dirty=True,
            )

    async def file(self, archive: int, content: bytes, plate: int | None = None) -> bool:
        """The printed file comes."""

        async def chunks() -> AsyncIterator[bytes]:
            yield content

        async with (
            self.store.incoming.receive(chunks(), "benchy.3mf") as received,
            prepared(self.store, received) as made,
            self.database.transaction(EVERY_TEAM) as session,
        ):
            return await attaching.attach_fetched(session, archive, made, plate)

    async def remaining(self, spool: UUID) -> Decimal:
        """What a spool holds."""
        async with self.database.read(self.viewer.team_id) as session:
            row = await session.get(Spool, spool)
            assert row is not None
            return row.remaining_weight

    async def taken(self) -> list[tuple[Decimal, Decimal, int | None]]:
        """What prints took: change, shortfall, archive."""
        async with self.database.read(self.viewer.team_id) as session:
            rows = await session.scalars(
                select(InventoryTransaction)
                .where(InventoryTransaction.archive_id.is_not(None))
                .order_by(InventoryTransaction.id)
            )
            return [(row.change, row.shortfall, row.archive_id) for row in rows]

    async def archive(self, number: int) -> tuple[Archive, list[FilamentUse]]:
        """A record and its filaments."""
        async with self.database.read(self.viewer.team_id) as session:
            row = (await queries.by_ids(session, [number]))[number]
            return row, (await queries.uses_of(session, [number]))[number]

    async def figures(self) -> tuple[int, Decimal, Decimal]:
        """Prints, grams and cost of the statistics."""
        async with self.database.read(self.viewer.team_id) as session:
            totals = (await statistics.totals(session, [Period()]))[Period()]
            return totals.prints, totals.grams, totals.cost


@pytest.fixture
async def house(database: Database, tmp_path: Path) -> House:
    store = FileStore(Settings(data_dir=tmp_path / "data"), database, Hub("memory://", "test"))
    viewer = await make_viewer(database)
    return House(database, store, viewer, await make_printer(database, viewer))


SEEN = ObservedFilament("PLA", "#00AE42", tray_uuid=TAG, unit=0, slot=1)
FILE = threemf(Plate(filaments=(Filament(grams="100"),)))


async def test_a_print_takes_what_its_file_says(house: House) -> None:
    """The spool is known by its tag; the transaction names the print."""
    spool = await house.spool(tag=TAG)
    told = listen(house.database)
    run, number = await house.begin([SEEN])
    assert await house.file(number, FILE)
    assert await house.remaining(spool) == 500
    await house.end(run)
    assert await house.remaining(spool) == 400
    assert await house.taken() == [(Decimal(-100), Decimal(0), number)]
    archive, (use,) = await house.archive(number)
    assert (archive.filament_used, archive.cost) == (Decimal(100), Decimal(2))
    assert (archive.plate, archive.estimated_duration, archive.total_layers) == (1, 3723, 120)
    assert (use.spool_id, use.grams, use.meters) == (spool, Decimal(100), Decimal("4.11"))
    assert await house.figures() == (1, Decimal(100), Decimal(2))
    assert [event.grams for event in told if isinstance(event, SpoolDeducted)] == ["100.000"]


async def test_a_file_that_comes_after_the_end(house: House) -> None:
    """Takes the grams in the transaction that attaches it; figures stay right."""
    spool = await house.spool(tag=TAG)
    run, number = await house.begin([SEEN])
    await house.end(run, "stopped", 25)
    assert (await house.figures())[:2] == (1, 0)
    assert await house.remaining(spool) == 500
    assert await house.file(number, FILE)
    assert await house.remaining(spool) == 475
    assert not await house.file(number, FILE)  # it has one
    await house.end(run)
    assert await house.taken() == [(Decimal(-25), Decimal(0), number)]
    archive, (use,) = await house.archive(number)
    assert (archive.filament_used, archive.cost, use.grams) == (25, Decimal("0.5"), 25)
    assert await house.figures() == (1, Decimal(25), Decimal("0.5"))


async def test_the_end_and_the_file_meet(house: House) -> None:
    """Whichever is first: one deduction."""
    spool = await house.spool("5000", tag=TAG)
    for _ in range(4):
        run, number = await house.begin([SEEN])
        await asyncio.gather(
            house.end(run), house.file(number, FILE), house.file(number, FILE), house.end(run)
        )
    assert await house.remaining(spool) == 5000 - 400
    assert len(await house.taken()) == 4
    assert (await house.figures())[:2] == (4, Decimal(400))


async def test_a_spool_never_goes_below_nothing(house: House) -> None:
    """What it was not known to hold is recorded, and told."""
    spool = await house.spool("60", tag=TAG)
    told = listen(house.database)
    run, number = await house.begin([SEEN])
    await house.file(number, FILE)
    await house.end(run)
    assert await house.remaining(spool) == 0
    assert await house.taken() == [(Decimal(-60), Decimal(40), number)]
    short = [event for event in told if isinstance(event, SpoolRanShort)]
    assert [(event.grams, event.archive_id) for event in short] == [("40.000", number)]
    assert (await house.archive(number))[0].filament_used == 100


async def test_it_is_told_when_a_spool_becomes_low(house: House) -> None:
    """Once, when a print takes it below a fifth."""
    await house.spool("250", tag=TAG)
    told = listen(house.database)
    for _ in range(2):
        run, number = await house.begin([SEEN])
        await house.file(number, FILE)
        await house.end(run)
    assert len([event for event in told if isinstance(event, SpoolRanLow)]) == 1


async def test_a_spool_that_somebody_put_into_a_slot(house: House) -> None:
    """Without a tag; the slot is told by the printer's list alone."""
    one, two = await house.spool(), await house.spool()
    await house.put(one, 1, 2)
    await house.put(two, None, 0)
    plate = Plate(filaments=(Filament(1, grams="10"), Filament(2, "PETG", grams="7")))
    run, number = await house.begin([], [1 << 8 | 2, 0xFF00])
    await house.file(number, threemf(plate))
    await house.end(run)
    assert (await house.remaining(one), await house.remaining(two)) == (490, 493)
    assert len(await house.taken()) == 2


async def test_a_spool_that_is_moved_meanwhile(house: House) -> None:
    """What was used is the spool that was there when it was first seen in use."""
    used, other = await house.spool(), await house.spool()
    await house.put(used, 0, 1)
    seen = ObservedFilament("PLA", "#00AE42", unit=0, slot=1)
    run, number = await house.begin([seen])
    await house.put(other, 0, 1)
    await house.update(run, [seen], 50)
    await house.end(run)
    await house.file(number, FILE)
    assert (await house.remaining(used), await house.remaining(other)) == (400, 500)


async def test_a_print_that_went_on_from_another_spool(house: House) -> None:
    """Each gives its part of the way."""
    first, second = await house.spool(), await house.spool()
    await house.put(first, 0, 0)
    await house.put(second, 0, 3)
    a = ObservedFilament("PLA", "#00AE42", unit=0, slot=0)
    b = ObservedFilament("PLA", "#00AE42", unit=0, slot=3, since=40)
    run, number = await house.begin([a])
    await house.file(number, FILE)
    await house.update(run, [a, b], 40)
    await house.end(run, "failed", 80)
    assert (await house.remaining(first), await house.remaining(second)) == (460, 460)
    archive, uses = await house.archive(number)
    assert archive.filament_used == 80
    assert [use.grams for use in uses] == [40, 40]


async def test_no_spool_is_known(house: House) -> None:
    """Grams are known, nothing is taken, cost stays unknown."""
    run, number = await house.begin([ObservedFilament("PLA")])
    await house.file(number, FILE)
    await house.end(run)
    archive, (use,) = await house.archive(number)
    assert (archive.filament_used, archive.cost, use.spool_id) == (100, None, None)
    assert await house.taken() == []


async def test_a_tag_of_another_team_is_not_ours(house: House) -> None:
    """Nobody else's spool gets lighter."""
    other = await make_viewer(house.database)
    async with house.database.transaction(other.team_id) as session:
        new = NewSpool(material="PLA", color="x", net_weight=Decimal(1000), tray_uuid=TAG)
        await create_spool(session, other, new)
    run, number = await house.begin([SEEN])
    await house.file(number, FILE)
    await house.end(run)
    assert await house.taken() == []


async def _change(house: House, number: int, viewer: Viewer, changes: ArchiveChanges) -> Archive:
    async with house.database.transaction(viewer.team_id) as session:
        return await service.update_archive(session, viewer, number, changes)


async def test_filaments_are_entered_by_hand(house: House) -> None:
    """For a print without a file, once; its figures follow."""
    spool = await house.spool()
    run, number = await house.begin([ObservedFilament("PLA")])
    entry = FilamentEntry("PETG", "#112233", Decimal("12.5"), Decimal(4), spool)
    changes = ArchiveChanges(filaments=[entry])
    with pytest.raises(Conflict, match="has ended"):
        await _change(house, number, house.viewer, changes)
    await house.end(run)
    archive = await _change(house, number, house.viewer, changes)
    assert (archive.filament_used, archive.filament_type, archive.cost) == (
        Decimal("12.5"),
        "PETG",
        Decimal("0.25"),
    )
    assert await house.remaining(spool) == Decimal("487.5")
    assert await house.figures() == (1, Decimal("12.5"), Decimal("0.25"))
    with pytest.raises(Conflict, match="already"):
        await _change(house, number, house.viewer, changes)
    # The file comes after all: it is kept, and takes nothing more.
    assert await house.file(number, FILE)
    assert await house.remaining(spool) == Decimal("487.5")
    assert (await house.archive(number))[0].filament_used == Decimal("12.5")


async def test_grams_are_entered_by_hand(house: House) -> None:
    """Of a print of one filament whose spool is known."""
    spool = await house.spool(tag=TAG)
    run, number = await house.begin([SEEN])
    await house.end(run)
    await _change(house, number, house.viewer, ArchiveChanges(filament_used=Decimal(30)))
    assert await house.remaining(spool) == 470
    await _change(house, number, house.viewer, ArchiveChanges(filament_used=Decimal(40)))
    assert await house.remaining(spool) == 470
    assert await house.taken() == [(Decimal(-30), Decimal(0), number)]


async def test_what_is_entered_must_make_sense(house: House) -> None:
    """By its field; nothing is changed."""
    run, number = await house.begin([])
    await house.end(run)
    spool = await house.spool()
    for entry, refusal in (
        (FilamentEntry("PLA", grams=Decimal(-1)), Invalid),
        (FilamentEntry(" "), Invalid),
        (FilamentEntry("PLA", "green"), Invalid),
        (FilamentEntry("PLA", spool_id=UUID(int=0)), NotFound),
    ):
        with pytest.raises(refusal) as refused:
            await _change(house, number, house.viewer, ArchiveChanges(filaments=[entry]))
        assert refused.value.field == "filaments"
    history = with_scopes(house.viewer, Scope.ARCHIVES)
    named = ArchiveChanges(filaments=[FilamentEntry("PLA", grams=Decimal(1), spool_id=spool)])
    with pytest.raises(Forbidden):
        await _change(house, number, history, named)
    assert await house.remaining(spool) == 500


async def test_a_slot_holds_one_spool(house: House) -> None:
    """A spool is in one slot, and a slot has one spool."""
    one, two = await house.spool(), await house.spool()
    await house.put(one, 0, 0)
    await house.put(one, 0, 1)
    await house.put(two, 0, 1)
    async with house.database.read(house.viewer.team_id) as session:
        found = await places.of_printers(session, [house.printer.id])
    assert found == {house.printer.id: {(0, 1): two}}
    for unit, slot, field in (
        (5, 0, "ams_unit"),
        (0, 4, "slot"),
        (128, 1, "slot"),
        (None, 2, "slot"),
    ):
        with pytest.raises(Invalid) as refused:
            await house.put(one, unit, slot)
        assert refused.value.field == field


async def test_every_print_wants_its_file(house: House) -> None:
    """The wish is in the transaction of the beginning, and gone once it is met."""
    _, number = await house.begin([])

    async def wanted() -> int:
        async with house.database.read(EVERY_TEAM) as session:
            return await session.scalar(select(func.count()).select_from(FileFetch)) or 0

    assert await wanted() == 1
    async with house.database.transaction(EVERY_TEAM) as session:
        await attaching.postpone(session, number, "Not there.", NOON + timedelta(hours=2))
    assert (await house.archive(number))[0].file_problem == "Not there."
    assert await wanted() == 1
    await house.file(number, FILE)
    assert await wanted() == 0
    assert (await house.archive(number))[0].file_problem is None
