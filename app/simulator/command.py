"""`spoolgraph simulate`: printers without printers."""

from __future__ import annotations

import asyncio
import sys
from typing import Annotated

import orjson
import typer
import uvicorn
from rich.console import Console
from rich.table import Table

from app import logs
from app.server import TellingServer, run
from app.simulator.control import control_app
from app.simulator.farm import HOST, SimulatedFarm, SimulatorOptions
from app.simulator.profiles import DEFAULT_MODELS


def register(cli: typer.Typer) -> None:
    """Add the command to the shell command."""
    cli.command("simulate")(simulate_command)


def simulate_command(
    printers: Annotated[int, typer.Option(min=1, max=1000, help="How many.")] = 1,
    models: Annotated[str, typer.Option(help="Which models, in turn.")] = ",".join(DEFAULT_MODELS),
    speed: Annotated[float, typer.Option(min=0.01, help="How fast their time passes.")] = 1.0,
    base_port: Annotated[int, typer.Option(help="First port; 0 takes free ones.")] = 20_000,
    control_port: Annotated[int | None, typer.Option(help="Port to control them at.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON line per printer.")] = False,
    broker: Annotated[
        str | None, typer.Option(help="Publish through this broker: mqtt://host:port.")
    ] = None,
    rate: Annotated[
        float | None, typer.Option(min=0.01, help="Reports a second of each printer.")
    ] = None,
    auto: Annotated[bool, typer.Option(help="Let them keep themselves busy.")] = False,
) -> None:
    """Simulate printers that behave like printers, until Ctrl-C."""
    logs.configure("warning", "auto")
    try:
        options = SimulatorOptions(
            printers=printers,
            models=tuple(item.strip() for item in models.split(",") if item.strip()),
            speed=speed,
            base_port=base_port,
            control_port=control_port,
            broker=broker,
            rate=rate,
            auto=auto,
        )
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    run(simulate(options, as_json=as_json))


async def simulate(options: SimulatorOptions, *, as_json: bool = False) -> None:
    """Run a farm, and its control port when it has one, until cancelled."""
    try:
        async with SimulatedFarm(options) as farm:
            parts: list[asyncio.Future[None]] = [asyncio.ensure_future(farm.wait())]
            if options.control_port is not None:
                parts.append(await _serve_control(farm, options.control_port))
            _show(farm, as_json)
            try:
                await asyncio.wait(parts, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for part in parts:
                    part.cancel()
    except OSError as error:
        Console(stderr=True).print(f"Cannot listen: {error.strerror or error}", style="bold red")
        raise typer.Exit(1) from None


async def _serve_control(farm: SimulatedFarm, port: int) -> asyncio.Future[None]:
    """Start the control port; returns once it answers."""
    config = uvicorn.Config(
        control_app(farm),
        host=HOST,
        port=port,
        log_config=None,
        access_log=False,
        lifespan="off",
        timeout_graceful_shutdown=1,
    )
    server = TellingServer(config)
    serving = asyncio.ensure_future(server.serve())
    await server.listens.wait()
    return serving


def _show(farm: SimulatedFarm, as_json: bool) -> None:
    if as_json:
        for printer in farm.printers:
            sys.stdout.write(orjson.dumps(printer.describe()).decode() + "\n")
        sys.stdout.flush()
        return
    table = Table("Name", "Serial number", "Access code", "MQTT", title="Simulated printers")
    for printer in farm.printers:
        row = printer.describe()
        address = farm.options.broker or f"{row['ip_address']}:{row['mqtt_port']}"
        table.add_row(row["name"], row["serial_number"], row["access_code"], address)
    Console().print(table)
