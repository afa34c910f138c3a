"""Enums of the domain, registered once before any type mentions them."""

from __future__ import annotations

import strawberry

from app.accounts.models import Plan, Role, Scope
from app.archives.models import ArchiveStatus
from app.data_files.models import DataFormat, DataStatus
from app.print_queue.models import DispatchStage, QueueStatus
from app.printers.catalogue import Camera
from app.printers.live import StatusReason
from app.printers.models import Trust
from app.printers.status import (
    ConnectionState,
    HmsSeverity,
    HmsStatus,
    PrinterState,
    SpeedLevel,
)
from app.production.models import RunStatus
from app.projects.models import ProjectStatus, Visibility
from app.spools.models import TransactionType
from app.usage.queries import Granularity
from app.webhooks.models import DeliveryStatus, Dialect

strawberry.enum(
    TransactionType,
    name="InventoryTransactionType",
    description="Why a spool's weight changed.",
)
strawberry.enum(ArchiveStatus, description="How a print of the history stands.")
strawberry.enum(
    Camera, name="CameraKind", description="How a printer shows its camera on the network."
)
strawberry.enum(ConnectionState, description="How the connection to a printer stands.")
strawberry.enum(DispatchStage, description="How far one attempt to print an item has come.")
strawberry.enum(HmsSeverity, description="How grave a health message is.")
strawberry.enum(HmsStatus, description="A printer's health at a glance.")
strawberry.enum(DataFormat, description="What a data file is.")
strawberry.enum(DataStatus, description="How a data file stands.")
strawberry.enum(Granularity, name="UsageGranularity", description="Steps of a period.")
strawberry.enum(Plan, description="The request allowance of a key on dialects with plans.")
strawberry.enum(PrinterState, description="What a printer is doing.")
strawberry.enum(ProjectStatus, description="How a project stands.")
strawberry.enum(Visibility, name="ProjectVisibility", description="Whom a project is meant for.")
strawberry.enum(QueueStatus, description="How a queue item stands.")
strawberry.enum(Role, description="What a member may do in a team.")
strawberry.enum(RunStatus, name="ProductionRunStatus", description="How a production run stands.")
strawberry.enum(Scope, description="What a key may do.")
strawberry.enum(SpeedLevel, description="The speed presets of a printer.")
strawberry.enum(StatusReason, name="StatusReason", description="Why a status was published.")
strawberry.enum(Trust, name="PrinterTrust", description="How a printer proves who it is.")
strawberry.enum(
    Dialect, name="WebhookDialect", description="The API whose events and payloads are sent."
)
strawberry.enum(
    DeliveryStatus, name="WebhookDeliveryStatus", description="How a message of a webhook stands."
)
