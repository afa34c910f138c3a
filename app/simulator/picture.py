"""Pictures drawn by code: what a plate looks like."""

from __future__ import annotations

import functools
import hashlib
import io
from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageFont

BACKGROUND, BED, GRID, INK = (236, 239, 241), (207, 216, 220), (176, 190, 197), (38, 50, 56)


def plate_png(title: str, colours: Sequence[str], size: int = 512) -> bytes:
    """The preview of a plate: its part in the colours (`RRGGBB`) of its filaments, its title."""
    image = Image.new("RGB", (size, size), BACKGROUND)
    draw = ImageDraw.Draw(image)
    _bed(draw, size)
    part(draw, title, colours or ("9E9E9E",), centre=(size // 2, size * 3 // 5), size=size // 2)
    draw.text((size // 24, size // 24), title, fill=INK, font=font(size // 18))
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


def _bed(draw: ImageDraw.ImageDraw, size: int) -> None:
    edge = size // 12
    draw.rectangle((edge, edge * 2, size - edge, size - edge), fill=BED)
    for step in range(edge, size - edge, edge):
        draw.line((step, edge * 2, step, size - edge), fill=GRID)
        draw.line((edge, step + edge, size - edge, step + edge), fill=GRID)
