"""What the edges need of a running server, gathered once by the composition root."""

from __future__ import annotations

from datetime import datetime

from app.accounts.invitations import Invitations
from app.accounts.limits import RateLimiter
from app.accounts.self_service import SelfService
from app.accounts.service import Accounts
from app.camera.service import Cameras
from app.data_files.processing import DataProcessor
from app.database import Database
from app.dispatch.dispatcher import Dispatcher
from app.fetching.fetcher import Fetcher
from app.files.store import FileStore
from app.ftps.storage import PrinterStorages
from app.hub import Hub
from app.mqtt.ingest import Ingest
from app.oauth.service import AuthorizationServer
from app.print_queue.uploads import LiveUploads
from app.printers.commands import PrinterCommands
from app.printers.live import LiveFarm
from app.records import record
from app.sealing import Sealer
from app.settings import Settings
from app.usage.counters import UsageCounters
from app.webhooks.deliverer import Deliverer


@record(slots=False)
class Runtime:
    """The parts of one server process. `started_at` is aware, in UTC."""

    settings: Settings
    process_id: str
    started_at: datetime
    database: Database
    hub: Hub
    live: LiveFarm
    uploads: LiveUploads
    accounts: Accounts
    self_service: SelfService
    invitations: Invitations
    oauth: AuthorizationServer
    usage: UsageCounters
    data: DataProcessor
    limiter: RateLimiter
    sealer: Sealer
    commands: PrinterCommands
    ingest: Ingest
    cameras: Cameras
    storages: PrinterStorages
    dispatcher: Dispatcher
    files: FileStore
    fetcher: Fetcher
    webhooks: Deliverer
