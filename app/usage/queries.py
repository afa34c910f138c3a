"""What a team used, summed to hours, days, weeks or months."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from sqlalchemy import select

from app.database import ReadSession
from app.errors import Invalid
from app.records import record
from app.usage.models import UsageHour

DEFAULT_DAYS = 30
# Points of one answer; a year of days, two months of hours.
MAX_POINTS = 1_500
MAX_DAYS = 3_660
# Times that steps can be taken from without leaving the calendar.
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
LATEST = datetime(9000, 1, 1, tzinfo=UTC)


class Granularity(StrEnum):
    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


@record
class Point:
    """What was used from `start` (UTC) until the next point. A week begins on Monday."""

    start: datetime
    api_calls: int = 0
    data_processed: int = 0
    projects_created: int = 0

    def plus(self, row: UsageHour) -> Point:
        """The same with an hour added."""
        return Point(
            self.start,
            self.api_calls + row.api_calls,
            self.data_processed + row.data_processed,
            self.projects_created + row.projects_created,
        )


@record
class Period:
    """From `start` to `end`, both included, aware."""

    start: datetime
    end: datetime
    granularity: Granularity


def period(start: datetime | None, end: datetime | None, granularity: Granularity) -> Period:
    """A period that can be answered: the last thirty days when nothing is said.

    Raises `Invalid` naming the field.
    """
    for field, at in (("filter.start", start), ("filter.end", end)):
        if at is not None and not EARLIEST <= at < LATEST:
            raise Invalid("The year must be between 1970 and 8999.", field=field)
    end = end or datetime.now(UTC)
    start = start or _day(end - timedelta(days=DEFAULT_DAYS - 1))
    if start > end:
        raise Invalid("The start lies behind the end.", field="filter.start")
    if end - start > timedelta(days=MAX_DAYS):
        raise Invalid(f"A period has at most {MAX_DAYS} days.", field="filter.start")
    found = Period(start.astimezone(UTC), end.astimezone(UTC), granularity)
    if sum(1 for _ in _starts(found)) > MAX_POINTS:
        raise Invalid(f"This gives more than {MAX_POINTS} points.", field="filter.granularity")
    return found


def _hour(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)


def _day(at: datetime) -> datetime:
    return _hour(at).replace(hour=0)


def _week(at: datetime) -> datetime:
    return _day(at) - timedelta(days=at.weekday())


def _month(at: datetime) -> datetime:
    return _day(at).replace(day=1)


_START: Mapping[Granularity, Callable[[datetime], datetime]] = {
    Granularity.HOUR: _hour,
    Granularity.DAY: _day,
    Granularity.WEEK: _week,
    Granularity.MONTH: _month,
}
# Longer than one point and shorter than two.
_STEP: Mapping[Granularity, timedelta] = {
    Granularity.HOUR: timedelta(hours=1),
    Granularity.DAY: timedelta(days=1),
    Granularity.WEEK: timedelta(days=7),
    Granularity.MONTH: timedelta(days=32),
}


def _starts(wanted: Period) -> Iterator[datetime]:
    """Where the points of a period begin."""
    first = _START[wanted.granularity]
    at = first(wanted.start)
    while at <= wanted.end:
        yield at
        at = first(at + _STEP[wanted.granularity])


async def points(session: ReadSession, wanted: Period) -> list[Point]:
    """Every point of the period in order, those without use too."""
    found = {start: Point(start) for start in _starts(wanted)}
    rows = await session.scalars(
        select(UsageHour).where(UsageHour.hour >= _hour(wanted.start), UsageHour.hour <= wanted.end)
    )
    first = _START[wanted.granularity]
    for row in rows:
        start = first(row.hour)
        found[start] = found[start].plus(row)
    return list(found.values())
