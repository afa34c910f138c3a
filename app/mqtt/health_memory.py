"""Health messages flicker: what vanishes is believed to be gone only after a few seconds."""

from collections.abc import Set
from dataclasses import dataclass, field

from app.mqtt.hms import summed_up
from app.printers.status import Health, HmsError
from app.records import record

HOLD_SECONDS = 3.0


@record
class HealthNews:
    """Messages that appeared, and codes that are gone."""

    raised: tuple[HmsError, ...] = ()
    cleared: tuple[str, ...] = ()


_NOTHING = HealthNews()


@dataclass(slots=True)
class HealthMemory:
    """The messages of one printer. ``shown`` is what people see; times are a clock's seconds.

    ``open`` are the codes that were told to have appeared, by this process or one before it;
    ``heard`` is whether the printer itself has said anything since this process began.
    """

    shown: Health = field(default_factory=Health)
    open: Set[str] = frozenset()
    heard: bool = False
    _told: Health = field(default_factory=Health)
    _gone: dict[str, float] = field(default_factory=dict)

    def tell(self, health: Health, now: float) -> HealthNews:
        """Take in what the printer says now."""
        self._told, self.heard = health, True
        return self._settle(now)

    def tick(self, now: float) -> HealthNews:
        """Let time pass."""
        return self._settle(now) if self._gone else _NOTHING

    def _settle(self, now: float) -> HealthNews:
        told = {error.code: error for error in self._told.errors}
        known = {error.code: error for error in self.shown.errors}
        for code in (known.keys() | self.open) - told.keys():
            self._gone.setdefault(code, now)
        for code in self._gone.keys() & told.keys():
            del self._gone[code]
        over = [code for code, since in self._gone.items() if now - since >= HOLD_SECONDS]
        for code in over:
            del self._gone[code]
        raised = tuple(error for code, error in told.items() if code not in self.open)
        cleared = tuple(code for code in over if code in self.open)
        self.open = (self.open - set(cleared)) | told.keys()
        kept = {code: error for code, error in known.items() if code not in over}
        shown = summed_up((kept | told).values())
        if shown != self.shown:
            self.shown = shown
        return HealthNews(raised, cleared) if raised or cleared else _NOTHING
