"""An order to print a file that lies on a printer, and what the printer shows of its job."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Any, Self

from app.records import record

AT_REST = frozenset({"IDLE", "FINISH", "FAILED"})


@record
class Feed:
    """The slot that feeds a filament; ``unit`` None is an external spool holder, whose slot 0 is
    the right or only one and 1 the left one of two."""

    unit: int | None
    slot: int


@record
class ShownJob:
    """The job that a printer shows, also when it does not print: ``state`` in its own word, ids
    and names as it has them (empty where it has none).

    ``error`` is the print error that shows, in words. ``watched_since`` is when the present
    connection began to report: what happened before was not seen.
    """

    state: str
    subtask: str = ""
    task: str = ""
    name: str = ""
    file: str = ""
    error: str | None = None
    watched_since: datetime | None = None

    @property
    def is_at_rest(self) -> bool:
        """Whether the printer could begin something."""
        return self.state in AT_REST

    @property
    def identity(self) -> tuple[str, str, str, str]:
        """What tells one job from another."""
        return self.subtask, self.task, self.name, self.file

    def is_of(self, subtask_id: int, remote_path: str) -> bool:
        """Whether it is the job of an order, by its id or by the name of its file, which no
        other order shares."""
        path = PurePosixPath(remote_path)
        return (
            self.subtask == str(subtask_id)
            or (self.name != "" and self.name in (path.stem, path.name))
            or PurePosixPath(self.file).name == path.name
        )

    def as_dict(self) -> dict[str, Any]:
        """As JSON, without what is true of the moment only."""
        return {"state": self.state, **dict(zip(_IDENTITY, self.identity, strict=True))}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any] | None) -> Self | None:
        """What ``as_dict`` made; None for nothing."""
        if not values:
            return None
        return cls(values["state"], **{name: values[name] for name in _IDENTITY})


_IDENTITY = ("subtask", "task", "name", "file")


@record
class PrintOrder:
    """Print one plate of a file that was sent.

    ``subtask_id`` is unique and between 1 and 2³¹ − 1, which printers clamp ids to. ``feeds`` has
    an entry per filament of the project, None for one the plate does not use. ``before`` is the
    job that the printer must still show, ``expires_at`` the moment after which nobody may send
    the order any more. ``patience`` is how many seconds the printer may take to begin.
    ``loaded`` is what lies in the slots, for a print that nobody will have watched.
    """

    subtask_id: int
    remote_path: str
    plate: int
    md5: str
    feeds: tuple[Feed | None, ...]
    before: ShownJob
    expires_at: datetime
    patience: float
    bed_levelling: bool = True
    flow_calibration: bool = False
    vibration_calibration: bool = False
    layer_inspection: bool = False
    timelapse: bool = False
    loaded: tuple[Mapping[str, Any], ...] = ()

    @property
    def is_package(self) -> bool:
        """Whether the file is a 3MF; plain g-code otherwise."""
        return self.remote_path.endswith(".3mf")

    def as_dict(self) -> dict[str, Any]:
        """As JSON, for the process that holds the printer's connection."""
        return asdict(self) | {
            "before": self.before.as_dict(),
            "expires_at": self.expires_at.isoformat(),
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """What ``as_dict`` made."""
        before = ShownJob.from_dict(values["before"])
        if before is None:
            raise ValueError("an order without the job before")
        feeds = tuple(None if feed is None else Feed(**feed) for feed in values["feeds"])
        expires_at = datetime.fromisoformat(values["expires_at"])
        told = {"feeds": feeds, "before": before, "expires_at": expires_at}
        return cls(**{**values, **told, "loaded": tuple(values["loaded"])})


class StartVerdict(StrEnum):
    """What became of an order to print."""

    ACCEPTED = "accepted"
    REFUSED = "refused"  # the printer takes no commands from us
    FAILED = "failed"  # it takes commands, but not this one now
    LOST = "lost"  # it may have heard it
    NOT_SENT = "not_sent"  # it certainly has not


@record
class StartAnswer:
    """The verdict, with the cause in words where there is one."""

    verdict: StartVerdict
    reason: str | None = None
