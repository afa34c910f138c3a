"""What the demo farm makes: products with their bills of material, and runs of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from app.accounts.viewer import Viewer
from app.archives.models import Archive
from app.database import WriteSession
from app.production.lines import NewRunItem, NewRunMaterial
from app.production.models import RunStatus
from app.production.service import NewRun, create_run
from app.products.lines import NewComponent, NewMaterial
from app.products.models import Product
from app.products.service import NewProduct, create_product
from app.spools.models import Spool


async def make_goods(
    session: WriteSession, viewer: Viewer, spools: Sequence[Spool], archives: Sequence[Archive]
) -> None:
    """A lamp that is put together from two parts, a hook, and three runs of them."""
    foot = await _product(session, viewer, "Lamp foot", "FOOT-1", "Parts", "PETG", "42")
    shade = await _product(session, viewer, "Lamp shade", "SHADE-1", "Parts", "PLA", "61.5")
    lamp = await create_product(
        session,
        viewer,
        NewProduct(
            name="Desk lamp",
            description="Warm light for a desk",
            sku="LAMP-1",
            category="Light",
            estimated_print_time=4 * 3_600,
            components=[NewComponent(foot.id), NewComponent(shade.id, 2)],
        ),
    )
    hook = await create_product(
        session,
        viewer,
        NewProduct(
            name="Wall hook",
            sku="HOOK-1",
            category="Workshop",
            estimated_print_time=1_500,
            archive_id=archives[0].id,
            pieces_per_plate=6,
            materials=[NewMaterial("PLA", Decimal("8.2"))],
        ),
    )
    now = datetime.now(UTC)
    fullest = max(spools, key=lambda spool: spool.remaining_weight)
    await create_run(
        session,
        viewer,
        NewRun(
            status=RunStatus.COMPLETED,
            printer_name="Workshop",
            started_at=now - timedelta(hours=30),
            completed_at=now - timedelta(hours=26),
            estimated_print_time=4 * 3_600,
            quality_rating=4,
            quality_notes="A little stringing",
            items=[NewRunItem(hook.id, 12, 11, 1)],
            materials=[NewRunMaterial(fullest.id, Decimal("98.4"), Decimal("103.7"))],
        ),
    )
    await create_run(
        session,
        viewer,
        NewRun(
            status=RunStatus.IN_PROGRESS,
            printer_name="Workshop",
            started_at=now - timedelta(hours=1),
            estimated_print_time=8 * 3_600,
            notes="For the Christmas market",
            items=[NewRunItem(lamp.id, 5, 1)],
            materials=[NewRunMaterial(fullest.id, Decimal(120))],
        ),
    )
    await create_run(session, viewer, NewRun(items=[NewRunItem(hook.id, 30)]))


async def _product(
    session: WriteSession,
    viewer: Viewer,
    name: str,
    sku: str,
    category: str,
    material: str,
    grams: str,
) -> Product:
    new = NewProduct(
        name=name,
        sku=sku,
        category=category,
        materials=[NewMaterial(material, Decimal(grams))],
    )
    return await create_product(session, viewer, new)
