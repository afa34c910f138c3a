"""What the demo farm is filled with at its first start: history, projects, spools."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from app.accounts.viewer import Viewer
from app.archives import figures
from app.archives.models import Archive, ArchiveStatus, FilamentUse
from app.archives.service import search_text
from app.database import Database, WriteSession
from app.demo.goods import make_goods
from app.printers.models import Printer
from app.projects.models import Project
from app.projects.service import NewProject, create_project
from app.simulator.jobs import TITLES
from app.spools.models import Spool
from app.spools.service import NewSpool, cost_per_gram, create_spool

ARCHIVES, DAYS = 120, 30
_PROJECTS = (
    NewProject("Voron build", "Printed parts of a Voron 2.4", "#4caf50", 40),
    NewProject("Market stall", "Stock for the Christmas market", "#ff9800", 60),
    NewProject("Workshop", "Jigs and holders", "#2196f3"),
)
_SPOOLS = (
    ("PLA", "Bambu Lab", "Jade white", "#f5f5f5", "24.99", 1000),
    ("PLA", "Bambu Lab", "Black", "#212121", "24.99", 1000),
    ("PLA", "Polymaker", "Blue", "#1e88e5", "21.50", 1000),
    ("PLA", "Polymaker", "Red", "#e53935", "21.50", 1000),
    ("PETG", "Prusament", "Orange", "#fb8c00", "29.99", 1000),
    ("PETG", "Prusament", "Black", "#212121", "29.99", 1000),
    ("ABS", "eSun", "Grey", "#9e9e9e", "19.90", 1000),
    ("TPU", "NinjaTek", "Green", "#43a047", "42.00", 500),
)
_REASONS = ("Spaghetti detected by the camera.", "Nozzle clog.", "The first layer came loose.")
_TAGS = ("functional", "gift", "prototype", "sold")


async def fill(
    database: Database, viewer: Viewer, printers: Sequence[Printer], tags: Sequence[str]
) -> None:
    """Fill the farm. `tags` are the identities of spools that are loaded in the printers."""
    dice = random.Random("demo")  # noqa: S311 - it decides what to show, nothing else
    async with database.transaction(viewer.team_id) as session:
        projects = [await create_project(session, viewer, new) for new in _PROJECTS]
        spools = [
            await create_spool(session, viewer, _new_spool(dice, row, tag))
            for row, tag in zip(_SPOOLS, [*tags, *[None] * len(_SPOOLS)], strict=False)
        ]
        archives = [
            await _archive(session, dice, printers, projects, spools) for _ in range(ARCHIVES)
        ]
        await figures.rebuild(session)
        await make_goods(session, viewer, spools, archives)


def _new_spool(
    dice: random.Random, row: tuple[str, str, str, str, str, int], tag: str | None
) -> NewSpool:
    material, brand, color, color_hex, price, weight = row
    return NewSpool(
        material=material,
        brand=brand,
        color=color,
        color_hex=color_hex,
        net_weight=Decimal(weight),
        remaining_weight=Decimal(dice.randint(weight // 8, weight)),
        spool_weight=Decimal(250),
        purchase_price=Decimal(price),
        supplier="Filament shop",
        tray_uuid=tag,
    )


async def _archive(
    session: WriteSession,
    dice: random.Random,
    printers: Sequence[Printer],
    projects: Sequence[Project],
    spools: Sequence[Spool],
) -> Archive:
    """One print of the past."""
    started = datetime.now(UTC) - timedelta(seconds=dice.uniform(7_200, DAYS * 86_400))
    planned = dice.randint(1_200, 14_000)
    status = dice.choices(
        (ArchiveStatus.SUCCESS, ArchiveStatus.FAILED, ArchiveStatus.STOPPED), (88, 8, 4)
    )[0]
    progress = 100 if status is ArchiveStatus.SUCCESS else dice.randint(3, 95)
    duration = planned * progress // 100
    spool, title = dice.choice(spools), dice.choice(TITLES)
    grams = (Decimal(planned) / 90 * progress / 100).quantize(Decimal("0.1"))
    price = cost_per_gram(spool) or Decimal(0)
    archive = Archive(
        name=title,
        filename=f"{title.lower().replace(' ', '_')}.3mf",
        status=status,
        printer_id=dice.choice(printers).id,
        project_id=dice.choice(projects).id if dice.random() < 0.6 else None,
        created_at=started,
        started_at=started,
        completed_at=started + timedelta(seconds=duration),
        updated_at=started + timedelta(seconds=duration),
        duration=duration,
        estimated_duration=planned,
        progress=progress,
        total_layers=dice.randint(40, 400),
        filament_used=grams,
        filament_type=spool.material,
        cost=(grams * price).quantize(Decimal("0.01")),
        failure_reason=dice.choice(_REASONS) if status is ArchiveStatus.FAILED else None,
        tags=[dice.choice(_TAGS)] if dice.random() < 0.4 else [],
    )
    archive.search_text = search_text(archive)
    session.add(archive)
    await session.flush()
    session.add(
        FilamentUse(
            archive_id=archive.id,
            spool_id=spool.id,
            position=0,
            material=spool.material,
            color_hex=spool.color_hex,
            grams=grams,
        )
    )
    return archive
