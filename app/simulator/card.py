"""The files of the jobs that a printer gave itself: they lie where real printers keep theirs."""

from __future__ import annotations

import re
from collections import deque

from app.simulator.jobs import Job
from app.simulator.machine import PREPARE, Machine
from app.simulator.profiles import Profile
from app.simulator.quirks import Quirks
from app.simulator.storage import Storage, StorageFull
from app.simulator.threemf import Plate, sliced_file

# So many of its own files a printer keeps; the oldest makes room.
KEPT = 20
_UNUSABLE = re.compile(r'[<>:"/\\|?*\x00-\x1f]')


class OwnFiles:
    """Puts the file of the running job on the card: in `/` before it prints where jobs come from
    the card (P1, A1), in `/cache` once it prints where they come from elsewhere."""

    def __init__(self, profile: Profile, files: Storage, quirks: Quirks) -> None:
        self._profile = profile
        self._files = files
        self._quirks = quirks
        self._kept: deque[str] = deque()
        self._expected: Job | None = None
        self._late = 0.0

    def expect(self, job: Job) -> None:
        """A job begins; unless it came as a file it gets one."""
        if not job.file:
            folder = "/" if self._profile.jpeg_camera else "/cache/"
            job.file = f"{folder}{_UNUSABLE.sub('_', job.name)[:80]}.gcode.3mf"
            self._expected, self._late = job, self._quirks.late_file_seconds

    def advance(self, machine: Machine, seconds: float) -> None:
        """Let time pass."""
        job = self._expected
        if job is None or (machine.state == PREPARE and not self._profile.jpeg_camera):
            return
        self._late -= seconds
        if self._late <= 0:
            self._expected = None
            self._write(job)

    def _write(self, job: Job) -> None:
        if self._quirks.storage_missing:
            return
        plates = [Plate()] * (job.plate - 1)
        plates.append(Plate(round(job.seconds), job.layers, job.filaments))
        data = sliced_file(
            job.name, plates, model_code=self._profile.code, product=self._profile.product
        )
        if job.file in self._kept:
            self._kept.remove(job.file)
        while len(self._kept) >= KEPT:
            self._files.pop(self._kept.popleft(), None)
        try:
            self._files[job.file] = data
        except StorageFull:
            return  # as a full card does: the job prints, its file is nowhere
        self._kept.append(job.file)
