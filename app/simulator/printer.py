"""One simulated printer: a machine, its reports, and its answers to commands."""

from __future__ import annotations

import asyncio
import copy
import random
from collections.abc import Callable
from typing import Any

import orjson

from app.simulator.card import OwnFiles
from app.simulator.commands import answer
from app.simulator.jobs import Job, random_job
from app.simulator.machine import ACTIVE, FINISH, RUNNING, Machine, default_slots
from app.simulator.picture import View
from app.simulator.profiles import Flavour, Profile
from app.simulator.quirks import Quirks
from app.simulator.reports import Renderer, Report, difference
from app.simulator.storage import Storage

Send = Callable[[bytes], None]
# Real seconds between reports: busy at the normal speed of time, busy when time is sped up, idle.
BUSY_SECONDS, FAST_SECONDS, IDLE_SECONDS = 1.0, 0.25, 5.0
ACK_SECONDS = (0.07, 0.15)
# A job that a printer gave itself pauses once in so many.
PAUSE_ONE_IN, FAIL_ONE_IN = 12, 20


class SimPrinter:
    """Reports go to every function in `listeners` as bytes; `receive` takes requests."""

    def __init__(
        self, profile: Profile, name: str, serial: str, access_code: str, *, speed: float = 1.0
    ) -> None:
        self.profile = profile
        self.name = name
        self.serial = serial
        self.access_code = access_code
        self.speed = speed
        self.online = True
        self.quirks = Quirks()
        self.files = Storage()
        self.own_files = OwnFiles(profile, self.files, self.quirks)
        self.auto = False
        self.rate: float | None = None
        self.listeners: set[Send] = set()
        self.dice = random.Random(serial)
        self.machine = Machine(profile, self.dice, slots=default_slots(self.dice))
        self.renderer = Renderer(self.machine, serial)
        self._sequence = self.dice.randint(100, 30_000)
        self._published: Report = {}
        self._pictures = 0
        self._rest = self.dice.uniform(0, 240)
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def interval(self) -> float:
        """Real seconds until the next report."""
        if self.rate is not None:
            return 1.0 / self.rate
        if self.machine.state not in ACTIVE:
            return IDLE_SECONDS if self.speed <= 2 else 1.0
        return BUSY_SECONDS if self.speed <= 2 else FAST_SECONDS

    async def run(self) -> None:
        """Live until cancelled."""
        loop = asyncio.get_running_loop()
        last = loop.time()
        await asyncio.sleep(self.dice.uniform(0, 0.2))
        while True:
            now = loop.time()
            self.tick(now - last)
            last = now
            await asyncio.sleep(self.interval)

    def tick(self, real_seconds: float) -> None:
        """Let real time pass, and report what changed."""
        self.machine.advance(real_seconds * self.speed)
        self.own_files.advance(self.machine, real_seconds * self.speed)
        self.renderer.wifi = -52 + self.dice.randint(-3, 3)
        if self.auto:
            self._keep_busy(real_seconds * self.speed)
        if self.online:
            self.report()

    def _keep_busy(self, seconds: float) -> None:
        machine = self.machine
        if machine.state in ACTIVE:
            if machine.state == "PAUSE" and self.dice.random() < seconds / 300:
                machine.resume()
            elif machine.state == "RUNNING" and machine.percent > 5:
                self._mishap(seconds)
            return
        self._rest -= seconds
        if self._rest <= 0:
            self._rest = self.dice.uniform(200, 900)
            self.start(random_job(self.dice))

    def _mishap(self, seconds: float) -> None:
        job = self.machine.job
        if job is None:
            return
        share = seconds / job.seconds
        if self.dice.random() < share / PAUSE_ONE_IN:
            self.machine.pause()
        elif self.dice.random() < share / FAIL_ONE_IN:
            self.machine.fail(0x03000D00, 0x00020003)

    def start(self, job: Job) -> None:
        """Begin a job as if it came from the printer's own screen."""
        if self.profile.flavour is not Flavour.P1 and job.task_id == "0":
            job.task_id = str(self.machine.counter + 1)
            job.subtask_id = ""
        self.own_files.expect(job)
        self.machine.start(job)
        self.own_files.advance(self.machine, 0.0)
        self.report()

    def report(self) -> None:
        """Publish what changed since the last report, or everything where the family does so."""
        full = self.renderer.full()
        if self.profile.flavour is Flavour.X1_OLD:
            self._publish(full)
        else:
            changed = difference(self._published, full)
            if changed:
                self._publish(changed | {"command": "push_status", "msg": 1})
        self._published = copy.deepcopy(full)

    def push_all(self) -> None:
        """Publish the complete state, as an answer to `pushall`."""
        full = self.renderer.full()
        if self.profile.flavour is Flavour.X1_OLD:
            self._publish(full)
        else:
            self._publish(full | {"msg": 0})
        self._published = copy.deepcopy(full)

    def _publish(self, report: Report) -> None:
        self._sequence += 1
        self.send({"print": report | {"sequence_id": str(self._sequence)}})

    def send(self, message: dict[str, Any]) -> None:
        """Send one message to everybody who listens."""
        indented = not self.profile.old_style
        self.send_raw(orjson.dumps(message, option=orjson.OPT_INDENT_2 if indented else 0))

    def send_raw(self, payload: bytes) -> None:
        """Send bytes as they are, also broken ones."""
        for listener in list(self.listeners):
            listener(payload)

    def receive(self, payload: bytes) -> None:
        """A request arrived; it is answered after a moment, as printers do."""
        try:
            request = orjson.loads(payload.rstrip(b"\x00"))
        except orjson.JSONDecodeError:
            return
        if isinstance(request, dict) and not self.quirks.ignores_requests:
            task = asyncio.get_running_loop().create_task(self._answer_soon(request))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _answer_soon(self, request: dict[str, Any]) -> None:
        await asyncio.sleep(self.dice.uniform(*ACK_SECONDS))
        if self.online:
            answer(self, request)

    def view(self) -> View:
        """What its camera sees now."""
        machine, job = self.machine, self.machine.job
        self._pictures += 1
        ended = job is not None and machine.state == FINISH
        lines = [self.name, machine.state]
        if job is not None:
            lines.append(f"{machine.percent} %   layer {machine.layer}/{job.layers}")
        return View(
            title=job.name if job else "",
            lines=tuple(lines),
            colours=tuple(each.color for each in job.filaments if each.grams > 0) if job else (),
            share=1.0 if ended else machine.percent / 100,
            moving=machine.state == RUNNING,
            light=machine.light,
            number=self._pictures,
        )

    def reboot(self) -> None:
        """Power off and on."""
        self.machine.reboot()
        self._published = {}

    def garbage(self, messages: int) -> None:
        """Send corrupted messages of every kind."""
        for number in range(messages):
            self.send_raw(_GARBAGE[number % len(_GARBAGE)])

    def summary(self) -> dict[str, Any]:
        """What the control port shows of it."""
        machine = self.machine
        return {
            "state": machine.state,
            "online": self.online,
            "progress": machine.percent,
            "layer": machine.layer,
            "total_layers": machine.job.layers if machine.job else 0,
            "remaining_seconds": round(machine.remaining),
            "job": machine.job.name if machine.job else None,
            "developer_mode": self.renderer.developer_mode,
            "quirks": self.quirks.model_dump(exclude_defaults=True),
            "files": {path: len(data) for path, data in self.files.items()},
        }


_GARBAGE = (
    b'{"print": {"command": "push_status", "mc_perc',
    b"\xff\xfe\x00{not json",
    b'{"print": {"command": "push_status", "msg": 1, "mc_percent": {"a": []}, "ams": 7}}',
    b'{"surprise": {"command": "unheard_of", "value": [1, 2, 3]}}',
    b"[1, 2, 3]",
    b'{"print": {"command": "push_status", "msg": 1, "subtask_name": "caf\xe9"}}',
    b'{"print": {"command": "push_status", "msg": 1, "pad": "' + b"x" * 262_000 + b'"}}',
    b"null",
    b"",
    b'{"print": []}',
)
