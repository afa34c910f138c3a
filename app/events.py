"""What has happened: one frozen dataclass per event, in the past tense, raised by services.

An event names the rows it is about by id; `KINDS` maps its stable wire name to its class. Events
that are `kept` are stored for a while, so that a reader who was away can catch up.
"""

from __future__ import annotations

import re
from dataclasses import field
from datetime import UTC, datetime
from typing import Any, ClassVar
from uuid import UUID

from app.records import record


def _now() -> datetime:
    return datetime.now(UTC)


KINDS: dict[str, type[Event]] = {}


@record(kw_only=True, slots=False)
class Event:
    """Something that happened in one team at one moment (UTC)."""

    kind: ClassVar[str]
    kept: ClassVar[bool] = True

    team_id: int
    occurred_at: datetime = field(default_factory=_now)

    def __init_subclass__(cls, *, kept: bool = True, abstract: bool = False) -> None:
        cls.kept = kept
        if not abstract:
            cls.kind = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", cls.__name__).lower()
            KINDS[cls.kind] = cls

    def as_dict(self) -> dict[str, Any]:
        """The fields, ready for JSON (UUIDs and times are left to the encoder)."""
        return dict(vars(self))


@record(kw_only=True, slots=False)
class PrinterEvent(Event, abstract=True):
    printer_id: int


@record(kw_only=True, slots=False)
class PrinterAdded(PrinterEvent):
    pass


@record(kw_only=True, slots=False)
class PrinterUpdated(PrinterEvent):
    """`link_changed`: address, ports, access code or trust changed, so the link starts afresh."""

    link_changed: bool = False


@record(kw_only=True, slots=False)
class PrinterDeleted(PrinterEvent):
    pass


@record(kw_only=True, slots=False)
class PrinterConnected(PrinterEvent):
    pass


@record(kw_only=True, slots=False)
class PrinterDisconnected(PrinterEvent):
    """`reason` says why, in words."""

    reason: str = ""


@record(kw_only=True, slots=False)
class PrinterErrorRaised(PrinterEvent):
    """A health (HMS) entry appeared."""

    code: str
    severity: str
    message: str


@record(kw_only=True, slots=False)
class PrinterErrorCleared(PrinterEvent):
    code: str


@record(kw_only=True, slots=False)
class PrintEvent(Event, abstract=True):
    """About one run, that is one archive, on one printer (None once the printer was removed)."""

    printer_id: int | None
    archive_id: int
    queue_item_id: int | None = None


@record(kw_only=True, slots=False)
class PrintStarted(PrintEvent):
    pass


@record(kw_only=True, slots=False)
class PrintProgressed(PrintEvent):
    """A print reached a milestone; `percent` is 25, 50 or 75."""

    percent: int


@record(kw_only=True, slots=False)
class PrintPaused(PrintEvent):
    reason: str | None = None


@record(kw_only=True, slots=False)
class PrintResumed(PrintEvent):
    pass


@record(kw_only=True, slots=False)
class PrintFinished(PrintEvent):
    pass


@record(kw_only=True, slots=False)
class PrintFailed(PrintEvent):
    reason: str | None = None


@record(kw_only=True, slots=False)
class PrintStopped(PrintEvent):
    reason: str | None = None


@record(kw_only=True, slots=False)
class ArchiveEvent(Event, abstract=True):
    archive_id: int
    printer_id: int | None = None


@record(kw_only=True, slots=False)
class ArchiveCreated(ArchiveEvent):
    """A file was uploaded; a print is told as `PrintStarted`."""


@record(kw_only=True, slots=False)
class ArchiveUpdated(ArchiveEvent):
    pass


@record(kw_only=True, slots=False)
class ArchiveDeleted(ArchiveEvent):
    pass


@record(kw_only=True, slots=False)
class ProjectEvent(Event, abstract=True):
    project_id: int


@record(kw_only=True, slots=False)
class ProjectCreated(ProjectEvent):
    pass


@record(kw_only=True, slots=False)
class ProjectUpdated(ProjectEvent):
    pass


@record(kw_only=True, slots=False)
class ProjectDeleted(ProjectEvent):
    pass


@record(kw_only=True, slots=False)
class QueueEvent(Event, abstract=True):
    queue_item_id: int
    printer_id: int | None = None


@record(kw_only=True, slots=False)
class QueueItemAdded(QueueEvent):
    pass


@record(kw_only=True, slots=False)
class QueueItemUpdated(QueueEvent):
    pass


@record(kw_only=True, slots=False)
class QueueItemUploading(QueueEvent, kept=False):
    """`progress` is the percentage of the file that the printer has."""

    progress: int


@record(kw_only=True, slots=False)
class QueueItemMoved(QueueEvent):
    position: int


@record(kw_only=True, slots=False)
class QueueItemRemoved(QueueEvent):
    production_run_id: UUID | None = None


@record(kw_only=True, slots=False)
class QueuePaused(Event):
    """Nothing new is started on this printer, or on any when none is named."""

    printer_id: int | None = None


@record(kw_only=True, slots=False)
class QueueResumed(Event):
    """The opposite of `QueuePaused`."""

    printer_id: int | None = None


@record(kw_only=True, slots=False)
class SpoolEvent(Event, abstract=True):
    spool_id: UUID


@record(kw_only=True, slots=False)
class SpoolCreated(SpoolEvent):
    pass


@record(kw_only=True, slots=False)
class SpoolUpdated(SpoolEvent):
    pass


@record(kw_only=True, slots=False)
class SpoolDeducted(SpoolEvent):
    """`grams` is a decimal as text."""

    grams: str


@record(kw_only=True, slots=False)
class SpoolRanLow(SpoolEvent):
    pass


@record(kw_only=True, slots=False)
class SpoolRanShort(SpoolEvent):
    """A print used more than the spool was known to hold; `grams` is how much more, as text."""

    grams: str
    archive_id: int


@record(kw_only=True, slots=False)
class SpoolAssigned(SpoolEvent):
    """Somebody said in which slot of which printer the spool is, or (None) that it is in none."""

    printer_id: int | None = None


@record(kw_only=True, slots=False)
class SpoolDeleted(SpoolEvent):
    pass


@record(kw_only=True, slots=False)
class ProductEvent(Event, abstract=True):
    product_id: UUID


@record(kw_only=True, slots=False)
class ProductCreated(ProductEvent):
    pass


@record(kw_only=True, slots=False)
class ProductUpdated(ProductEvent):
    pass


@record(kw_only=True, slots=False)
class ProductDeleted(ProductEvent):
    pass


@record(kw_only=True, slots=False)
class ProductionRunEvent(Event, abstract=True):
    production_run_id: UUID
    project_id: int | None = None


@record(kw_only=True, slots=False)
class ProductionRunCreated(ProductionRunEvent):
    pass


@record(kw_only=True, slots=False)
class ProductionRunUpdated(ProductionRunEvent):
    pass


@record(kw_only=True, slots=False)
class ProductionRunStarted(ProductionRunEvent):
    pass


@record(kw_only=True, slots=False)
class ProductionRunPaused(ProductionRunEvent):
    pass


@record(kw_only=True, slots=False)
class ProductionRunResumed(ProductionRunEvent):
    pass


@record(kw_only=True, slots=False)
class ProductionRunCompleted(ProductionRunEvent):
    pass


@record(kw_only=True, slots=False)
class ProductionRunFailed(ProductionRunEvent):
    reason: str | None = None


@record(kw_only=True, slots=False)
class ProductionRunCancelled(ProductionRunEvent):
    pass


@record(kw_only=True, slots=False)
class ProductionRunDeleted(ProductionRunEvent):
    pass


@record(kw_only=True, slots=False)
class DataFileEvent(Event, abstract=True):
    data_id: int
    project_id: int


@record(kw_only=True, slots=False)
class DataUploaded(DataFileEvent):
    pass


@record(kw_only=True, slots=False)
class DataProcessed(DataFileEvent):
    """Processing ended, well or not."""


@record(kw_only=True, slots=False)
class TeamCreated(Event):
    user_id: int


@record(kw_only=True, slots=False)
class TeamMemberAdded(Event):
    """`role` is its wire name."""

    user_id: int
    role: str


@record(kw_only=True, slots=False)
class TeamMemberRemoved(Event):
    user_id: int


@record(kw_only=True, slots=False)
class UserInvited(Event):
    """Somebody without an account was asked into the team."""

    invitation_id: int


@record(kw_only=True, slots=False)
class CredentialRevoked(Event, kept=False):
    """A key, a sign-in family or a membership is no longer good; open sockets must close."""

    api_key_id: int | None = None
    user_id: int | None = None
    family: UUID | None = None


@record(kw_only=True, slots=False)
class ContentDiscarded(Event, kept=False):
    """Nobody has the file content at this place of the storage any more; its bytes can go."""

    key: str


@record(kw_only=True, slots=False)
class WebhookDisabled(Event):
    """An endpoint failed for too long and is not told anything any more; `notice` says why."""

    webhook_id: int
    notice: str


@record(kw_only=True, slots=False)
class WebhookMessagesQueued(Event, kept=False):
    """Messages for endpoints of the team wait in the outbox."""
