"""`spoolgraph demo`: a farm at work, in one process, without any other service."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import typer
from rich.console import Console
from rich.panel import Panel
from rich.text import Text

from app import logs
from app.accounts import queries as accounts
from app.accounts.viewer import Viewer, effective_scopes
from app.archives import queries as archives
from app.database import EVERY_TEAM
from app.demo.credentials import DemoLogin, demo_login
from app.demo.prints import fill_queue, lay_out
from app.demo.stock import fill
from app.printers import queries as printers
from app.printers import service
from app.printers.models import Printer
from app.runtime import Runtime
from app.server import Server, run, tune_collection
from app.settings import Settings
from app.simulator.farm import SimulatedFarm, SimulatedPrinter, SimulatorOptions
from app.simulator.jobs import Filament, Job

PRINTERS, SPEED = 8, 60.0
# The last ones give themselves nothing to do: they print what the queue sends them.
QUEUE_ONLY = 4
PORTS = ("mqtt_port", "ftps_port", "camera_port")
# Half of the printers are in the middle of something from the first moment.
BUSY_FROM_THE_START = 4


def register(cli: typer.Typer) -> None:
    """Add the command to the shell command."""
    cli.command("demo")(demo_command)


def demo_command() -> None:
    """Serve a demo farm with eight simulated printers, until Ctrl-C."""
    settings = Settings.from_environment()
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    login = demo_login(settings)
    settings = Settings.from_environment(
        admin_email=login.email, admin_password=login.password, api_key=login.api_key
    )
    quiet = "warning" if settings.log_level == "info" else settings.log_level
    logs.configure(quiet, settings.log_format)
    run(_demo(settings, login))


async def _demo(settings: Settings, login: DemoLogin) -> None:
    from app.asgi import create_app, open_farm

    options = SimulatorOptions(printers=PRINTERS, speed=SPEED, base_port=0, auto=True)
    simulated = SimulatedFarm(options)
    for printer in simulated.printers[-QUEUE_ONLY:]:
        printer.sim.auto = False
    async with simulated as farm, open_farm(settings) as runtime:
        await _settle(runtime, farm, login)
        _start_some(farm.printers)
        trial = lay_out(settings.data_dir, farm.printers[-1])
        server = Server(create_app(runtime))
        tune_collection()
        serving = asyncio.ensure_future(server.serve())
        await server.listens.wait()
        if server.started:
            _show(settings, login, trial)
        await serving


async def _settle(runtime: Runtime, farm: SimulatedFarm, login: DemoLogin) -> None:
    """Make the simulated printers the farm's, and fill an empty farm."""
    viewer = await _owner(runtime, login)
    rows = []
    for simulated in farm.printers:
        rows.append(await _enter(runtime, viewer, simulated))
    async with runtime.database.read(viewer.team_id) as session:
        empty = await archives.count(session, archives.ArchiveFilter()) == 0
    if empty:
        tags = [printer.sim.renderer.tray_uuid(0) for printer in farm.printers]
        await fill(runtime.database, viewer, rows, tags)
        # The very last one stays free for what visitors send.
        both = list(zip(farm.printers, rows, strict=True))
        await fill_queue(runtime, viewer, both[-QUEUE_ONLY:-1])


async def _owner(runtime: Runtime, login: DemoLogin) -> Viewer:
    async with runtime.database.read(EVERY_TEAM) as session:
        user = await accounts.user_by_email(session, login.email)
        if user is None:
            raise RuntimeError("the demo has no owner")
        membership = await accounts.default_membership(session, user.id)
    if membership is None:
        raise RuntimeError("the demo's owner is in no team")
    scopes = effective_scopes(membership.role)
    return Viewer(membership.team_id, user.id, membership.role, scopes, "demo")


async def _enter(runtime: Runtime, viewer: Viewer, simulated: SimulatedPrinter) -> Printer:
    """Add a simulated printer, or tell where it listens this time."""
    told = simulated.describe()
    where = {name: told[name] for name in ("ip_address", "access_code", *PORTS)}
    sealer = runtime.sealer
    async with runtime.database.transaction(viewer.team_id) as session:
        known = await printers.by_serial(session, told["serial_number"])
        if known is None:
            new = service.NewPrinter(
                name=told["name"],
                serial_number=told["serial_number"],
                requires_plate_clear=False,  # nobody is there to clear it
                **where,
            )
            return await service.add_printer(session, viewer, new, sealer)
        changes = service.PrinterChanges(**where)
        return await service.update_printer(session, viewer, known.id, changes, sealer)


def _start_some(simulated: Sequence[SimulatedPrinter]) -> None:
    titles = ("Planetary gear set", "Benchy", "Drawer organiser", "Lampshade")
    for number, (printer, title) in enumerate(zip(simulated, titles, strict=False)):
        seconds = 2_400.0 + 1_500 * number
        filament = Filament("PLA", "1E88E5", seconds / 90)
        printer.sim.start(
            Job(title, seconds=seconds, layers=120 + 40 * number, filaments=(filament,))
        )


def _show(settings: Settings, login: DemoLogin, trial: Path) -> None:
    base = f"http://{settings.host}:{settings.port}"
    key = f"-H 'X-API-Key: {login.api_key}'"
    lines = [
        ("Open", f"{base}/            the wall display\n", "bold"),
        ("    ", f"{base}/graphql     GraphiQL\n", "bold"),
        ("    ", f"{base}/docs        the REST routes\n\n", "bold"),
        ("Sign in   ", f"{login.email}  {login.password}\n", ""),
        ("API key   ", f"{login.api_key}\n\n", ""),
        ("Try", "", "bold"),
    ]
    text = Text()
    for label, value, style in lines:
        text.append(f"{label:<10}", style="dim")
        text.append(value, style=style)
    console = Console()
    console.print(Panel(text, title="Spoolgraph demo farm", border_style="green", expand=False))
    query = '{"query": "{ printers { nodes { name status { state progress } } } }"}'
    for line in (
        f"curl -s {key} {base}/api/v1/printers",
        f"curl -s {key} {base}/api/v1/printers/1/status",
        f"curl -s {key} -H 'Content-Type: application/json' -d '{query}' {base}/graphql",
    ):
        console.print(line, soft_wrap=True, highlight=False, markup=False)
    console.print("\nPrint a file: upload it, then queue the id of the answer.", style="dim")
    for line in (
        f"  curl -s {key} -F file=@{trial} {base}/api/v1/archives",
        f"  curl -s {key} -H 'Content-Type: application/json' -d '{{\"archive_id\": 1}}' "
        f"{base}/api/v1/queue",
    ):
        console.print(line, soft_wrap=True, highlight=False, markup=False)
    console.print("\nCtrl-C ends it; the data is kept.", style="dim")
