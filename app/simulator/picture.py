"""Pictures drawn by code: what a plate looks like, and what a camera sees."""

from __future__ import annotations

import functools
import hashlib
import io
import math
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageFont

CAMERA_SIZE = (1280, 720)
DARK, LIT, STEEL, WHITE = (18, 22, 26), (46, 54, 62), (120, 130, 140), (255, 255, 255)
BACKGROUND, BED, GRID, INK = (236, 239, 241), (207, 216, 220), (176, 190, 197), (38, 50, 56)


@dataclass(frozen=True, slots=True)
class View:
    """What is in front of a camera. `share` is what is printed of it, 0 to 1; `number` counts
    pictures, so that something moves."""

    title: str
    lines: tuple[str, ...]
    colours: tuple[str, ...]
    share: float
    moving: bool
    light: bool
    number: int


def camera_jpeg(view: View) -> bytes:
    """A picture of the chamber: the part as far as it is printed, the tool head, and what the
    printer says of itself. Baseline JPEG, 4:2:0."""
    width, height = CAMERA_SIZE
    image = Image.new("RGB", CAMERA_SIZE, LIT if view.light else DARK)
    draw = ImageDraw.Draw(image)
    floor = height * 5 // 6
    draw.rectangle((width // 6, floor, width * 5 // 6, floor + 16), fill=STEEL)
    size = height // 2
    centre = (width // 2, round(floor - size / 3))
    part(draw, view.title, view.colours or ("9E9E9E",), centre=centre, size=size, share=view.share)
    swing = math.sin(view.number / 2) if view.moving else -1.0
    head = width / 2 + swing * size / 2
    top = floor - size * view.share
    draw.rectangle((width // 8, top - 60, width * 7 // 8, top - 50), fill=STEEL)
    draw.rectangle((head - 40, top - 90, head + 40, top - 20), fill=INK, outline=STEEL)
    draw.polygon([(head - 12, top - 20), (head + 12, top - 20), (head, top - 2)], fill=STEEL)
    for place, line in enumerate((view.title, *view.lines)):
        draw.text((32, 24 + 44 * place), letters(line), fill=WHITE, font=font(36))
    draw.rectangle((32, height - 40, 32 + (width - 64) * view.share, height - 24), fill=WHITE)
    draw.rectangle((32, height - 40, width - 32, height - 24), outline=WHITE)
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=75, subsampling=2)
    return buffer.getvalue()


def plate_png(title: str, colours: Sequence[str], size: int = 512) -> bytes:
    """The preview of a plate: its part in the colours (`RRGGBB`) of its filaments, its title."""
    image = Image.new("RGB", (size, size), BACKGROUND)
    draw = ImageDraw.Draw(image)
    _bed(draw, size)
    part(draw, title, colours or ("9E9E9E",), centre=(size // 2, size * 3 // 5), size=size // 2)
    draw.text((size // 24, size // 24), letters(title), fill=INK, font=font(size // 18))
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def part(
    draw: ImageDraw.ImageDraw,
    title: str,
    colours: Sequence[str],
    *,
    centre: tuple[int, int],
    size: int,
    share: float = 1.0,
) -> None:
    """A printed thing, as far as `share` (0 to 1) of it is printed: bands from the bed up, whose
    widths are the title's own."""
    widths = hashlib.sha256(title.encode()).digest()
    bands = 12
    height = size / bands
    for band in range(round(bands * share)):
        width = size * (0.35 + 0.6 * widths[band] / 255) / 2
        top = centre[1] + size / 3 - (band + 1) * height
        box = (centre[0] - width, top, centre[0] + width, top + height)
        draw.rectangle(box, fill=f"#{colours[band % len(colours)][:6]}", outline=INK)


@functools.lru_cache(maxsize=16)
def font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """The library's own letters."""
    return ImageFont.load_default(size)


def letters(text: str) -> str:
    """The text in the letters there are: those of ASCII."""
    plain = unicodedata.normalize("NFKD", text.replace("×", "x"))
    return "".join(each for each in plain if each.isascii())


def _bed(draw: ImageDraw.ImageDraw, size: int) -> None:
    edge = size // 12
    draw.rectangle((edge, edge * 2, size - edge, size - edge), fill=BED)
    for step in range(edge, size - edge, edge):
        draw.line((step, edge * 2, step, size - edge), fill=GRID)
    for step in range(edge * 2, size - edge, edge):
        draw.line((edge, step, size - edge, step), fill=GRID)
