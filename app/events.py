"""What has happened: one frozen dataclass per event, in the past tense, raised by services.

An event names the rows it is about by id; `KINDS` maps its stable wire name to its class. Events
that are `kept` are stored for a while, so that a reader who was away can catch up.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, ClassVar
from uuid import UUID


def _now() -> datetime:
    return datetime.now(UTC)


KINDS: dict[str, type[Event]] = {}


@dataclass(frozen=True, kw_only=True)
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


@dataclass(frozen=True, kw_only=True)
class PrinterEvent(Event, abstract=True):
    printer_id: int


@dataclass(frozen=True, kw_only=True)
class PrinterAdded(PrinterEvent):
    pass


@dataclass(frozen=True, kw_only=True)
class PrinterUpdated(PrinterEvent):
    """`link_changed`: address, ports, access code or trust changed, so the link starts afresh."""

    link_changed: bool = False


@dataclass(frozen=True, kw_only=True)
class PrinterDeleted(PrinterEvent):
    pass


@dataclass(frozen=True, kw_only=True)
class PrinterConnected(PrinterEvent):
    pass


@dataclass(frozen=True, kw_only=True)
class PrinterDisconnected(PrinterEvent):
    """`reason` says why, in words."""

    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class PrinterErrorRaised(PrinterEvent):
    """A health (HMS) entry appeared."""

    code: str
    severity: str
    message: str


@dataclass(frozen=True, kw_only=True)
class PrinterErrorCleared(PrinterEvent):
    code: str


@dataclass(frozen=True, kw_only=True)
class PrintEvent(Event, abstract=True):
    """About one run, that is one archive, on one printer (None once the printer was removed)."""

    printer_id: int | None
    archive_id: int
    queue_item_id: int | None = None


@dataclass(frozen=True, kw_only=True)
class PrintStarted(PrintEvent):
    pass


@dataclass(frozen=True, kw_only=True)
class PrintProgressed(PrintEvent):
    """A print reached a milestone; `percent` is 25, 50 or 75."""

    percent: int


@dataclass(frozen=True, kw_only=True)
class PrintPaused(PrintEvent):
    reason: str | None = None


@dataclass(frozen=True, kw_only=True)
class PrintResumed(PrintEvent):
    pass


@dataclass(frozen=True, kw_only=True)
class PrintFinished(PrintEvent):
    pass


@dataclass(frozen=True, kw_only=True)
class PrintFailed(PrintEvent):
    reason: str | None = None


@dataclass(frozen=True, kw_only=True)
class PrintStopped(PrintEvent):
    reason: str | None = None


@dataclass(frozen=True, kw_only=True)
class ArchiveEvent(Event, abstract=True):
    archive_id: int
    printer_id: int | None = None


@dataclass(frozen=True, kw_only=True)
class ArchiveCreated(ArchiveEvent):
    """A file was uploaded; a print is told as `PrintStarted`."""


@dataclass(frozen=True, kw_only=True)
class ArchiveUpdated(ArchiveEvent):
    pass


@dataclass(frozen=True, kw_only=True)
class ArchiveDeleted(ArchiveEvent):
    pass


@dataclass(frozen=True, kw_only=True)
class ProjectEvent(Event, abstract=True):
    project_id: int


@dataclass(frozen=True, kw_only=True)
class ProjectCreated(ProjectEvent):
    pass


@dataclass(frozen=True, kw_only=True)
class ProjectUpdated(ProjectEvent):
    pass


@dataclass(frozen=True, kw_only=True)
class ProjectDeleted(ProjectEvent):
    pass


@dataclass(frozen=True, kw_only=True)
class QueueEvent(Event, abstract=True):
    queue_item_id: int
    printer_id: int | None = None


@dataclass(frozen=True, kw_only=True)
class QueueItemAdded(QueueEvent):
    pass


@dataclass(frozen=True, kw_only=True)
class QueueItemUpdated(QueueEvent):
    pass


@dataclass(frozen=True, kw_only=True)
class QueueItemUploading(QueueEvent, kept=False):
    """`progress` is the percentage of the file that the printer has."""

    progress: int


@dataclass(frozen=True, kw_only=True)
class QueueItemMoved(QueueEvent):
    position: int


@dataclass(frozen=True, kw_only=True)
class QueueItemRemoved(QueueEvent):
    production_run_id: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class QueuePaused(Event):
    """Nothing new is started on this printer, or on any when none is named."""

    printer_id: int | None = None


@dataclass(frozen=True, kw_only=True)
class QueueResumed(Event):
    """The opposite of `QueuePaused`."""

    printer_id: int | None = None


@dataclass(frozen=True, kw_only=True)
class SpoolEvent(Event, abstract=True):
    spool_id: UUID


@dataclass(frozen=True, kw_only=True)
class SpoolCreated(SpoolEvent):
    pass


@dataclass(frozen=True, kw_only=True)
class SpoolUpdated(SpoolEvent):
    pass


@dataclass(frozen=True, kw_only=True)
class SpoolDeducted(SpoolEvent):
    """`grams` is a decimal as text."""

    grams: str


@dataclass(frozen=True, kw_only=True)
class SpoolRanLow(SpoolEvent):
    pass


@dataclass(frozen=True, kw_only=True)
class SpoolRanShort(SpoolEvent):
    """A print used more than the spool was known to hold; `grams` is how much more, as text."""

    grams: str
    archive_id: int


@dataclass(frozen=True, kw_only=True)
class SpoolAssigned(SpoolEvent):
    """Somebody said in which slot of which printer the spool is, or (None) that it is in none."""

    printer_id: int | None = None


@dataclass(frozen=True, kw_only=True)
class SpoolDeleted(SpoolEvent):
    pass


@dataclass(frozen=True, kw_only=True)
class ProductEvent(Event, abstract=True):
    product_id: UUID


@dataclass(frozen=True, kw_only=True)
class ProductCreated(ProductEvent):
    pass


@dataclass(frozen=True, kw_only=True)
class ProductUpdated(ProductEvent):
    pass


@dataclass(frozen=True, kw_only=True)
class ProductDeleted(ProductEvent):
    pass


@dataclass(frozen=True, kw_only=True)
class ProductionRunEvent(Event, abstract=True):
    production_run_id: UUID
    project_id: int | None = None


@dataclass(frozen=True, kw_only=True)
class ProductionRunCreated(ProductionRunEvent):
    pass


@dataclass(frozen=True, kw_only=True)
class ProductionRunUpdated(ProductionRunEvent):
    pass


@dataclass(frozen=True, kw_only=True)
class ProductionRunStarted(ProductionRunEvent):
    pass


@dataclass(frozen=True, kw_only=True)
class ProductionRunPaused(ProductionRunEvent):
    pass


@dataclass(frozen=True, kw_only=True)
class ProductionRunResumed(ProductionRunEvent):
    pass


@dataclass(frozen=True, kw_only=True)
class ProductionRunCompleted(ProductionRunEvent):
    pass


@dataclass(frozen=True, kw_only=True)
class ProductionRunFailed(ProductionRunEvent):
    reason: str | None = None


@dataclass(frozen=True, kw_only=True)
class ProductionRunCancelled(ProductionRunEvent):
    pass


@dataclass(frozen=True, kw_only=True)
class ProductionRunDeleted(ProductionRunEvent):
    pass


@dataclass(frozen=True, kw_only=True)
class DataFileEvent(Event, abstract=True):
    data_id: int
    project_id: int


@dataclass(frozen=True, kw_only=True)
class DataUploaded(DataFileEvent):
    pass


@dataclass(frozen=True, kw_only=True)
class DataProcessed(DataFileEvent):
    """Processing ended, well or not."""


@dataclass(frozen=True, kw_only=True)
class TeamCreated(Event):
    user_id: int


@dataclass(frozen=True, kw_only=True)
class TeamMemberAdded(Event):
    """`role` is its wire name."""

    user_id: int
    role: str


@dataclass(frozen=True, kw_only=True)
class TeamMemberRemoved(Event):
    user_id: int


@dataclass(frozen=True, kw_only=True)
class UserInvited(Event):
    """Somebody without an account was asked into the team."""

    invitation_id: int


@dataclass(frozen=True, kw_only=True)
class CredentialRevoked(Event, kept=False):
    """A key, a sign-in family or a membership is no longer good; open sockets must close."""

    api_key_id: int | None = None
    user_id: int | None = None
    family: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class ContentDiscarded(Event, kept=False):
    """Nobody has the file content at this place of the storage any more; its bytes can go."""

    key: str


@dataclass(frozen=True, kw_only=True)
class WebhookDisabled(Event):
    """An endpoint failed for too long and is not told anything any more; `notice` says why."""

    webhook_id: int
    notice: str


@dataclass(frozen=True, kw_only=True)
class WebhookMessagesQueued(Event, kept=False):
    """Messages for endpoints of the team wait in the outbox."""
