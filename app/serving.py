"""Serving a farm: the whole of `spoolgraph serve`."""

from __future__ import annotations

from app import logs
from app.asgi import create_app, open_farm
from app.server import Server, run, tune_collection
from app.settings import Settings


def serve() -> None:
    """Serve the farm that the settings name, until told to stop."""
    settings = Settings.from_environment()
    logs.configure(settings.log_level, settings.log_format)
    run(_serve(settings))


async def _serve(settings: Settings) -> None:
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    async with open_farm(settings) as runtime:
        server = Server(create_app(runtime))
        tune_collection()
        await server.serve()
