"""The status that is published: what was decoded, with what only the session knows."""

from datetime import datetime

from app.mqtt.presence import Presence
from app.printers.status import Health, Job, PrinterState, PrinterStatus


def composed(
    draft: PrinterStatus,
    presence: Presence,
    *,
    seq: int,
    reported_at: datetime | None,
    health: Health,
    firmware: str | None,
    job: Job | None,
) -> PrinterStatus:
    """The decoded ``draft`` as people see it; a printer that is down shows as offline.

    Written out: ``dataclasses.replace`` costs several times as much, and this runs for each
    report that changes something.
    """
    return PrinterStatus(
        state=PrinterState.OFFLINE if presence.is_down else draft.state,
        connection=presence.state,
        connection_detail=presence.detail,
        seq=seq,
        reported_at=reported_at,
        progress=draft.progress,
        remaining_time=draft.remaining_time,
        current_layer=draft.current_layer,
        total_layers=draft.total_layers,
        stage=draft.stage,
        temperatures=draft.temperatures,
        fans=draft.fans,
        speed_level=draft.speed_level,
        chamber_light=draft.chamber_light,
        door_open=draft.door_open,
        health=health,
        ams=draft.ams,
        external_spools=draft.external_spools,
        firmware_version=firmware,
        wifi_signal=draft.wifi_signal,
        job=job,
    )
