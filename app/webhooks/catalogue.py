"""Every event every documented API tells its endpoints. A new one is a row of its dialect."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from app.events import Event
from app.webhooks.models import Dialect
from app.webhooks.payloads import bambuddy, batchivo, platform, reference
from app.webhooks.payloads.table import Envelope, EventRow, typed

ROWS: tuple[EventRow, ...] = (
    *bambuddy.ROWS,
    *batchivo.ROWS,
    *platform.ROWS,
    *reference.ROWS,
)
ENVELOPES: Mapping[Dialect, Envelope] = {
    Dialect.BAMBUDDY: bambuddy.envelope,
    Dialect.BATCHIVO: typed,
    Dialect.PLATFORM: typed,
    Dialect.REFERENCE: typed,
}
# What a test by hand is called.
PING = "ping"

_BY_KIND: dict[type[Event], list[EventRow]] = defaultdict(list)
for _row in ROWS:
    _BY_KIND[_row.kind].append(_row)


def rows_of(event: Event) -> Sequence[EventRow]:
    """The rows that tell an event."""
    return _BY_KIND.get(type(event), ())


def events_of(dialect: Dialect) -> Sequence[str]:
    """The names of a dialect's events, in the order of its rows."""
    return list(dict.fromkeys(row.name for row in ROWS if row.dialect is dialect))
