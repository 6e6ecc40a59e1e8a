"""Two canvases with the same few strokes: SVG text, and pixels through Pillow.

Both measure text with Pillow's built-in font, so that a drawing has the same layout on either
and needs no font file and no program.
"""

import io
from functools import lru_cache
from xml.sax.saxutils import escape

from PIL import Image, ImageDraw, ImageFont

INK, SOFT_INK, LINE = "#1F2933", "#52606D", "#7B8794"
# Pixels per unit; very large nets are drawn coarser rather than out of memory.
SCALE, MAX_PIXELS = 2.0, 40_000_000
SMOOTH = 2


def text_width(text, size):
    """Return the width of `text` in drawing units at font size `size`."""
    return _font(size).getlength(text)


@lru_cache(maxsize=64)
def _font(size):
    return ImageFont.load_default(size=size)


class Svg:
    """A drawing as SVG text."""

    def __init__(self, width, height):
        self.size = (width, height)
        self.parts = []

    def box(self, x, y, width, height, fill, stroke, radius=5.0):
        """A rounded box with its upper left corner at (x, y)."""
        self.parts.append(
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" '
            f'rx="{radius:.1f}" fill="{fill}" stroke="{stroke}"/>'
        )

    def text(self, x, y, text, size, colour=INK):
        """Text centred on (x, y)."""
        self.parts.append(
            f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" fill="{colour}" '
            # Whatever font the reader has, the text keeps the width that its box was made for.
            f'textLength="{text_width(text, size):.1f}" lengthAdjust="spacingAndGlyphs" '
            f'dominant-baseline="central">{escape(text)}</text>'
        )

    def line(self, points):
        """A line through points."""
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        self.parts.append(
            f'<polyline points="{path}" fill="none" stroke="{LINE}" stroke-width="1.3"/>'
        )

    def triangle(self, corners):
        """A filled triangle."""
        points = " ".join(f"{x:.1f},{y:.1f}" for x, y in corners)
        self.parts.append(f'<polygon points="{points}" fill="{LINE}"/>')

    def encode(self, ext):
        width, height = self.size
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
            f'viewBox="0 0 {width:.0f} {height:.0f}" text-anchor="middle" '
            'font-family="Aileron, Helvetica, Arial, sans-serif">'
            '<rect width="100%" height="100%" fill="white"/>'
        )
        return "\n".join([head, *self.parts, "</svg>", ""]).encode()


class Raster:
    """A drawing as pixels, smoothed by drawing it larger."""

    def __init__(self, width, height):
        scale = min(SCALE, (MAX_PIXELS / max(width * height, 1)) ** 0.5)
        self.unit = scale * SMOOTH
        self.final = (max(round(width * scale), 1), max(round(height * scale), 1))
        self.image = Image.new("RGB", tuple(n * SMOOTH for n in self.final), "white")
        self.pen = ImageDraw.Draw(self.image)

    def box(self, x, y, width, height, fill, stroke, radius=5.0):
        corners = [self._at(x, y), self._at(x + width, y + height)]
        line = max(round(self.unit), 1)
        self.pen.rounded_rectangle(corners, radius * self.unit, fill, stroke, line)

    def text(self, x, y, text, size, colour=INK):
        self.pen.text(self._at(x, y), text, colour, _font(size * self.unit), anchor="mm")

    def line(self, points):
        at = [self._at(x, y) for x, y in points]
        self.pen.line(at, LINE, max(round(1.3 * self.unit), 1), joint="curve")

    def triangle(self, corners):
        self.pen.polygon([self._at(x, y) for x, y in corners], fill=LINE)

    def encode(self, ext):
        known = Image.registered_extensions()
        buffer = io.BytesIO()
        image = self.image.resize(self.final, Image.Resampling.LANCZOS)
        image.save(buffer, known["." + ext], dpi=(192, 192))
        return buffer.getvalue()

    def _at(self, x, y):
        return (x * self.unit, y * self.unit)
