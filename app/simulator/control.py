"""The control port: what happens to printers, told over HTTP as JSON."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Annotated, Any

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.simulator.farm import SimulatedFarm, SimulatedPrinter
from app.simulator.jobs import Filament, Job
from app.simulator.quirks import Quirks

_HMS = re.compile(r"([0-9A-F]{4})-([0-9A-F]{4})-([0-9A-F]{4})-([0-9A-F]{4})", re.IGNORECASE)
DEFAULT_HMS = "0300-0100-0001-0007"


class Body(BaseModel):
    """A body with unknown fields refused, so that a misspelling is noticed."""

    model_config = ConfigDict(extra="forbid", strict=True)


class FilamentBody(Body):
    type: Annotated[str, Field(min_length=1, max_length=32)] = "PLA"
    color: Annotated[str, Field(pattern=r"^#?[0-9A-Fa-f]{6}([0-9A-Fa-f]{2})?$")] = "1E88E5"
    grams: Annotated[float, Field(ge=0, le=100_000)] = 25.0


class StartBody(Body):
    name: Annotated[str, Field(min_length=1, max_length=200)] = "Test print"
    seconds: Annotated[float, Field(gt=0, le=10_000_000)] = 600.0
    layers: Annotated[int, Field(ge=1, le=100_000)] = 100
    filaments: Annotated[list[FilamentBody], Field(max_length=16)] = Field(
        default_factory=lambda: [FilamentBody()]
    )


class FailBody(Body):
    hms: str = DEFAULT_HMS


class CodeBody(Body):
    code: Annotated[str, Field(min_length=1, max_length=32)]


class GarbageBody(Body):
    messages: Annotated[int, Field(ge=1, le=100_000)] = 10


class DeveloperModeBody(Body):
    on: bool


class Refused(Exception):
    """The printer cannot do this now, or the input is wrong."""

    def __init__(self, status: int, detail: str, field: str | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.body = {"detail": detail} | ({"field": field} if field else {})


async def _start(printer: SimulatedPrinter, body: StartBody) -> None:
    if printer.sim.machine.active:
        raise Refused(409, "The printer is printing.")
    warm_up = min(40.0, body.seconds * 0.1)
    filaments = tuple(
        Filament(item.type, item.color.lstrip("#")[:6].upper(), item.grams)
        for item in body.filaments
    )
    printer.sim.start(
        Job(
            name=body.name,
            seconds=body.seconds,
            layers=body.layers,
            filaments=filaments,
            prepare=min(10.0, body.seconds * 0.05),
            warm_up=warm_up,
        )
    )


async def _pause(printer: SimulatedPrinter, _body: Body) -> None:
    if printer.sim.machine.state not in ("RUNNING", "PREPARE"):
        raise Refused(409, "Nothing is printing.")
    printer.sim.machine.pause()
    printer.sim.report()


async def _resume(printer: SimulatedPrinter, _body: Body) -> None:
    if printer.sim.machine.state != "PAUSE":
        raise Refused(409, "Nothing is paused.")
    printer.sim.machine.resume()
    printer.sim.report()


async def _cancel(printer: SimulatedPrinter, _body: Body) -> None:
    if not printer.sim.machine.active:
        raise Refused(409, "Nothing is printing.")
    printer.sim.machine.cancel()
    printer.sim.report()


async def _fail(printer: SimulatedPrinter, body: FailBody) -> None:
    found = _HMS.fullmatch(body.hms or DEFAULT_HMS)
    if found is None:
        raise Refused(422, "A health code is written 0300-0100-0001-0007.", "hms")
    digits = "".join(found.groups())
    printer.sim.machine.fail(int(digits[:8], 16), int(digits[8:], 16))
    printer.sim.report()


async def _offline(printer: SimulatedPrinter, _body: Body) -> None:
    if printer.sim.online:
        await printer.power_off()


async def _online(printer: SimulatedPrinter, _body: Body) -> None:
    if not printer.sim.online:
        await printer.power_on()


async def _reboot(printer: SimulatedPrinter, _body: Body) -> None:
    await printer.power_off()
    printer.sim.reboot()
    await printer.power_on()


async def _access_code(printer: SimulatedPrinter, body: CodeBody) -> None:
    printer.change_code(body.code)


async def _garbage(printer: SimulatedPrinter, body: GarbageBody) -> None:
    printer.sim.garbage(body.messages)


async def _developer_mode(printer: SimulatedPrinter, body: DeveloperModeBody) -> None:
    printer.sim.renderer.developer_mode = body.on
    printer.sim.machine.hms.clear()
    printer.sim.report()


async def _quirks(printer: SimulatedPrinter, body: Quirks) -> None:
    for name in body.model_fields_set:
        setattr(printer.quirks, name, getattr(body, name))


# One row per action: its name, what its body says, what it does.
ACTIONS: dict[str, tuple[type[BaseModel], Callable[[SimulatedPrinter, Any], Awaitable[None]]]] = {
    "start": (StartBody, _start),
    "pause": (Body, _pause),
    "resume": (Body, _resume),
    "cancel": (Body, _cancel),
    "fail": (FailBody, _fail),
    "offline": (Body, _offline),
    "online": (Body, _online),
    "reboot": (Body, _reboot),
    "access-code": (CodeBody, _access_code),
    "garbage": (GarbageBody, _garbage),
    "developer-mode": (DeveloperModeBody, _developer_mode),
    "quirks": (Quirks, _quirks),
}


def control_app(farm: SimulatedFarm) -> Starlette:
    """The control port of a farm."""

    async def list_printers(_request: Request) -> Response:
        return _json([printer.describe() | printer.sim.summary() for printer in farm.printers])

    async def act(request: Request) -> Response:
        printer = farm.by_serial.get(request.path_params["serial"])
        action = ACTIONS.get(request.path_params["action"])
        if printer is None or action is None:
            return _json({"detail": "There is no such printer or action."}, 404)
        try:
            body = action[0].model_validate_json(await request.body() or b"{}")
            await action[1](printer, body)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            field = ".".join(str(part) for part in first["loc"])
            return _json({"detail": first["msg"], "field": field}, 422)
        except Refused as refused:
            return _json(refused.body, refused.status)
        return _json(printer.describe() | printer.sim.summary())

    return Starlette(
        routes=[
            Route("/printers", list_printers, methods=["GET"]),
            Route("/printers/{serial}/{action}", act, methods=["POST"]),
        ]
    )


def _json(data: object, status: int = 200) -> Response:
    return Response(orjson.dumps(data), status_code=status, media_type="application/json")
