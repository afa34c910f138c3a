"""What tells the models apart on the wire, one row each."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum


class Flavour(StrEnum):
    """How a family writes its reports, as seen in reports of real printers."""

    P1 = "p1"  # deltas only, full on request; compact JSON; temperatures in 1/32 °C
    X1_OLD = "x1-old"  # the complete object each time, without `msg`, indented
    NEW = "new"  # full and deltas, `device` block, packed temperatures
    DUAL = "dual"  # as NEW, with two extruders
    A2L = "a2l"  # as P1 with a `device` block; its AMS lite is unit 16


# What slicers and discovery call the models.
CODES = {
    "p1p": "C11",
    "p1s": "C12",
    "a1": "N2S",
    "a1mini": "N1",
    "a2l": "N9",
    "x1c-old": "BL-P001",
    "x1c": "BL-P001",
    "x1": "BL-P002",
    "x1e": "C13",
    "p2s": "N7",
    "h2s": "O1S",
    "h2d": "O1D",
    "h2dpro": "O1E",
    "h2c": "O1C",
    "x2d": "N6",
}


@dataclass(frozen=True, slots=True)
class Profile:
    """One model. `stages` are the preparation stages it goes through, as recorded."""

    key: str
    product: str
    prefix: str
    flavour: Flavour
    firmware: str
    ams_info: str
    stages: tuple[int, ...]
    clients: int
    chamber: bool = True
    drops_request_subscribers: bool = False

    @property
    def code(self) -> str:
        """The model's code, as in sliced files."""
        return CODES[self.key]

    @property
    def jpeg_camera(self) -> bool:
        """True for the families whose camera sends JPEG pictures and no RTSP."""
        return self.flavour in (Flavour.P1, Flavour.A2L)

    @property
    def old_style(self) -> bool:
        """True for the families without `device`, `fun` and `fail_reason`."""
        return self.flavour is Flavour.P1


def _p1(key: str, product: str, prefix: str, firmware: str, ams_info: str) -> Profile:
    return Profile(
        key,
        product,
        prefix,
        Flavour.P1,
        firmware,
        ams_info,
        (2, 7, 13, 1, 14),
        clients=4,
        chamber=False,
        drops_request_subscribers=True,
    )


def _new(
    key: str, product: str, prefix: str, firmware: str, ams_info: str, *stages: int
) -> Profile:
    return Profile(key, product, prefix, Flavour.NEW, firmware, ams_info, stages, clients=5)


def _dual(key: str, product: str, prefix: str, firmware: str, *stages: int) -> Profile:
    return Profile(key, product, prefix, Flavour.DUAL, firmware, "2003", stages, clients=5)


PROFILES: dict[str, Profile] = {
    profile.key: profile
    for profile in (
        _p1("p1p", "P1P", "01S", "01.08.02.00", "1001"),
        _p1("p1s", "P1S", "01P", "01.08.02.00", "1001"),
        _p1("a1", "A1", "039", "01.05.00.00", "1002"),
        _p1("a1mini", "A1 mini", "030", "01.05.00.00", "1002"),
        Profile(
            "a2l",
            "A2L",
            "26A",
            Flavour.A2L,
            "01.01.00.00",
            "30001005",
            (2, 7, 13, 1, 14),
            clients=4,
            chamber=False,
            drops_request_subscribers=True,
        ),
        Profile(
            "x1c-old", "X1 Carbon", "00M", Flavour.X1_OLD, "01.07.02.00", "1001", (2, 14, 13), 5
        ),
        _new("x1c", "X1 Carbon", "00M", "01.09.00.01", "1001", 2, 14, 13, 8),
        _new("x1", "X1", "00W", "01.09.00.01", "1001", 2, 14, 13, 8),
        _new("x1e", "X1E", "03W", "01.09.00.01", "1001", 2, 14, 13, 8),
        _new("p2s", "P2S", "22E", "01.01.00.00", "2003", 29, 2, 13, 11, 4, 8, 14, 3, 54, 1, 51),
        _new("h2s", "H2S", "093", "01.01.00.00", "2003", 13, 4, 14, 49, 1, 3),
        _dual("h2d", "H2D", "094", "01.01.02.07", 29, 13, 4, 8, 14, 1, 3, 39),
        _dual("h2dpro", "H2D Pro", "239", "01.01.00.00", 13, 4, 8, 14, 49, 1, 3, 39),
        _dual("h2c", "H2C", "31B", "01.01.00.00", 64, 29, 13, 4, 54, 39, 8, 14, 1, 3),
        _dual("x2d", "X2D", "20P", "01.01.00.00", 29, 2, 13, 74, 11, 73, 4, 8, 14, 54, 1, 3, 39),
    )
}
DEFAULT_MODELS = ("p1s", "a1mini", "x1c", "p2s", "h2d", "a1", "h2s", "p1p")


def serial_number(profile: Profile, index: int, seed: str) -> str:
    """A serial number of the model's form, the same at every start."""
    batch = hashlib.sha256(f"{seed}:{profile.key}".encode()).digest()[0] % 10
    return f"{profile.prefix}00A{batch}1{index:07d}"


def access_code(serial: str) -> str:
    """The code on the printer's screen: eight digits, the same at every start."""
    return f"{int.from_bytes(hashlib.sha256(serial.encode()).digest()[:6], 'big') % 10**8:08d}"
