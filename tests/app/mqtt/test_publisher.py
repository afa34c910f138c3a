"""The pace of published statuses, and the memory of flickering health."""

import asyncio
from dataclasses import fields, replace

from app.hub import Hub
from app.mqtt.composition import composed
from app.mqtt.health_memory import HOLD_SECONDS, HealthMemory
from app.mqtt.hms import health_of, summed_up
from app.mqtt.presence import Presence
from app.mqtt.printer_info import PrinterInfo
from app.mqtt.publisher import TAKE_OVER_GAP, StatusPublisher
from app.mqtt.timing import Counts, Timing
from app.printers.catalogue import model_of_serial
from app.printers.live import LiveFarm, StatusReason
from app.printers.models import Trust
from app.printers.status import PrinterStatus
from tests.app.printers.test_status import FULL

MODEL = model_of_serial("01P")


class Told:
    """A publisher with what it told."""

    def __init__(self, last=None):
        hub = Hub("memory://", "test")
        live = LiveFarm(hub)
        self.changes = []
        hub.listen("status", lambda message: self.changes.append(live.read(message)))
        self.next = PrinterStatus(wifi_signal=-1)
        self.publisher = StatusPublisher(
            live,
            replace(Timing(), coalesce=0.05),
            Counts(),
            team_id=1,
            printer_id=7,
            last=last or PrinterStatus.unknown(),
            compose=lambda reason, seq: (
                None if reason is StatusReason.REPORT else replace(self.next, seq=seq)
            ),
            published=lambda _printer_id: None,
        )

    @property
    def told(self):
        return [(change.reason, change.status.seq) for change in self.changes]


async def test_the_first_change_is_told_at_once_and_a_rush_of_them_once():
    """No waiting for a lone change; many changes within the pace become one."""
    told = Told()
    told.publisher.request(StatusReason.CONNECTION)
    assert len(told.changes) == 1
    for _ in range(5):
        told.publisher.request(StatusReason.CONNECTION)
    assert len(told.changes) == 1
    async with asyncio.timeout(5):
        while len(told.changes) < 2:
            await asyncio.sleep(0.01)
    first = TAKE_OVER_GAP + 1
    assert told.told == [(StatusReason.CONNECTION, first), (StatusReason.CONNECTION, first + 1)]


async def test_a_report_without_news_does_not_hide_a_change_of_the_connection():
    """Of reasons that wait together the weightiest is told."""
    told = Told()
    told.publisher.request(StatusReason.RESTORED)
    told.publisher.request(StatusReason.CONNECTION)
    told.publisher.request(StatusReason.REPORT)
    told.publisher.flush()
    assert [reason for reason, _ in told.told] == [StatusReason.RESTORED, StatusReason.CONNECTION]


async def test_a_report_without_news_is_not_told_and_uses_no_number():
    """Readers see a gap in the numbers only when they missed something."""
    told = Told()
    told.publisher.request(StatusReason.REPORT)
    assert told.changes == []
    told.publisher.close()
    told = Told()
    told.publisher.request(StatusReason.RUN)
    assert told.told == [(StatusReason.RUN, TAKE_OVER_GAP + 1)]


async def test_a_process_that_takes_over_leaves_a_gap():
    """Readers of the process before see that they may have missed something."""
    told = Told(PrinterStatus(seq=41))
    told.publisher.request(StatusReason.RESTORED)
    assert told.told == [(StatusReason.RESTORED, 41 + TAKE_OVER_GAP + 1)]


def health(*attrs):
    return health_of([{"attr": attr, "code": 0x00020001} for attr in attrs], 0, MODEL)


def codes(errors):
    return [error.code for error in errors]


def test_health_that_flickers_is_raised_once():
    """A message that vanishes for a moment was never gone."""
    memory = HealthMemory()
    assert codes(memory.tell(health(0x07002000), 0).raised) == ["0700-2000-0002-0001"]
    assert memory.tell(health(), 1).cleared == ()
    assert codes(memory.shown.errors) == ["0700-2000-0002-0001"]
    news = memory.tell(health(0x07002000), 2)
    assert (news.raised, news.cleared) == ((), ())


def test_health_that_stays_away_is_cleared():
    """Gone for a few seconds is gone, without another report too."""
    memory = HealthMemory()
    memory.tell(health(0x07002000, 0x07002100), 0)
    memory.tell(health(0x07002100), 1)
    assert memory.tick(1 + HOLD_SECONDS - 0.1).cleared == ()
    assert memory.tick(1 + HOLD_SECONDS).cleared == ("0700-2000-0002-0001",)
    assert codes(memory.shown.errors) == ["0700-2100-0002-0001"]
    assert memory.shown == summed_up(memory.shown.errors)


def test_a_restart_tells_what_was_not_told_and_ends_what_is_over():
    """What was shown but not told is told now, what was told is not told again, and what is gone
    meanwhile is cleared."""
    shown = health(0x07002000, 0x07002100)
    memory = HealthMemory(shown, frozenset({"0700-2100-0002-0001", "0700-2200-0002-0001"}))
    assert not memory.heard
    news = memory.tell(shown, 0)
    assert memory.heard
    assert codes(news.raised) == ["0700-2000-0002-0001"]
    assert memory.tick(HOLD_SECONDS).cleared == ("0700-2200-0002-0001",)
    assert memory.open == {"0700-2000-0002-0001", "0700-2100-0002-0001"}


def test_a_composed_status_leaves_nothing_out():
    """Every field of what was decoded is in what is published."""
    info = PrinterInfo(7, 1, "01P00A000000001", MODEL, None, 1, Trust.NONE, None)
    defaults = PrinterStatus()
    assert all(getattr(FULL, item.name) != getattr(defaults, item.name) for item in fields(FULL))
    presence = Presence(
        info, FULL, announce_after=1, tell=lambda _event: None, changed=lambda: None
    )
    presence.state, presence.detail = FULL.connection, FULL.connection_detail
    assert (
        composed(
            FULL,
            presence,
            seq=FULL.seq,
            reported_at=FULL.reported_at,
            health=FULL.health,
            firmware=FULL.firmware_version,
            job=FULL.job,
        )
        == FULL
    )
