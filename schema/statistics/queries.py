"""Root field of statistics."""

import strawberry

from app.accounts.models import Scope
from app.statistics.queries import Period, totals_of
from schema.context import Context, Info
from schema.ids import integer_id
from schema.plans.sources import Answer, Arguments, planned
from schema.statistics.types import Statistics, StatisticsFilter

# The figures of a printer that cannot exist: there are none.
NO_SUCH_PRINTER = -2


def _period(wanted: StatisticsFilter | None) -> Period:
    wanted = wanted or StatisticsFilter()
    printer_id = None
    if wanted.printer_id is not None:
        printer_id = integer_id(wanted.printer_id, "Printer") or NO_SUCH_PRINTER
    return Period(printer_id, wanted.start_date, wanted.end_date)


async def _statistics(context: Context, given: Arguments) -> Statistics:
    period = _period(given.get("filter"))
    if context.viewer.reads_as != context.viewer.team_id:
        return await Statistics.over(context, period)
    totals = await totals_of(context.runtime.database, context.viewer.team_id, period)
    return Statistics.of(period, totals)


@strawberry.type
class StatisticsQueries:
    @strawberry.field(
        description="Statistics over prints that ended in a period.",
        metadata=planned(Answer(_statistics)),
    )
    async def statistics(self, info: Info, filter: StatisticsFilter | None = None) -> Statistics:
        info.context.viewer.require(Scope.READ)
        return await Statistics.over(info.context, _period(filter))
