"""Root field of statistics."""

from __future__ import annotations

import strawberry

from app.accounts.models import Scope
from app.statistics.queries import Period
from schema.context import Info
from schema.ids import integer_id
from schema.statistics.types import Statistics, StatisticsFilter

# The figures of a printer that cannot exist: there are none.
NO_SUCH_PRINTER = -2


@strawberry.type
class StatisticsQueries:
    @strawberry.field(description="Statistics over prints that ended in a period.")
    async def statistics(self, info: Info, filter: StatisticsFilter | None = None) -> Statistics:
        info.context.viewer.require(Scope.READ)
        wanted = filter or StatisticsFilter()
        printer_id = None
        if wanted.printer_id is not None:
            printer_id = integer_id(wanted.printer_id, "Printer") or NO_SUCH_PRINTER
        return await Statistics.over(info, Period(printer_id, wanted.start_date, wanted.end_date))
