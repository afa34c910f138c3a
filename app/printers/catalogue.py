"""The printer models this server knows: names, codes, serial prefixes and abilities.

Model codes and serial prefixes are those of the vendor's slicer and of certificates and version
replies seen from real printers; products appear here under the name the vendor sells them by.
"""

import re
from collections.abc import Iterable, Mapping
from enum import StrEnum

from app.records import record


class Family(StrEnum):
    """Printers of a family report in the same dialect."""

    X1 = "X1"
    P1 = "P1"
    A1 = "A1"
    H2 = "H2"


class Camera(StrEnum):
    """How a printer shows its camera on the network."""

    JPEG = "JPEG"  # single pictures over TLS on port 6000
    RTSP = "RTSP"  # H.264 over RTSP and TLS on port 322


@record
class PrinterModel:
    """One product.

    ``codes`` are the names machines use for it (discovery, slicer files, version replies), the
    slicer's own first. ``chamber_sensor`` is false where the chamber temperature in the reports
    is a constant that means nothing.
    """

    name: str
    codes: tuple[str, ...]
    serial_prefix: str | None
    family: Family
    camera: Camera
    chamber_sensor: bool
    chamber_heater: bool = False
    enclosure: bool = True
    dual_nozzle: bool = False
    door_sensor: bool = False
    max_clients: int = 5


def _x1(
    name: str, codes: tuple[str, ...], prefix: str, *, chamber_heater: bool = False
) -> PrinterModel:
    return PrinterModel(
        name,
        codes,
        prefix,
        Family.X1,
        Camera.RTSP,
        chamber_sensor=True,
        chamber_heater=chamber_heater,
        door_sensor=True,
    )


def _p1(name: str, code: str, prefix: str, *, enclosure: bool) -> PrinterModel:
    return PrinterModel(
        name,
        (code,),
        prefix,
        Family.P1,
        Camera.JPEG,
        chamber_sensor=False,
        enclosure=enclosure,
        max_clients=4,
    )


def _a1(name: str, code: str, prefix: str) -> PrinterModel:
    return PrinterModel(
        name,
        (code,),
        prefix,
        Family.A1,
        Camera.JPEG,
        chamber_sensor=False,
        enclosure=False,
        max_clients=4,
    )


def _h2(
    name: str,
    codes: tuple[str, ...],
    prefix: str,
    *,
    dual_nozzle: bool = False,
    chamber_heater: bool = True,
) -> PrinterModel:
    return PrinterModel(
        name,
        codes,
        prefix,
        Family.H2,
        Camera.RTSP,
        chamber_sensor=True,
        chamber_heater=chamber_heater,
        dual_nozzle=dual_nozzle,
        door_sensor=True,
    )


MODELS: tuple[PrinterModel, ...] = (
    _x1("X1 Carbon", ("BL-P001", "3DPrinter-X1-Carbon"), "00M"),
    _x1("X1", ("BL-P002", "3DPrinter-X1"), "00W"),
    _x1("X1E", ("C13",), "03W", chamber_heater=True),
    _p1("P1P", "C11", "01S", enclosure=False),
    _p1("P1S", "C12", "01P", enclosure=True),
    _h2("P2S", ("N7",), "22E", chamber_heater=False),
    _a1("A1 mini", "N1", "030"),
    _a1("A1", "N2S", "039"),
    _a1("A2L", "N9", "26A"),
    _h2("H2S", ("O1S",), "093"),
    _h2("H2D", ("O1D",), "094", dual_nozzle=True),
    _h2("H2D Pro", ("O1E", "O2D"), "239", dual_nozzle=True),
    _h2("H2C", ("O1C", "O1C2"), "31B", dual_nozzle=True),
    _h2("X2D", ("N6",), "20P", dual_nozzle=True),
)

# What is assumed of a printer whose serial nobody has catalogued yet: every optional block of a
# report is believed when it is there, and nothing is promised.
UNKNOWN_MODEL = PrinterModel("Unknown", (), None, Family.H2, Camera.RTSP, chamber_sensor=True)

_BY_PREFIX: Mapping[str, PrinterModel] = {
    model.serial_prefix: model for model in MODELS if model.serial_prefix is not None
}


def _normal(name: str) -> str:
    """Lower case, letters and digits only, without the vendor's name in front."""
    bare = re.sub(r"[^a-z0-9]", "", name.lower())
    return bare.removeprefix("bambulab").removeprefix("bambu")


_BY_NAME: Mapping[str, PrinterModel] = {
    **{_normal(code): model for model in MODELS for code in model.codes},
    **{_normal(model.name): model for model in MODELS},
    "x1c": MODELS[0],
}

_SERIAL = re.compile(r"[0-9A-Z]{15}")


def is_serial_number(text: str) -> bool:
    """Whether the text has the form of a printer's serial: 15 capital letters and digits.

    The case matters: the serial is part of the topic, and a printer whose serial was typed in
    small letters stays silent for ever.
    """
    return _SERIAL.fullmatch(text) is not None


def model_of_serial(serial: str) -> PrinterModel:
    """The model a serial number belongs to, by its first three characters."""
    return _BY_PREFIX.get(serial[:3].upper(), UNKNOWN_MODEL)


def model_of_name(name: str) -> PrinterModel | None:
    """The model of a product name or machine code in any usual spelling, else None.

    "X1 Carbon", "Bambu Lab X1-Carbon", "x1c" and "BL-P001" are the same printer.
    """
    return _BY_NAME.get(_normal(name))


def model_for(serial: str, name: str | None = None) -> PrinterModel:
    """The model of a printer: the name someone gave it where that is known, else by serial."""
    return (model_of_name(name) if name else None) or model_of_serial(serial)


def model_of_version(modules: Iterable[Mapping[str, object]]) -> PrinterModel | None:
    """The model a ``get_version`` reply tells of, or None when it does not say.

    Tried in order: product name and project name of the ``ota`` module, then the hardware
    version of the application processor (AP02 is an X1E, AP05 an X1 Carbon), as version replies
    of real printers show them.
    """
    by_name = {str(module.get("name", "")): module for module in modules}
    ota = by_name.get("ota", {})
    for key in ("product_name", "project_name"):
        value = ota.get(key)
        if isinstance(value, str) and value and (model := model_of_name(value)):
            return model
    hardware = by_name.get("ap", {}).get("hw_ver")
    if hardware == "AP02":
        return model_of_name("X1E")
    if hardware == "AP05":
        return model_of_name("X1 Carbon")
    return None
