"""A farm as one process has it: database, hub, and an ingest that runs."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from sqlalchemy import select

from app.accounts.models import Team
from app.archives.models import Archive
from app.calls import Calls
from app.database import EVERY_TEAM, Database
from app.farm_events import service as farm_events
from app.farm_events.models import FarmEvent
from app.hub import Hub
from app.mqtt.ingest import Ingest
from app.mqtt.timing import Timing
from app.printers.live import LiveFarm
from app.printers.models import Printer, PrintRun, Trust
from app.printers.status import PrinterStatus
from app.sealing import Sealer
from app.settings import Settings
from app.webhooks import outbox

DEADLINE = 20.0
QUICK = Timing(
    retry_first=0.05,
    retry_last=0.2,
    retry_slow=0.3,
    pushall_apart=0.05,
    pushall_heal=0.2,
    pushall_rate=1000.0,
    coalesce=0.01,
    snapshot=0.1,
    checkpoint=0.1,
    tick=0.05,
    lease=0.2,
)


async def until(condition: Callable[[], object], what: str = "") -> None:
    """Wait for a condition, but not for ever."""
    try:
        async with asyncio.timeout(DEADLINE):
            while not condition():
                await asyncio.sleep(0.01)
    except TimeoutError:
        raise AssertionError(f"never came true: {what or condition}") from None


class Farm:
    """One process of a farm."""

    def __init__(
        self,
        url: str,
        process_id: str = "one",
        *,
        timing: Timing = QUICK,
        broadcast: str = "memory://",
        mqtt_url: str | None = None,
    ) -> None:
        self.hub = Hub(broadcast, process_id)
        self.database = Database(url, tell=farm_events.teller(self.hub))
        self.database.store = outbox.store
        self.sealer = Sealer()
        self.sealer.unlock("a secret of the tests")
        self.live = LiveFarm(self.hub)
        self.ingest = Ingest(
            Settings(mqtt_url=mqtt_url),
            self.database,
            self.hub,
            Calls(self.hub),
            self.live,
            self.sealer,
            timing=timing,
        )

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Farm"]:
        """The farm at work; ended as a server ends it."""
        tasks = [asyncio.create_task(self.ingest.run()), asyncio.create_task(self.hub.run())]
        try:
            yield self
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self.database.close()

    async def add(
        self,
        serial: str,
        port: int | None,
        *,
        code: str = "12345678",
        model: str = "",
        trust: Trust = Trust.PINNED,
    ) -> int:
        """A printer of a team; without a port it is on the central broker."""
        now = datetime.now(UTC)
        async with self.database.transaction(EVERY_TEAM) as session:
            team = await session.scalar(select(Team)) or Team(name="Workshop", created_at=now)
            session.add(team)
            await session.flush()
            printer = Printer(
                team_id=team.id,
                name=serial,
                model=model,
                serial_number=serial,
                ip_address=None if port is None else "127.0.0.1",
                sealed_access_code=self.sealer.seal(code),
                mqtt_port=port or 8883,
                trust=trust,
                created_at=now,
                updated_at=now,
            )
            session.add(printer)
            await session.flush()
            return printer.id

    async def change(self, printer_id: int, **values: object) -> None:
        """Change a printer's row."""
        async with self.database.transaction(EVERY_TEAM) as session:
            printer = await session.get_one(Printer, printer_id)
            for name, value in values.items():
                setattr(printer, name, value)

    def status(self, printer_id: int) -> PrinterStatus:
        """The latest status."""
        return self.live.status(printer_id)

    async def archives(self) -> list[Archive]:
        """The whole history, oldest first."""
        async with self.database.read(EVERY_TEAM) as session:
            return list((await session.scalars(select(Archive).order_by(Archive.id))).all())

    async def printer(self, printer_id: int) -> Printer:
        """A printer's row."""
        async with self.database.read(EVERY_TEAM) as session:
            return await session.get_one(Printer, printer_id)

    async def open_runs(self) -> list[PrintRun]:
        """Runs that have not ended."""
        async with self.database.read(EVERY_TEAM) as session:
            found = await session.scalars(select(PrintRun).where(PrintRun.ended_at.is_(None)))
            return list(found.all())

    async def story(self) -> list[str]:
        """The kinds of the print events, progress aside, oldest first."""
        async with self.database.read(EVERY_TEAM) as session:
            kinds = await session.scalars(select(FarmEvent.type).order_by(FarmEvent.id))
            return [
                kind for kind in kinds if kind.startswith("print_") and kind != "print_progressed"
            ]

    async def tells(self, *story: str) -> None:
        """Wait until exactly these print events were recorded, oldest first."""
        async with asyncio.timeout(DEADLINE):
            while await self.story() != list(story):
                await asyncio.sleep(0.02)

    async def has_archives(self, *statuses: str) -> None:
        """Wait until the history has exactly these statuses, oldest first."""
        async with asyncio.timeout(DEADLINE):
            while [archive.status.value for archive in await self.archives()] != list(statuses):
                await asyncio.sleep(0.02)
