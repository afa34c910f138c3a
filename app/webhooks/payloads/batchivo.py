"""The webhooks the Batchivo API plans for: stock that runs low, production that is done.

Its `order.received` has no source here.
"""

from __future__ import annotations

from decimal import Decimal
from functools import partial

from app.database import WriteSession
from app.events import ProductionRunCompleted, SpoolRanLow
from app.production.models import ProductionRun
from app.spools.models import Spool
from app.spools.service import cost_per_gram, is_low
from app.webhooks.models import Dialect
from app.webhooks.payloads.table import (
    Data,
    EventRow,
    day,
    fresh,
    maybe_moment,
    moment,
    number,
)

_GRAMS, _MONEY, _EXACT = 3, 2, 6


async def _spool(session: WriteSession, event: SpoolRanLow) -> Data | None:
    spool = await fresh(session, Spool, event.spool_id)
    if spool is None:
        return None
    return {
        "spool": {
            "id": str(spool.id),
            "material_type": spool.material,
            "brand": spool.brand,
            "color": spool.color,
            "color_hex": spool.color_hex,
            "finish": spool.finish,
            "diameter_mm": float(spool.diameter),
            "net_weight_grams": number(spool.net_weight, _GRAMS),
            "remaining_weight_grams": number(spool.remaining_weight, _GRAMS),
            "spool_weight_grams": number(spool.spool_weight, _GRAMS),
            "purchase_price": number(spool.purchase_price, _MONEY),
            "cost_per_gram": number(cost_per_gram(spool), _EXACT),
            "supplier": spool.supplier,
            "purchase_date": day(spool.purchase_date),
            "notes": spool.notes,
            "low_stock": is_low(spool.remaining_weight, spool.net_weight),
            "created_at": moment(spool.created_at),
            "updated_at": moment(spool.updated_at),
        }
    }


async def _run(session: WriteSession, event: ProductionRunCompleted) -> Data | None:
    run = await fresh(session, ProductionRun, event.production_run_id)
    if run is None:
        return None
    return {
        "production_run": {
            "id": str(run.id),
            "run_number": run.run_number,
            "status": run.status.value,
            "printer_name": run.printer_name,
            "project_id": run.project_id,
            "started_at": maybe_moment(run.started_at),
            "completed_at": maybe_moment(run.completed_at),
            "estimated_print_time_hours": _hours(run.estimated_print_time),
            "actual_print_time_hours": _hours(run.actual_print_time),
            "estimated_total_filament_grams": number(run.estimated_total_filament, _GRAMS),
            "actual_total_filament_grams": number(run.actual_total_filament, _GRAMS),
            "quality_rating": run.quality_rating,
            "quality_notes": run.quality_notes,
            "notes": run.notes,
            "failure_reason": run.failure_reason,
            "created_at": moment(run.created_at),
            "updated_at": moment(run.updated_at),
        }
    }


def _hours(seconds: int | None) -> float | None:
    return None if seconds is None else number(Decimal(seconds) / 3600, 3)


_Row = partial(EventRow, dialect=Dialect.BATCHIVO)
ROWS: tuple[EventRow, ...] = (
    _Row(kind=SpoolRanLow, name="inventory.low_stock", data=_spool),
    _Row(kind=ProductionRunCompleted, name="production_run.completed", data=_run),
)
