"""CPU seconds that mean the same in every minute of a run.

A shared machine changes its speed, so the clock of the wall says little and even CPU seconds
differ. A fixed piece of work is timed around each measurement; CPU seconds are then given in
normal ones, of which the fixed work takes the same number at any time.
"""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import dataclass, field

import psutil

# How often the fixed work is done in one normal CPU second.
NORMAL = 1_000.0
_WORK = {"temperatures": [number / 7 for number in range(100)], "name": "x" * 200}
_SAMPLE_ROUNDS = 150


def speed() -> float:
    """How fast this CPU is now; 1.0 is normal. Takes about 0.15 s."""
    began = time.thread_time()
    for _ in range(_SAMPLE_ROUNDS):
        text = json.dumps(_WORK)
        for _ in range(10):
            hashlib.sha256(json.dumps(json.loads(text)).encode()).digest()
    return _SAMPLE_ROUNDS / (time.thread_time() - began) / NORMAL


@dataclass(slots=True)
class CpuMeter:
    """The normal CPU seconds that a process and its threads used while the meter was open."""

    pid: int
    seconds: float = 0.0
    wall: float = 0.0
    _cpu_at: float = field(default=0.0, init=False)
    _wall_at: float = field(default=0.0, init=False)
    _speed_at: float = field(default=1.0, init=False)

    def __enter__(self) -> CpuMeter:
        self._speed_at = speed()
        self._cpu_at = self._used()
        self._wall_at = time.perf_counter()
        return self

    def __exit__(self, *_error: object) -> None:
        used = self._used() - self._cpu_at
        self.wall += time.perf_counter() - self._wall_at
        self.seconds += used * (self._speed_at + speed()) / 2

    def _used(self) -> float:
        times = psutil.Process(self.pid).cpu_times()
        return float(times.user + times.system)
