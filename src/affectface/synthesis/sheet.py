"""Sheets: many pictures of one face, with labels, as one picture."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import PIL.Image
from PIL import ImageDraw, ImageFont

from affectface.arrays import Image, check_image

PAPER = (250, 250, 248)
INK = (28, 28, 30)
FAINT = (138, 138, 142)
LINE = (222, 222, 220)

_FINE = 2
"""Text and lines are drawn this many times finer, for smooth edges."""


@dataclass(frozen=True, kw_only=True)
class SheetStyle:
    """Sizes of a sheet."""

    tile: int = 300
    """Side of one picture, pixels."""
    title: str = ""
    """Heading; none if empty."""
    subtitle: str = ""
    """A line below the heading, smaller and fainter."""

    text_scale: float = 1.0
    """Size of all text over its usual size."""

    @property
    def margin(self) -> int:
        """Free space at the edges, pixels."""
        return round(0.2 * self.tile)

    @property
    def gap(self) -> int:
        """Free space between pictures, pixels."""
        return round(0.06 * self.tile)

    @property
    def text(self) -> int:
        """Size of labels, pixels."""
        return max(11, round(0.07 * self.text_scale * self.tile))

    @property
    def head(self) -> int:
        """Height of the heading with the space below it, pixels."""
        lines = (2.1 * bool(self.title) + 1.3 * bool(self.subtitle)) * self.text
        return round(lines + 1.2 * self.text) if lines else 0


def crop_square(image: Image, box: tuple[float, float, float, float], *, size: int, room: float = 2.0) -> Image:
    """Return the square around a face, in a given size.

    Parameters
    ----------
    image : ndarray of shape (H, W, 3), uint8
        The picture.
    box : tuple of float
        x0, y0, x1, y1 of the face, pixels.
    size : int
        Side of the result, pixels.
    room : float
        Side of the square over the longer side of the box.

    Returns
    -------
    ndarray of shape (size, size, 3), uint8
        The crop; it is moved into the picture where it would stick out, and filled up with the picture's edge where the
        picture is too small.
    """
    return crop_square_at(image, box, size=size, room=room)[0]


def crop_square_at(
    image: Image, box: tuple[float, float, float, float], *, size: int, room: float
) -> tuple[Image, tuple[int, int], int]:
    """Return the square around a face, and where it lies; see `crop_square`.

    Parameters
    ----------
    image : ndarray of shape (H, W, 3), uint8
        The picture.
    box : tuple of float
        x0, y0, x1, y1 of the face, pixels.
    size : int
        Side of the result, pixels.
    room : float
        Side of the square over the longer side of the box.

    Returns
    -------
    crop : ndarray of shape (size, size, 3), uint8
        The crop.
    corner : tuple of int
        x and y of its upper left corner in the picture, pixels.
    side : int
        Its side in the picture, pixels.
    """
    height, width = check_image(image).shape[:2]
    x0, y0, x1, y1 = box
    side = max(1, round(room * max(x1 - x0, y1 - y0)))
    left = round((x0 + x1 - side) / 2)
    top = round((y0 + y1) / 2 - 0.54 * side)  # a little more room above, for the hair
    left = min(max(left, 0), width - side) if side <= width else (width - side) // 2
    top = min(max(top, 0), height - side) if side <= height else (height - side) // 2
    pads = (max(0, -top), max(0, top + side - height)), (max(0, -left), max(0, left + side - width)), (0, 0)
    inner = image[max(0, top) : top + side, max(0, left) : left + side]
    square = np.pad(inner, pads, mode="edge")
    method = cv2.INTER_AREA if side > size else cv2.INTER_CUBIC
    crop = np.asarray(cv2.resize(square, (size, size), interpolation=method), dtype=np.uint8)
    return crop, (left, top), side


def compose_grid(cells: Sequence[tuple[str, Image]], *, columns: int, style: SheetStyle | None = None) -> Image:
    """Return pictures in rows, each with its label below.

    Parameters
    ----------
    cells : sequence of (str, ndarray)
        Label and square picture of each.
    columns : int
        Pictures in a row.
    style : SheetStyle, optional
        Sizes and heading.

    Returns
    -------
    ndarray of shape (H, W, 3), uint8
        The sheet.
    """
    style = style or SheetStyle()
    rows = math.ceil(len(cells) / columns)
    pitch = style.tile + style.gap
    line = round(2.1 * style.text)
    page = _Page(
        2 * style.margin + columns * pitch - style.gap,
        2 * style.margin + style.head + rows * (pitch + line) - style.gap,
        style,
    )
    for number, (label, picture) in enumerate(cells):
        x = style.margin + number % columns * pitch
        y = style.margin + style.head + number // columns * (pitch + line)
        page.picture(picture, x, y)
        page.text(label, x + style.tile / 2, y + style.tile + 0.45 * style.text, anchor="ma")
    return page.finished()


def compose_plane(
    cells: Sequence[tuple[float, float, Image]], *, levels: Sequence[float], style: SheetStyle | None = None
) -> Image:
    """Return pictures on the valence-arousal plane, valence to the right and arousal upwards.

    Parameters
    ----------
    cells : sequence of (float, float, ndarray)
        Valence, arousal and square picture of each; places without a picture stay empty.
    levels : sequence of float
        The values of valence and of arousal, increasing.
    style : SheetStyle, optional
        Sizes and heading.

    Returns
    -------
    ndarray of shape (H, W, 3), uint8
        The sheet.
    """
    style = style or SheetStyle()
    pitch, count = style.tile + style.gap, len(levels)
    axis = round(3.4 * style.text)
    left, top = style.margin + axis, style.margin + style.head
    span = count * pitch - style.gap
    page = _Page(left + span + style.margin, top + span + axis + style.margin, style)
    for valence, arousal, picture in cells:
        column, row = (int(np.abs(np.asarray(levels) - value).argmin()) for value in (valence, -arousal))
        page.picture(picture, left + column * pitch, top + row * pitch)
    for number, level in enumerate(levels):
        middle = number * pitch + style.tile / 2
        page.text(_signed(level), left + middle, top + span + 0.6 * style.text, anchor="ma", faint=True)
        page.text(_signed(-level), left - 0.6 * style.text, top + middle, anchor="rm", faint=True)
    page.text("valence", left + span / 2, top + span + 2.2 * style.text, anchor="ma")
    page.text("unpleasant", left, top + span + 2.2 * style.text, anchor="la", faint=True)
    page.text("pleasant", left + span, top + span + 2.2 * style.text, anchor="ra", faint=True)
    page.upright("arousal", style.margin, top + span / 2)
    page.upright("calm", style.margin, top + span, align="start", faint=True)
    page.upright("excited", style.margin, top, align="end", faint=True)
    return page.finished()


def compose_circle(
    centre: tuple[str, Image], around: Sequence[tuple[str, float, Image]], *, style: SheetStyle | None = None
) -> Image:
    """Return pictures on a circle, for directions of the valence-arousal plane.

    Parameters
    ----------
    centre : (str, ndarray)
        Label and square picture in the middle.
    around : sequence of (str, float, ndarray)
        Label, angle in degrees and square picture of each. The pictures stand at even distances in the order of the
        angles; lines lead to the true angles on an inner circle.
    style : SheetStyle, optional
        Sizes and heading.

    Returns
    -------
    ndarray of shape (H, W, 3), uint8
        The sheet.
    """
    style = style or SheetStyle()
    cells = sorted(around, key=lambda cell: cell[1])
    tile, count = style.tile, max(1, len(cells))
    radius = max(1.8 * tile, count * tile * 1.07 / (2 * math.pi))
    inner, middle = 0.72 * radius, round(radius)
    half = radius + tile / 2
    aside = style.text * 6  # for the labels, which stand outside
    cx, cy = style.margin + aside + half, style.margin + style.head + 2 * style.text + half
    page = _Page(round(2 * cx), round(cy + half + 2 * style.text + style.margin), style)
    turns = np.array([angle - number * 360 / count for number, (_, angle, _) in enumerate(cells)])
    offset = np.angle(np.exp(1j * np.radians(turns)).sum())
    page.circle(cx, cy, inner)
    for number, (label, angle, picture) in enumerate(cells):
        place, true = offset + number * 2 * math.pi / count, math.radians(angle)
        right, up = math.cos(place), math.sin(place)
        x, y = cx + radius * right, cy - radius * up
        page.lead((cx + inner * math.cos(true), cy - inner * math.sin(true)), (x, y))
        page.picture(picture, round(x - tile / 2), round(y - tile / 2), round_picture=True)
        away = tile / 2 + 0.6 * style.text
        side = "l" if right > 0.25 else "r" if right < -0.25 else "m"
        height = "m" if side != "m" else "d" if up > 0 else "a"
        page.text(label, x + away * right, y - away * up, anchor=side + height)
    page.picture(centre[1], round(cx - middle / 2), round(cy - middle / 2), size=middle, round_picture=True)
    page.text(centre[0], cx, cy + middle / 2 + 0.5 * style.text, anchor="ma", scale=1.3)
    near = inner - style.text
    page.text("pleasant", cx + near, cy, anchor="rm", faint=True)
    page.text("unpleasant", cx - near, cy, anchor="lm", faint=True)
    page.text("excited", cx, cy - near, anchor="ma", faint=True)
    page.text("calm", cx, cy + near, anchor="md", faint=True)
    return page.finished()


class _Page:
    """A sheet while it is composed; coordinates are its pixels."""

    def __init__(self, width: int, height: int, style: SheetStyle) -> None:
        self._style = style
        self._canvas = PIL.Image.new("RGB", (width * _FINE, height * _FINE), PAPER)
        self._draw = ImageDraw.Draw(self._canvas)
        self._pictures: list[tuple[Image, int, int, int, bool]] = []
        y: float = style.margin
        if style.title:
            self.text(style.title, style.margin, y, anchor="la", scale=1.55)
            y += 2.1 * style.text
        if style.subtitle:
            self.text(style.subtitle, style.margin, y, anchor="la", faint=True)

    def text(self, text: str, x: float, y: float, *, anchor: str, faint: bool = False, scale: float = 1.0) -> None:
        font = ImageFont.load_default(self._style.text * _FINE * scale)
        self._draw.text((x * _FINE, y * _FINE), text, fill=FAINT if faint else INK, font=font, anchor=anchor)

    def upright(self, text: str, x: float, y: float, *, align: str = "centre", faint: bool = False) -> None:
        """Write upwards, with the left edge at `x`, from, around or up to `y`."""
        font = ImageFont.load_default(self._style.text * _FINE)
        width, height = (math.ceil(v) for v in (*font.getbbox(text, anchor="ls")[2:3], 1.4 * self._style.text * _FINE))
        strip = PIL.Image.new("RGB", (width, height), PAPER)
        ImageDraw.Draw(strip).text((0, 0.3 * height), text, fill=FAINT if faint else INK, font=font, anchor="lt")
        top = y * _FINE - {"start": width, "centre": width / 2, "end": 0}[align]
        self._canvas.paste(strip.transpose(PIL.Image.Transpose.ROTATE_90), (round(x * _FINE), round(top)))

    def circle(self, x: float, y: float, radius: float) -> None:
        box = [(x - radius) * _FINE, (y - radius) * _FINE, (x + radius) * _FINE, (y + radius) * _FINE]
        self._draw.ellipse(box, outline=LINE, width=2 * _FINE)

    def lead(self, dot: tuple[float, float], end: tuple[float, float]) -> None:
        """Draw a dot and a line from it; the line's end is covered by a picture."""
        points = [coordinate * _FINE for coordinate in (*dot, *end)]
        self._draw.line(points, fill=LINE, width=2 * _FINE)
        r = 0.22 * self._style.text * _FINE
        self._draw.ellipse([points[0] - r, points[1] - r, points[0] + r, points[1] + r], fill=FAINT)

    def picture(self, picture: Image, x: int, y: int, *, size: int | None = None, round_picture: bool = False) -> None:
        self._pictures.append((check_image(picture), x, y, size or self._style.tile, round_picture))

    def finished(self) -> Image:
        """Return the page, with the pictures in their own sharpness and rounded corners."""
        page = self._canvas.resize(
            (self._canvas.width // _FINE, self._canvas.height // _FINE), PIL.Image.Resampling.LANCZOS
        )
        for picture, x, y, size, is_round in self._pictures:
            tile = PIL.Image.fromarray(picture)
            if tile.size != (size, size):
                tile = tile.resize((size, size), PIL.Image.Resampling.LANCZOS)
            page.paste(tile, (x, y), _mask(size, size // 2 if is_round else round(0.03 * size)))
        return np.array(page)


def _mask(size: int, corner: int) -> PIL.Image.Image:
    """Return the mask of a square with round corners of a radius, pixels."""
    mask = PIL.Image.new("L", (size * 4, size * 4), 0)
    ImageDraw.Draw(mask).rounded_rectangle([0, 0, size * 4 - 1, size * 4 - 1], radius=corner * 4, fill=255)
    return mask.resize((size, size), PIL.Image.Resampling.BOX)


def _signed(value: float) -> str:
    """Return a number with its sign, as axes have it."""
    return "0" if abs(value) < 1e-9 else f"{value:+.2g}"
