"""A number of simulated printers, each with its broker or all behind a central one."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from app.simulator.bridge import CentralBridge
from app.simulator.broker import PrinterBroker
from app.simulator.camera import CameraServer
from app.simulator.ftps import FtpsServer
from app.simulator.jobs import Job
from app.simulator.printer import SimPrinter
from app.simulator.profiles import DEFAULT_MODELS, PROFILES, access_code, serial_number
from app.simulator.quirks import Quirks
from app.simulator.storage import Storage

# Each printer has a block of ports: MQTT, files, camera.
PORTS_EACH = 10
MQTT, FTPS, CAMERA = 0, 1, 2
HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class SimulatorOptions:
    """What to simulate. `base_port` 0 takes free ports; `rate` is messages a second for load;
    with `auto` the printers give themselves something to do."""

    printers: int = 1
    models: Sequence[str] = DEFAULT_MODELS
    speed: float = 1.0
    base_port: int = 20_000
    control_port: int | None = None
    broker: str | None = None
    rate: float | None = None
    auto: bool = False
    seed: str = "farm"

    def __post_init__(self) -> None:
        unknown = [model for model in self.models if model not in PROFILES]
        if unknown:
            raise ValueError(f"There is no model {unknown[0]}; choose of {', '.join(PROFILES)}.")
        if self.printers < 1:
            raise ValueError("There is at least one printer.")


class SimulatedPrinter:
    """A printer and where it can be reached."""

    def __init__(self, index: int, options: SimulatorOptions) -> None:
        profile = PROFILES[options.models[index % len(options.models)]]
        serial = serial_number(profile, index, options.seed)
        name = f"{profile.product} {index + 1:02d}"
        self.sim = SimPrinter(profile, name, serial, access_code(serial), speed=options.speed)
        self.sim.auto = options.auto
        self.sim.rate = options.rate
        self.broker = None if options.broker else PrinterBroker(self.sim)
        self.ftps = FtpsServer(self.sim)
        self.camera = CameraServer(self.sim)
        self._base = 0 if options.base_port == 0 else options.base_port + index * PORTS_EACH

    @property
    def mqtt_port(self) -> int:
        """Port of its own broker, also while it is offline."""
        return self.broker.port if self.broker and self.broker.port else self._base + MQTT

    @property
    def ftps_port(self) -> int:
        """Port of its files, also while it is offline."""
        return self.ftps.port or self._base + FTPS

    @property
    def camera_port(self) -> int:
        """Port of its camera, also while it is offline."""
        return self.camera.port or self._base + CAMERA

    @property
    def files(self) -> Storage:
        """What is on its card: absolute paths and contents."""
        return self.sim.files

    @property
    def quirks(self) -> Quirks:
        """Its oddities, to be set while it runs."""
        return self.sim.quirks

    @property
    def jobs(self) -> list[Job]:
        """What it began to print, the oldest first."""
        return list(self.sim.machine.begun)

    def _port(self, which: int) -> int:
        return self._base + which if self._base else 0

    def describe(self) -> dict[str, Any]:
        """One line of `--json`."""
        return {
            "name": self.sim.name,
            "model": self.sim.profile.product,
            "ip_address": HOST,
            "serial_number": self.sim.serial,
            "access_code": self.sim.access_code,
            "mqtt_port": self.mqtt_port,
            "ftps_port": self.ftps_port,
            "camera_port": self.camera_port,
        }

    async def power_on(self) -> None:
        """Listen and report."""
        self.sim.online = True
        if self.broker is not None:
            await self.broker.start(self._port(MQTT))
        await self.ftps.start(self._port(FTPS))
        await self.camera.start(self._port(CAMERA))

    async def power_off(self) -> None:
        """Be gone without a word."""
        self.sim.online = False
        if self.broker is not None:
            await self.broker.stop()
        await self.ftps.stop()
        await self.camera.stop()

    def change_code(self, code: str) -> None:
        """A new access code: everybody is disconnected and must know it."""
        self.sim.access_code = code
        if self.broker is not None:
            self.broker.drop_all()
        self.ftps.drop_all()
        self.camera.drop_all()


class SimulatedFarm:
    """Printers that live while the context is open."""

    def __init__(self, options: SimulatorOptions) -> None:
        self.options = options
        self.printers = [SimulatedPrinter(index, options) for index in range(options.printers)]
        self.by_serial = {printer.sim.serial: printer for printer in self.printers}
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        for printer in self.printers:
            await printer.power_on()
        work = [printer.sim.run() for printer in self.printers]
        if self.options.broker is not None:
            sims = [printer.sim for printer in self.printers]
            work.append(CentralBridge(self.options.broker, sims).run())
        self._tasks = [asyncio.create_task(item) for item in work]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for printer in self.printers:
            await printer.power_off()

    async def wait(self) -> None:
        """Return, with its error, when a part of the farm has died."""
        done, _ = await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
