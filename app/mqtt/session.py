"""One printer in this process: from the bytes it sends to its published status and its runs.

A session knows nothing of transports. A link tells it when the printer can be reached and gives
it what arrives; it never raises for what a printer sends.
"""

import asyncio
from collections.abc import Callable, Set
from datetime import UTC, datetime

from app.events import Event, PrinterErrorCleared, PrinterErrorRaised
from app.mqtt.commands import Answer, Command, Pending, Send, Verdict, judge, refuses_unsigned
from app.mqtt.composition import composed
from app.mqtt.decode import decode
from app.mqtt.expected import Expected
from app.mqtt.healing import Healing, Want
from app.mqtt.health_memory import HealthMemory, HealthNews
from app.mqtt.hms import VERIFICATION_FAILED
from app.mqtt.messages import Push, Reply, Unreadable, Version, parse
from app.mqtt.notes import Checkpoint, EventNote, Note, RunRecord
from app.mqtt.presence import Presence
from app.mqtt.printer_info import PrinterInfo
from app.mqtt.publisher import StatusPublisher
from app.mqtt.quiet_log import QuietLog
from app.mqtt.run import Run
from app.mqtt.run_keeper import LIFE_KEYS, URGENT_KEYS, RunKeeper
from app.mqtt.state import PrinterMemory
from app.mqtt.timing import Counts, Timing
from app.printers.live import LiveFarm, StatusReason
from app.printers.status import ConnectionState, PrinterStatus

_SAME = object()


class Session:
    """``send`` is None while the printer cannot be reached."""

    def __init__(
        self,
        info: PrinterInfo,
        *,
        timing: Timing,
        counts: Counts,
        log: QuietLog,
        live: LiveFarm,
        note: Callable[[Note], None],
        published: Callable[[int], None],
        restored: PrinterStatus,
        run: Run | None = None,
        record: RunRecord | None = None,
        faults: Set[str] = frozenset(),
        expected: Expected | None = None,
    ) -> None:
        self.info = info
        self.timing = timing
        self.counts = counts
        self.log = log
        self.memory = PrinterMemory()
        self.pending = Pending()
        self.send: Send | None = None
        self.full_wanted = asyncio.Event()
        self.refresh_wanted = asyncio.Event()
        self.version_wanted = asyncio.Event()
        self.reconnect_wanted = asyncio.Event()
        self.answers_requests = False
        self.reporting = False
        self.last_report = 0.0
        self.reported_at = restored.reported_at
        self._note = note
        self._draft = restored
        self._unread: set[str] = set()  # changed parts of the report that were not decoded yet
        self._fresh = False  # whether there is something to publish
        # Until then the loop's clock forbids a new connection: the printer may read a file.
        self.patient_until = 0.0
        # When the present connection brought its first full report.
        self.watched_since: datetime | None = None
        self.runs = RunKeeper(info, run, record, note, expected)
        self._health = HealthMemory(restored.health, faults)
        self._firmware = restored.firmware_version
        self._healing = Healing()
        self._publisher = StatusPublisher(
            live,
            timing,
            counts,
            team_id=info.team_id,
            printer_id=info.id,
            last=restored,
            compose=self._compose,
            published=published,
        )
        self.presence = Presence(
            info,
            restored,
            announce_after=timing.announce,
            announced=info.told_connected,
            tell=self._tell,
            changed=lambda: self._publisher.request(StatusReason.CONNECTION),
        )

    @property
    def status(self) -> PrinterStatus:
        """The last published status."""
        return self._publisher.last

    @property
    def checkpoint(self) -> Checkpoint | None:
        """What a restart needs to go on with the open run."""
        return self.runs.checkpoint(self.reported_at if self.reporting else None)

    def start(self) -> None:
        """Show where things stand before the first word from the printer."""
        self._publisher.request(StatusReason.RESTORED)

    def stop(self, *, last_words: bool) -> None:
        """Publish nothing more, after what waits if ``last_words``."""
        self.pending.abandon()
        if last_words:
            self._publisher.flush()
        self._publisher.close()

    def written(self) -> None:
        """The record of the open run got its rows."""
        self._publisher.request(StatusReason.RUN)

    def opened(self, send: Send) -> None:
        """The printer can be reached; nothing it said before counts as its present state."""
        self.send = send
        self.memory.begin_epoch()
        self.runs.out_of_sight(self.reported_at)
        self.reporting = False
        self.last_report = asyncio.get_running_loop().time()
        self.presence.obeyed(self.last_report)

    def lost(self, state: ConnectionState, detail: str) -> None:
        """The printer cannot be reached; ``detail`` says why, in words."""
        if self.send is not None:
            self.runs.out_of_sight(self.reported_at)
        self.send = None
        self.reporting = False
        self.pending.abandon()
        self.show(state, detail)

    def show(self, state: ConnectionState, detail: str | None) -> None:
        """Publish how the connection stands; ``reporting`` begins anew with the next report."""
        self.reporting = False
        self.presence.show(state, detail, asyncio.get_running_loop().time())

    def silent_for(self) -> float:
        """Seconds since the last report, or since the connection was made."""
        return asyncio.get_running_loop().time() - self.last_report

    def receive(self, payload: bytes) -> None:
        """Take in one message of the report topic."""
        self.counts.messages += 1
        message = parse(payload)
        try:
            if isinstance(message, Push):
                self._push(message)
            elif isinstance(message, Reply):
                self.pending.settle(message.command, message.sequence_id, judge(message))
            elif isinstance(message, Version):
                self._version(message)
            elif isinstance(message, Unreadable):
                self.counts.unreadable += 1
                self.log.warn("unreadable report", self.info.serial, reason=message.reason)
        except Exception as error:
            # One printer's nonsense must not end the loop that all printers share.
            self.counts.broken += 1
            self.log.warn("report not handled", self.info.serial, error=repr(error)[:300])
            self.memory = PrinterMemory()
            self._unread = set()
            self.full_wanted.set()

    def _push(self, message: Push) -> None:
        now = self.last_report = asyncio.get_running_loop().time()
        self.reported_at = datetime.now(UTC)
        memory, body = self.memory, message.body
        state = body.get("gcode_state", _SAME)
        if self._unread and state is not _SAME and state != memory.raw.get("gcode_state"):
            # A cancelled print is reset to zero: how far it was must have been seen before.
            self._read()
        was_full = memory.has_full
        changed = memory.apply(body, message.claim)
        if not memory.has_full:
            self.full_wanted.set()
        elif not was_full:
            self.watched_since = self.reported_at
            self.full_wanted.clear()
        if changed:
            self._unread |= changed
            if not was_full or not URGENT_KEYS.isdisjoint(changed):
                self._read()
            self._publisher.request(StatusReason.REPORT)
        elif self.runs.is_fresh:
            self._read()
        if not self.reporting:
            self.reporting = True
            self.presence.reports(now)
        if memory.has_full and ("fun" in changed or not was_full):
            self.presence.says(refuses_unsigned(memory.raw), now)
        for want in self._healing.look(memory.raw, changed):
            (self.full_wanted if want is Want.FULL else self.version_wanted).set()

    def _read(self) -> None:
        """Decode what changed and look at the print.

        Done when a status is published, not with each report: most are followed by the next one
        before anybody is told.
        """
        changed, self._unread = self._unread, set()
        before = self._draft
        draft = self._draft = decode(before, self.memory.raw, changed, self.info.model)
        if draft is not before:
            self._fresh = True
        if draft.health is not before.health or (self.memory.has_full and not self._health.heard):
            self._news(self._health.tell(draft.health, self.last_report))
        if (
            self.memory.has_full
            and self.reported_at is not None
            and (
                self.runs.is_fresh
                or not LIFE_KEYS.isdisjoint(changed)
                or draft.ams is not before.ams
            )
        ):
            self._seen(self.runs.observe(self.memory, draft, self.reported_at))

    def _seen(self, happened: bool) -> None:
        if happened:
            self._publisher.request(StatusReason.RUN)

    def _version(self, version: Version) -> None:
        self.pending.settle("get_version", version.sequence_id, Answer(Verdict.ACCEPTED))
        if version.firmware and version.firmware != self._firmware:
            self._firmware = version.firmware
            self._fresh = True
            self._publisher.request(StatusReason.REPORT)

    def tick(self, now: float) -> None:
        """Let time pass: held back ends, vanished health messages, long absences."""
        if self.reporting:
            self._seen(self.runs.tick(datetime.now(UTC)))
        news = self._health.tick(now)
        if news.raised or news.cleared:
            self._news(news)
            self._fresh = True
            self._publisher.request(StatusReason.REPORT)
        shown = self._publisher.last.reported_at
        if self.reported_at is not None and (
            shown is None or (self.reported_at - shown).total_seconds() >= self.timing.breath
        ):
            # Say now and then when the last report came, although it brought nothing new.
            self._fresh = True
            self._publisher.request(StatusReason.REPORT)
        self.presence.tick(now)

    def _news(self, news: HealthNews) -> None:
        team_id, printer_id = self.info.team_id, self.info.id
        for error in news.raised:
            message = error.message or f"Health message {error.code}"
            if error.code == VERIFICATION_FAILED:
                self.presence.refused(message, self.last_report)
            self._tell(
                PrinterErrorRaised(
                    team_id=team_id,
                    printer_id=printer_id,
                    code=error.code,
                    severity=error.severity.value,
                    message=message,
                )
            )
        for code in news.cleared:
            self._tell(PrinterErrorCleared(team_id=team_id, printer_id=printer_id, code=code))

    def keep(self, note: Note) -> None:
        """Have something written down about this printer."""
        self._note(note)

    def _tell(self, event: Event) -> None:
        self._note(EventNote(self.info.id, self.info.team_id, event))

    def refresh(self) -> None:
        """Somebody wants a full report now."""
        self.refresh_wanted.set()
        self.full_wanted.set()

    async def request(self, command: Command, *, stops: bool = False) -> Answer:
        """Send a command and wait for the printer's answer, or for the time to be up.

        With ``stops`` an end of the print that follows is put down to this command.
        """
        if self.send is None:
            return Answer(Verdict.LOST, "There is no connection to the printer.")
        if stops:
            self.runs.stop_requested(datetime.now(UTC))
        answer = await self.pending.ask(self.send, command, self.timing.answer)
        now = asyncio.get_running_loop().time()
        if answer.verdict is Verdict.REFUSED:
            self.presence.refused(answer.reason or "The printer refuses commands.", now)
        elif answer.verdict is Verdict.ACCEPTED and command.controls:
            self.presence.obeyed(now)
        elif answer.verdict is Verdict.LOST:
            self.version_wanted.set()
        return answer

    def _compose(self, reason: StatusReason, seq: int) -> PrinterStatus | None:
        """The status to publish; None when a report brought nothing that shows."""
        if self._unread:
            self._read()
        if reason is StatusReason.REPORT and not self._fresh:
            return None
        self._fresh = False
        return composed(
            self._draft,
            self.presence,
            seq=seq,
            reported_at=self.reported_at,
            health=self._health.shown,
            firmware=self._firmware,
            job=self.runs.describe(self._draft.job),
        )
