"""What a merged report shows to be missing, and what has to be asked for."""

from collections.abc import Mapping, Set
from dataclasses import dataclass
from enum import Enum

from app.mqtt.values import mapping


class Want(Enum):
    """Requests that mend a gap."""

    FULL = "full"  # a full report
    VERSION = "version"  # the list of modules and their firmware


_KEYS = frozenset({"online", "total_layer_num", "gcode_state"})
_NOTHING: frozenset[Want] = frozenset()
_BOTH = frozenset(Want)


@dataclass(slots=True)
class Healing:
    """Notices other hardware, and a layer count that stays zero while printing.

    Deltas tell neither; both are seen on real printers.
    """

    _version: object = None

    def look(self, raw: Mapping[str, object], changed: Set[str]) -> frozenset[Want]:
        """What to ask for after these parts changed."""
        if _KEYS.isdisjoint(changed):
            return _NOTHING
        before, self._version = self._version, mapping(raw.get("online")).get("version")
        if before is not None and before != self._version:
            return _BOTH
        if raw.get("gcode_state") == "RUNNING" and raw.get("total_layer_num") in (0, "0"):
            return frozenset({Want.FULL})
        return _NOTHING
