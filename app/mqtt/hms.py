"""Health messages: HMS entries and print errors to severity, module, words and a link.

The structure of the codes is what the vendor's slicer reads from them; the words are our own. A
code without words is normal: it is shown with a link to the vendor's page about it.
"""

from collections.abc import Iterable, Mapping

from app.mqtt.values import integer, objects
from app.printers.catalogue import Family, PrinterModel
from app.printers.status import Health, HmsError, HmsSeverity, HmsStatus

# Cancelling is no fault: these print errors show for two seconds after it.
CANCEL_CODES = frozenset({0x0300400C, 0x0500400E})
VERIFICATION_FAILED = "0500-0500-0001-0007"
_MAX_ENTRIES = 50

_SEVERITIES = {
    1: HmsSeverity.FATAL,
    2: HmsSeverity.SERIOUS,
    3: HmsSeverity.COMMON,
    4: HmsSeverity.INFO,
}
_GRAVEST_FIRST = {severity: rank for rank, severity in enumerate(HmsSeverity)}
_MODULES: Mapping[int, str] = {
    0x03: "Motion controller",
    0x05: "Main board",
    0x07: "AMS",
    0x08: "Tool head",
    0x0C: "Camera",
    0x10: "Print job",
    0x12: "AMS lite",
    0x18: "AMS HT",
}
_AMS_MODULES = frozenset({0x07, 0x12, 0x18})
_HMS_TEXTS: Mapping[str, str] = {
    "0300-0100-0001-0007": "The bed's temperature sensor is disconnected.",
    "0300-0200-0001-0001": "The nozzle heater has a short circuit.",
    "0C00-0300-0003-0007": "The first layer may have defects.",
    VERIFICATION_FAILED: (
        "A command was refused because it is not signed. Turn on Developer Mode on the printer "
        "to control it from here."
    ),
}
_PAUSED_SOMEHOW = 0x03008000
_PRINT_ERROR_TEXTS: Mapping[int, str] = {
    0x0300400C: "The print was cancelled at the printer.",
    0x0500400E: "The print was cancelled.",
    0x05004004: "The printer is busy and cannot start another print.",
    0x05004003: "The print file is missing or cannot be read.",
    0x0500C010: "The printer's storage cannot be read or written.",
    0x05024007: "A command was refused because it is not signed.",
    0x05024009: "A command was refused because its signature is malformed.",
    0x07008006: "The AMS cannot feed filament to the extruder.",
    0x07008011: "The AMS ran out of filament.",
    0x07008012: "The printer could not get the AMS mapping; resuming tries again.",
    0x07FF8012: "The printer could not get the AMS mapping; resuming tries again.",
    _PAUSED_SOMEHOW: "The print was paused for an unknown reason.",
    0x0300800A: "The camera saw a pile of filament.",
    0x03004000: "Homing the Z axis failed; the print was stopped.",
}


def code_text(attr: int, code: int) -> str:
    """``XXXX-XXXX-XXXX-XXXX`` of an HMS entry's two numbers."""
    digits = f"{attr:08X}{code:08X}"
    return "-".join(digits[start : start + 4] for start in range(0, 16, 4))


def print_error_text(error: int) -> str:
    """``XXXX-XXXX`` of a print error."""
    return f"{error >> 16:04X}-{error & 0xFFFF:04X}"


def print_error_words(error: int) -> str:
    """A print error in words with its code, or the code alone where there are no words."""
    return in_words(_PRINT_ERROR_TEXTS.get(error), print_error_text(error))


def says_little(error: int) -> bool:
    """Whether a print error has no words, or is one that merely stands beside the real cause."""
    return error == _PAUSED_SOMEHOW or error not in _PRINT_ERROR_TEXTS


def in_words(message: str | None, code: str) -> str:
    """A message with its code, so that it can be looked up; the code alone without a message."""
    return f"{message} ({code})" if message else f"The printer reported {code}."


def health_of(hms: object, print_error: object, model: PrinterModel) -> Health:
    """The health that the HMS list and the print error of a report tell of, without repeats."""
    found: dict[str, HmsError] = {}
    for entry in objects(hms)[:_MAX_ENTRIES]:
        attr, code = integer(entry.get("attr")), integer(entry.get("code"))
        if attr is None or code is None or not (0 <= attr < 2**32 and 0 <= code < 2**32):
            continue
        error = _hms_error(attr, code, model)
        found[error.code] = error
    number = integer(print_error) or 0
    if 0 < number < 2**32 and number not in CANCEL_CODES:
        error = _print_error(number, model)
        found[error.code] = error
    return summed_up(found.values())


def summed_up(errors: Iterable[HmsError]) -> Health:
    """The errors, gravest first, with what they add up to."""
    ordered = tuple(sorted(errors, key=lambda error: _GRAVEST_FIRST[error.severity]))
    if not ordered:
        return _HEALTHY
    worst = ordered[0].severity
    if worst in (HmsSeverity.FATAL, HmsSeverity.SERIOUS):
        return Health(HmsStatus.ERROR, ordered)
    return Health(HmsStatus.WARNING if worst is HmsSeverity.COMMON else HmsStatus.OK, ordered)


_HEALTHY = Health()


def _hms_error(attr: int, code: int, model: PrinterModel) -> HmsError:
    written = code_text(attr, code)
    return HmsError(
        code=written,
        severity=_SEVERITIES.get(code >> 16, HmsSeverity.INFO),
        module=_MODULES.get(attr >> 24, f"Module {attr >> 24:02X}"),
        message=_HMS_TEXTS.get(written) or _ams_text(attr, code),
        wiki_url=_link(written, model),
    )


def _ams_text(attr: int, code: int) -> str | None:
    """Codes that repeat for every unit and slot: the unit is in the second byte of ``attr``, the
    slot in the third."""
    module, unit, part = attr >> 24, attr >> 16 & 0xFF, attr >> 8 & 0xFF
    if module not in _AMS_MODULES or code != 0x00020001 or not 0x20 <= part <= 0x23:
        return None
    if unit > 0x0F:
        return "The external spool ran out of filament."
    name = _MODULES[module]
    letter = f" {chr(ord('A') + unit)}" if module == 0x07 else ""
    return f"{name}{letter} slot {part - 0x20 + 1} ran out of filament."


def _print_error(error: int, model: PrinterModel) -> HmsError:
    # The low word tells the class: 0x4xxx stops the job, 0x8xxx waits for a person, 0xCxxx asks.
    severity = {4: HmsSeverity.FATAL, 8: HmsSeverity.SERIOUS, 0xC: HmsSeverity.COMMON}.get(
        error >> 12 & 0xF, HmsSeverity.INFO
    )
    written = print_error_text(error)
    return HmsError(
        code=written,
        severity=severity,
        module=_MODULES.get(error >> 24, f"Module {error >> 24:02X}"),
        message=_PRINT_ERROR_TEXTS.get(error),
        wiki_url=_link(written, model),
    )


def _link(code: str, model: PrinterModel) -> str:
    page = "x2d" if model.name == "X2D" else "h2" if model.family is Family.H2 else "x1"
    return f"https://wiki.bambulab.com/en/{page}/troubleshooting/hmscode/{code.replace('-', '_')}"
