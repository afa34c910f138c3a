"""The composition root: builds the parts, runs them, and mounts what is seen from outside."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import structlog
from starlette.applications import Starlette
from starlette.middleware import Middleware

import rest_compat.build
import rest_compat.openapi
import rest_compat.postman
import schema.http
from app import migration, pages
from app.accounts.invitations import Invitations
from app.accounts.limits import RateLimiter
from app.accounts.self_service import SelfService
from app.accounts.service import Accounts
from app.calls import Calls
from app.camera.service import Cameras
from app.data_files.processing import DataProcessor
from app.database import Database
from app.dispatch.desk import Desk
from app.dispatch.dispatcher import Dispatcher
from app.dispatch.timing import DispatchTiming
from app.embedded_lock import EmbeddedLock
from app.farm_events import service as farm_events
from app.fetching.fetcher import Fetcher
from app.files.store import FileStore
from app.ftps.storage import PrinterStorages
from app.http import authorization, invitations, operations, password_page
from app.http.dialect_hosts import DialectHosts
from app.http.quick import QuickCors
from app.http.request_log import RequestLog
from app.http.routing import LeanStarlette
from app.hub import Hub
from app.mail import Mailer
from app.metrics import FarmMetrics, watch_loop
from app.mqtt.ingest import Ingest
from app.oauth.service import AuthorizationServer
from app.print_queue.uploads import LiveUploads
from app.printers.live import LiveFarm
from app.production.following import following
from app.runtime import Runtime
from app.sealing import Sealer
from app.settings import Settings
from app.usage.counters import UsageCounters
from app.webhooks import outbox
from app.webhooks.deliverer import Deliverer
from app.webhooks.guard import Guard

log = structlog.get_logger(__name__)

FORGET_SECONDS = 3600.0


def build_runtime(settings: Settings) -> Runtime:
    """Make the parts. Nothing is connected and nothing runs before the lifespan begins."""
    process_id = f"{socket.gethostname()[:40]}-{uuid4().hex[:12]}"
    hub = Hub(settings.broadcast_url, process_id)
    database = Database(settings.sqlalchemy_url, tell=farm_events.teller(hub))
    database.store = following(outbox.store)
    limiter = RateLimiter(
        settings.broadcast_url, enabled=settings.limits_on, changed=settings.changed_limits
    )
    live = LiveFarm(hub)
    sealer = Sealer()
    guard = Guard(allow_private=settings.allow_private_webhooks == "on")
    calls = Calls(hub)
    ingest = Ingest(settings, database, hub, calls, live, sealer)
    accounts = Accounts(database, hub, limiter, settings)
    mailer = Mailer(settings)
    files = FileStore(settings, database, hub)
    storages = PrinterStorages(settings.printer_ca_file)
    timing = DispatchTiming.patient(settings.print_start_seconds)
    desk = Desk(database, process_id, live, ingest, storages, files, sealer, timing)
    return Runtime(
        settings=settings,
        process_id=process_id,
        started_at=datetime.now(UTC),
        database=database,
        hub=hub,
        live=live,
        uploads=LiveUploads(hub),
        accounts=accounts,
        self_service=SelfService(database, limiter, accounts, mailer, settings),
        oauth=AuthorizationServer(database, accounts),
        usage=UsageCounters(database),
        data=DataProcessor(database, files, hub),
        invitations=Invitations(database, limiter, settings, mailer),
        limiter=limiter,
        sealer=sealer,
        commands=ingest,
        ingest=ingest,
        cameras=Cameras(settings, database, hub, calls, sealer),
        files=files,
        storages=storages,
        dispatcher=Dispatcher(desk, hub),
        fetcher=Fetcher(database, hub, files, storages, sealer),
        webhooks=Deliverer(database, hub, sealer, guard),
    )


@asynccontextmanager
async def open_farm(settings: Settings) -> AsyncIterator[Runtime]:
    """The parts over a database that is ready to be used, closed at the end.

    Raises `AlreadyServed`, `NotAtHead`, `SettingsError` or `Unavailable`, each with a sentence for
    the operator.
    """
    lock = _embedded_lock(settings)
    if lock is not None:
        lock.acquire()
    try:
        await _prepare_database(settings)
        runtime = build_runtime(settings)
        try:
            runtime.sealer.unlock(await runtime.accounts.start())
            yield runtime
        finally:
            runtime.storages.close()
            await runtime.database.close()
    finally:
        if lock is not None:
            lock.release()


def create_app(runtime: Runtime) -> Starlette:
    """The whole server as one ASGI application; `app.state.runtime` holds its parts."""
    settings = runtime.settings
    app = LeanStarlette(
        routes=[
            *pages.page_routes(),
            *password_page.routes(runtime.self_service),
            *operations.routes(
                runtime,
                {
                    "/openapi.json": lambda: rest_compat.openapi.document(settings.public_url),
                    "/postman-collection.json": lambda: rest_compat.postman.collection(
                        rest_compat.openapi.document(settings.own_url)
                    ),
                },
            ),
            *invitations.routes(runtime),
            *authorization.routes(runtime),
            *schema.http.routes(runtime),
            *rest_compat.build.routes(runtime),
        ],
        middleware=[
            Middleware(RequestLog),
            Middleware(DialectHosts, prefixes=rest_compat.build.hosted(settings.hosts)),
            Middleware(
                QuickCors,
                allow_origins=settings.cors_origins,
                allow_methods=["*"],
                allow_headers=["*"],
                expose_headers=["*"],
                max_age=600,
            ),
        ],
        lifespan=_run_background,
    )
    app.state.runtime = runtime
    return app


@asynccontextmanager
async def _run_background(app: Starlette) -> AsyncIterator[None]:
    """One group holds all background work: when a part dies, the server ends loudly."""
    runtime: Runtime = app.state.runtime
    async with asyncio.TaskGroup() as group:
        running = [
            group.create_task(work, name=name)
            for name, work in (
                ("hub", runtime.hub.run()),
                ("ingest", runtime.ingest.run()),
                ("cameras", runtime.cameras.run()),
                ("dispatcher", runtime.dispatcher.run()),
                ("accounts", runtime.accounts.run()),
                ("password links", runtime.self_service.run()),
                ("invitations", runtime.invitations.run()),
                ("usage", runtime.usage.run()),
                ("data files", runtime.data.run()),
                ("files", runtime.files.run()),
                ("printed files", runtime.fetcher.run()),
                ("webhooks", runtime.webhooks.run()),
                ("forget old events", _forget_old_events(runtime)),
                ("loop lag", watch_loop()),
            )
        ]
        with FarmMetrics(runtime):
            yield
        runtime.hub.close()
        for task in running:
            task.cancel()


def _embedded_lock(settings: Settings) -> EmbeddedLock | None:
    path = settings.sqlalchemy_url.removeprefix("sqlite+aiosqlite:///")
    if not settings.embedded_database or path in ("", ":memory:"):
        return None
    return EmbeddedLock(Path(path))


async def _prepare_database(settings: Settings) -> None:
    if settings.embedded_database:
        await migration.upgrade(settings.sqlalchemy_url)
    else:
        await migration.require_head(settings.sqlalchemy_url)


async def _forget_old_events(runtime: Runtime) -> None:
    while True:
        try:
            await farm_events.forget_old(runtime.database)
        except Exception as error:
            log.warning("old events could not be forgotten", error=type(error).__name__)
        await asyncio.sleep(FORGET_SECONDS)
