"""The live state of a printer as GraphQL types."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from app.printers import status as live
from app.printers.status import (
    ConnectionState,
    HmsSeverity,
    HmsStatus,
    PrinterState,
    SpeedLevel,
)
from schema.context import Info
from schema.fields import about
from schema.scalars import Seconds

if TYPE_CHECKING:
    from schema.spools.types import Spool


@strawberry.type(description="Temperature of one nozzle, in °C.")
class NozzleTemperature:
    index: int = about("0 is the right or only nozzle, 1 the left one.")
    current: float | None = about("Present temperature.")
    target: float | None = about("Target temperature, 0 when not heated.")
    is_active: bool = about("Whether this nozzle prints now.")
    diameter: float | None = about("Diameter in millimetres.")


@strawberry.type(description="Temperatures in °C.")
class Temperatures:
    nozzle: float | None = about("The active nozzle.")
    nozzle_target: float | None = about("Target of the active nozzle.")
    bed: float | None = about("The bed.")
    bed_target: float | None = about("Target of the bed.")
    chamber: float | None = about("The chamber; null without a sensor.")
    chamber_target: float | None = about("Target of the chamber; null without a heater.")
    nozzles: list[NozzleTemperature] = about("Every nozzle.")


@strawberry.type(description="Fan speeds in percent; null for a fan that is not there.")
class Fans:
    part: int | None = about("Part cooling.")
    auxiliary: int | None = about("Auxiliary part cooling.")
    chamber: int | None = about("Chamber exhaust.")
    heatbreak: int | None = about("Heat break of the nozzle.")


@strawberry.type(description="A health message of the printer.")
class HmsError:
    code: str = about("Code as the printer shows it, `0300-0100-0001-0007`.")
    severity: HmsSeverity = about("How grave it is.")
    module: str = about("The part of the printer it is about.")
    message: str | None = about("The message in words; null for an unknown code.")
    wiki_url: str = about("The vendor's page about it.")


@strawberry.type(description="Health messages and what they add up to.")
class HmsHealth:
    status: HmsStatus = about("The gravest of them at a glance.")
    errors: list[HmsError] = about("The messages, gravest first.")


@strawberry.type(description="A place for a spool: a slot of an AMS, or an external holder.")
class AmsTray:
    slot: int = about("Number of the slot, from 0.")
    present: bool = about("Whether a spool is there.")
    material: str | None = about("Material, `PLA`.")
    color: str | None = about("Colour, `#RRGGBB`.")
    remaining: int | None = about("Percent left; null without a tag.")
    is_active: bool = about("Whether it feeds the print now.")
    tray_uuid: str | None = about("Identity on the spool's tag.")
    unit: strawberry.Private[int | None]
    printer_id: strawberry.Private[int | None]

    @strawberry.field(
        description="The spool of the inventory with this tag, else the one somebody put there."
    )
    async def spool(
        self, info: Info
    ) -> Annotated["Spool", strawberry.lazy("schema.spools.types")] | None:
        from schema.spools.types import Spool

        loaders = info.context.loaders
        row = await loaders.spools_by_tag.get(self.tray_uuid)
        if row is None:
            said = await loaders.spools_in_printers.get(self.printer_id) or {}
            row = await loaders.spools.get(said.get((self.unit, self.slot)))
        return None if row is None else Spool.of(row)


@strawberry.type(description="An AMS unit.")
class AmsUnit:
    id: int = about("Number of the unit as the printer counts.")
    kind: str = about("What kind of unit it is.")
    humidity: int | None = about("Humidity in percent, where the unit measures it.")
    humidity_level: int | None = about("The printer's own scale, 5 is driest.")
    temperature: float | None = about("Temperature in °C.")
    drying_time: Seconds | None = about("Time left of a drying cycle.")
    trays: list[AmsTray] = about("Its slots.")


@strawberry.type(description="Everything known about a printer at one moment.")
class PrinterStatus:
    state: PrinterState = about("What it is doing.")
    connection: ConnectionState = about("How the connection stands.")
    connection_detail: str | None = about("The cause, in words, when it is not connected.")
    seq: int = about("Grows by one per published change; a gap means: read again.")
    reported_at: datetime | None = about("When the printer last reported.")
    progress: int | None = about("Percent of the print.")
    remaining_time: Seconds | None = about("Time left of the print.")
    current_layer: int | None = about("Layer that is printed.")
    total_layers: int | None = about("Layers of the print.")
    stage: str | None = about("What it does within the print, in words.")
    temperatures: Temperatures = about("Temperatures in °C.")
    fans: Fans = about("Fan speeds in percent.")
    speed_level: SpeedLevel | None = about("Speed preset.")
    chamber_light: bool | None = about("Whether the chamber light is on.")
    door_open: bool | None = about("Whether the door is open; null without a sensor.")
    health: HmsHealth = about("Health messages.")
    ams: list[AmsUnit] = about("AMS units.")
    external_spools: list[AmsTray] = about("External spool holders.")
    firmware_version: str | None = about("Firmware version.")
    wifi_signal: int | None = about("Wi-Fi signal in dBm.")

    @classmethod
    def of(cls, status: live.PrinterStatus, printer_id: int | None = None) -> "PrinterStatus":
        heat = status.temperatures
        return cls(
            state=status.state,
            connection=status.connection,
            connection_detail=status.connection_detail,
            seq=status.seq,
            reported_at=status.reported_at,
            progress=status.progress,
            remaining_time=_seconds(status.remaining_time),
            current_layer=status.current_layer,
            total_layers=status.total_layers,
            stage=status.stage,
            temperatures=Temperatures(
                nozzle=heat.nozzle,
                nozzle_target=heat.nozzle_target,
                bed=heat.bed,
                bed_target=heat.bed_target,
                chamber=heat.chamber,
                chamber_target=heat.chamber_target,
                nozzles=[
                    NozzleTemperature(
                        index=item.index,
                        current=item.current,
                        target=item.target,
                        is_active=item.is_active,
                        diameter=item.diameter,
                    )
                    for item in heat.nozzles
                ],
            ),
            fans=Fans(
                part=status.fans.part,
                auxiliary=status.fans.auxiliary,
                chamber=status.fans.chamber,
                heatbreak=status.fans.heatbreak,
            ),
            speed_level=status.speed_level,
            chamber_light=status.chamber_light,
            door_open=status.door_open,
            health=_health(status.health),
            ams=[_unit(unit, printer_id) for unit in status.ams],
            external_spools=[_tray(tray, printer_id) for tray in status.external_spools],
            firmware_version=status.firmware_version,
            wifi_signal=status.wifi_signal,
        )


def _seconds(value: int | None) -> Seconds | None:
    return None if value is None else Seconds(value)


def _health(health: live.Health) -> HmsHealth:
    return HmsHealth(
        status=health.status,
        errors=[
            HmsError(
                code=item.code,
                severity=item.severity,
                module=item.module,
                message=item.message,
                wiki_url=item.wiki_url,
            )
            for item in health.errors
        ],
    )


def _tray(tray: live.AmsTray, printer_id: int | None) -> AmsTray:
    return AmsTray(
        slot=tray.slot,
        present=tray.present,
        material=tray.material,
        color=tray.color,
        remaining=tray.remaining,
        is_active=tray.is_active,
        tray_uuid=tray.tray_uuid,
        unit=tray.unit,
        printer_id=printer_id,
    )


def _unit(unit: live.AmsUnit, printer_id: int | None) -> AmsUnit:
    return AmsUnit(
        id=unit.id,
        kind=unit.kind,
        humidity=unit.humidity,
        humidity_level=unit.humidity_level,
        temperature=unit.temperature,
        drying_time=_seconds(unit.drying_time),
        trays=[_tray(tray, printer_id) for tray in unit.trays],
    )
