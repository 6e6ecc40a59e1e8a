"""Label maps drawn from polygon files: labelme's (one JSON per picture) and COCO's (one for all).

Pixels that no shape covers are the class `background` where there is one, else void.
"""

import math
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from . import files
from .errors import DataError
from .masks import VOID_NAMES
from .settings import IGNORE_LABEL
from .text import did_you_mean

_FARTHEST = 1_000_000  # pixels: a coordinate beyond this is an error
_TWO_POINTS = {"rectangle": "two corners", "circle": "its centre and a point on it"}


@dataclass(frozen=True)
class Shape:
    """One shape: a label and either a polygon or the run lengths of a mask."""

    label: int  # its class number
    points: tuple = ()  # (x, y) of each of the polygon's points
    runs: tuple = ()  # of the mask, columns first, background first
    size: tuple = ()  # (height, width) that the runs cover


def draw(shapes, height, width, classes):
    """Return the uint8 H x W label map of the shapes, later ones on top."""
    ground = classes.index("background") if "background" in classes else IGNORE_LABEL
    canvas = Image.new("L", (width, height), ground)
    pen = ImageDraw.Draw(canvas)
    for shape in shapes:
        if shape.points:
            pen.polygon(shape.points, fill=shape.label)
        else:
            mask = np.repeat(np.arange(len(shape.runs)) % 2, shape.runs).astype(np.uint8) * 255
            mask = mask.reshape(shape.size[::-1]).T
            canvas.paste(shape.label, mask=Image.fromarray(np.ascontiguousarray(mask)))
    return np.array(canvas)


def class_number(where, name, classes):
    """Return the label of a class by name; DataError with the nearest name."""
    if name in classes:
        return classes.index(name)
    if str(name).lower() in VOID_NAMES:
        return IGNORE_LABEL
    hint = did_you_mean(name, classes) or f"; the classes are {', '.join(classes)}"
    raise DataError(f"{where}: unknown class {name!r}{hint}")


def _polygon(where, points):
    """Return a polygon's points as floats; DataError for no points, or fewer than three."""
    try:
        flat = tuple((float(x), float(y)) for x, y in points)
    except (TypeError, ValueError) as error:
        raise DataError(f"{where}: {str(points)[:60]} are no points (x, y)") from error
    if len(flat) < 3:
        raise DataError(f"{where}: a polygon of {len(flat)} points; expected 3 or more")
    if not all(math.isfinite(v) and abs(v) < _FARTHEST for point in flat for v in point):
        raise DataError(f"{where}: a point is not finite, or far outside the picture")
    return flat


def _labelme_points(where, shape):
    """Return the points of a polygon, a rectangle, or a circle, which becomes one of 64 points."""
    kind, points = shape.get("shape_type") or "polygon", shape.get("points")
    if kind != "polygon" and kind not in _TWO_POINTS:
        expected = ", ".join(["polygon", *_TWO_POINTS])
        raise DataError(f"{where}: shape_type {kind!r} has no area; expected {expected}")
    if kind in _TWO_POINTS:
        try:
            (x0, y0), (x1, y1) = points
            radius = math.hypot(x1 - x0, y1 - y0)
        except (TypeError, ValueError) as error:
            raise DataError(f"{where}: a {kind} needs {_TWO_POINTS[kind]}") from error
        points = [(x0, y0), (x1, y0), (x1, y1), (x0, y1)]
        if kind == "circle":
            turns = [2 * math.pi * k / 64 for k in range(64)]
            points = [(x0 + radius * math.cos(t), y0 + radius * math.sin(t)) for t in turns]
    return _polygon(where, points)


def labelme(path, classes, height, width):
    """Return the label map of one labelme file for a picture of that size."""
    content = files.read_json(path)
    if not isinstance(content, dict) or not isinstance(content.get("shapes"), list):
        raise DataError(f"{path}: is no labelme file: no list `shapes`")
    size = content.get("imageHeight", height), content.get("imageWidth", width)
    if size != (height, width):
        raise DataError(f"{path}: drawn for {size[1]}x{size[0]}, its picture has {width}x{height}")
    shapes = []
    for number, shape in enumerate(content["shapes"], 1):
        where = f"{path}, shape {number}"
        if not isinstance(shape, dict):
            raise DataError(f"{where}: expected an object with label and points")
        label = class_number(where, shape.get("label"), classes)
        shapes.append(Shape(label, _labelme_points(where, shape)))
    return draw(shapes, height, width, classes)


def _unpacked_runs(where, text):
    """Return the run lengths of COCO's compressed string.

    Base 32 with sign, the sixth bit for "another digit follows"; from the fourth on as differences
    to the run two before.
    """
    runs: list[int] = []
    value = shift = 0
    for letter in text:
        code = ord(letter) - 48
        value |= (code & 31) << shift
        shift += 5
        if code & 32:
            continue
        if code & 16:
            value -= 1 << shift
        runs.append(value + runs[-2] if len(runs) > 2 else value)
        value = shift = 0
    if any(run < 0 for run in runs):
        raise DataError(f"{where}: broken run lengths")
    return runs


def _mask_shape(where, label, mask):
    """Return a Shape from COCO's run-length mask."""
    try:
        height, width = (int(side) for side in mask["size"])
        counts = mask["counts"]
        runs = _unpacked_runs(where, counts) if isinstance(counts, str) else map(int, counts)
        runs = tuple(runs)
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise DataError(f"{where}: broken run-length mask: {error}") from error
    if sum(runs) != height * width or min(runs, default=0) < 0:
        raise DataError(f"{where}: runs cover {sum(runs)} pixels, expected {height}x{width}")
    return Shape(label, runs=runs, size=(height, width))


def _coco_shapes(where, annotation, label):
    """Return the shapes of one annotation, and their area, by which they are ordered."""
    parts = annotation.get("segmentation")
    if isinstance(parts, dict):
        shape = _mask_shape(where, label, parts)
        return [shape], sum(shape.runs[1::2])
    if not isinstance(parts, list):
        raise DataError(f"{where}: no segmentation")
    shapes, area = [], 0.0
    for part in parts:
        if not isinstance(part, list) or len(part) % 2:
            raise DataError(f"{where}: a polygon is a list x1, y1, x2, y2, ...")
        points = _polygon(where, list(zip(part[::2], part[1::2], strict=True)))
        turned = (*points[1:], points[0])
        area += abs(sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(points, turned, strict=True))) / 2
        shapes.append(Shape(label, points))
    return shapes, area


def coco(path, classes):
    """Return {file name: (height, width, shapes)} of a COCO file, large first; crowds are void."""
    content = files.read_json(path)
    try:
        names = {item["id"]: item["name"] for item in content["categories"]}
        pictures = {i["id"]: (i["file_name"], i["height"], i["width"]) for i in content["images"]}
        annotations = list(content["annotations"])
    except (KeyError, TypeError) as error:
        raise DataError(
            f"{path}: is no COCO file: expected images, annotations and categories ({error})"
        ) from error
    found: dict = {key: [] for key in pictures}
    for number, annotation in enumerate(annotations, 1):
        where = f"{path}, annotation {number}"
        try:
            place, name = found[annotation["image_id"]], names[annotation["category_id"]]
        except (KeyError, TypeError) as error:
            raise DataError(f"{where}: unknown image or category: {error}") from error
        crowd = annotation.get("iscrowd", 0)
        label = IGNORE_LABEL if crowd else class_number(where, name, classes)
        place.append(_coco_shapes(where, annotation, label))
    made = {}
    for key, (name, height, width) in pictures.items():
        largest_first = sorted(found[key], key=lambda shapes_and_area: -shapes_and_area[1])
        made[name] = (height, width, tuple(s for shapes, _ in largest_first for s in shapes))
    return made
