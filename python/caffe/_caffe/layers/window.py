"""Windows (object proposals) cut out of images and warped to one size, as R-CNN trains on."""

import math
from typing import NamedTuple

import numpy as np

from ..core.layer import register
from ..errors import FormatError
from ..formats.text_file import read_text
from ..log import info
from ..sources import images
from ..sources.prefetch import BATCH, BatchReader, PrefetchingLayer, new_seed, stream
from ..sources.transform import Transformer


class Window(NamedTuple):
    """A box of one image; corners are inclusive pixel positions. Background has label 0."""

    image: int
    label: int
    x1: int
    y1: int
    x2: int
    y2: int


@register("WindowData")
class WindowData(PrefetchingLayer):
    """Background, then foreground windows drawn at random: data (N, 3, crop, crop), labels (N,).

    A window is foreground from `fg_threshold` overlap on, background below `bg_threshold`, else
    unused. Crop size, mirror and mean come from transform_param, but the scale from
    window_data_param (window_data_layer.cpp).
    """

    def open(self):
        param = self.layer_param.window_data_param
        transformer = Transformer(self.layer_param.transform_param, self.phase)
        crop = self.layer_param.transform_param.crop_size
        self.check(crop > 0, "needs transform_param.crop_size, the size to warp to")
        self.check(
            param.crop_mode in ("warp", "square"),
            f"unknown crop_mode '{param.crop_mode}'; expected 'warp' or 'square'",
        )
        self.check(
            2 * param.context_pad < crop,
            f"context_pad {param.context_pad} on both sides leaves nothing of crop_size {crop}",
        )
        info(f"Window data layer: reading {param.source}", src="window_data_layer.cpp:50")
        files, windows = read_windows(param.source, param.root_folder)
        reader = WindowReader(param, transformer, files, new_seed())
        reader.sort(windows)
        info(f"Number of images: {len(files)}", src="window_data_layer.cpp:146")
        info(f"Amount of context padding: {param.context_pad}", src="window_data_layer.cpp:154")
        info(f"Crop mode: {param.crop_mode}", src="window_data_layer.cpp:157")
        return reader


class WindowReader(BatchReader):
    """Batches of warped windows."""

    def __init__(self, param, transformer, files, seed):
        self.files, self.seed, self.source = files, seed, param.source
        self.batch_size, self.crop = param.batch_size, transformer.crop[0]
        self.thresholds = (np.float32(param.fg_threshold), np.float32(param.bg_threshold))
        self.foreground_count = int(np.float32(param.batch_size) * np.float32(param.fg_fraction))
        self.pad, self.square = param.context_pad, param.crop_mode == "square"
        self.mirror, self.scale = transformer.mirror, np.float32(param.scale)
        self.mean = self._mean(transformer)
        self.cache = [images.read_bytes(f) for f in files] if param.cache_images else None
        self.shapes = [(self.batch_size, 3, self.crop, self.crop), (self.batch_size,)]

    def sort(self, windows):
        """Divide (window, overlap) pairs into foreground and background; both must have some."""
        foreground, background = self.thresholds
        self.windows = (
            [w._replace(label=0) for w, o in windows if not o >= foreground and o < background],
            [w for w, o in windows if o >= foreground],
        )
        for kind, found in zip(("background", "foreground"), self.windows, strict=True):
            if not found:
                raise FormatError(
                    f"window file '{self.source}' has no {kind} window (foreground: overlap >= "
                    f"{foreground:g}; background: overlap < {background:g})"
                )
        for window in self.windows[1]:
            if window.label <= 0:
                raise FormatError(
                    f"window file '{self.source}': foreground window {window} has label "
                    f"{window.label}, expected 1 or more"
                )

    def _mean(self, transformer):
        """Return what is subtracted: the central crop of the mean file, or a value per channel."""
        if transformer.mean is None:
            if transformer.means.size not in (0, 1, 3):
                raise FormatError(
                    f"mean_value is given {transformer.means.size} times; give it once, or once "
                    "per channel (3)"
                )
            return transformer.means[:, None, None] if transformer.means.size else np.float32(0)
        channels, height, width = transformer.mean.shape
        # One offset, taken from the width, serves both axes (window_data_layer.cpp).
        offset = (width - self.crop) // 2
        if channels != 3 or offset < 0 or offset + self.crop > height:
            raise FormatError(
                f"mean file '{transformer.mean_file}' is {channels} x {height} x {width}; expected "
                f"3 channels and at least the crop of {self.crop} x {self.crop}"
            )
        window = slice(offset, offset + self.crop)
        return transformer.mean[:, window, window]

    def batch(self, first):
        draws = stream(self.seed, BATCH, self.share.number(first))
        data = np.zeros(self.shapes[0], np.float32)
        labels = np.empty(self.batch_size, np.float32)
        for i in range(self.batch_size):
            kind = i >= self.batch_size - self.foreground_count
            choice = self.windows[kind]
            window = choice[draws.randint(len(choice))]
            flip = bool(self.mirror and draws.randint(2))
            data[i] = self._warped(window, flip)
            labels[i] = window.label
        return [data, labels]

    def _warped(self, window: Window, flip: bool) -> np.ndarray:
        """Return the window as float32 (3, crop, crop); beyond the image it is 0."""
        path = self.files[window.image]
        content = self.cache[window.image] if self.cache else images.read_bytes(path)
        image = images.decode(content, images.COLOR, path)
        box, (height, width), (top, left) = self._place(window, image.shape, flip)
        x1, y1, x2, y2 = box
        if not (0 <= x1 <= x2 < image.shape[1] and 0 <= y1 <= y2 < image.shape[0]) or not (
            height > 0 and width > 0
        ):
            raise FormatError(
                f"'{self.source}': window x1 {window.x1} y1 {window.y1} x2 {window.x2} y2 "
                f"{window.y2} does not lie in image '{path}' of {image.shape[1]} x "
                f"{image.shape[0]} pixels (width x height)"
            )
        warped = images.resize(image[y1 : y2 + 1, x1 : x2 + 1], height, width)
        warped = (warped[:, ::-1] if flip else warped).transpose(2, 0, 1)
        out = np.zeros((3, self.crop, self.crop), np.float32)
        place = (slice(None), slice(top, top + height), slice(left, left + width))
        mean = np.broadcast_to(self.mean, out.shape)[place]
        out[place] = (warped.astype(np.float32) - mean) * self.scale
        return out

    def _place(self, window: Window, shape, flip: bool):
        """Return (box in the image, (height, width) to warp it to, (top, left) in the crop).

        With context or in square mode the box grows so that after warping `context_pad` pixels
        surround the window; what lies beyond the image is cut off and stays padding.
        """
        if not self.pad and not self.square:
            return window[2:], (self.crop, self.crop), (0, 0)
        across = self._grown(window.x1, window.x2, window, shape[1])
        down = self._grown(window.y1, window.y2, window, shape[0])
        (x1, x2, width, before, after), (y1, y2, height, top, _) = across, down
        left = after if flip else before
        size = (min(height, self.crop - top), min(width, self.crop - left))
        return (x1, y1, x2, y2), size, (top, left)

    def _grown(self, low: int, high: int, window: Window, limit: int):
        """One axis: (new low, new high, warped size, padding before, padding after)."""
        f32 = np.float32
        context = f32(self.crop) / f32(self.crop - 2 * self.pad)
        half = f32(high - low + 1) / f32(2)
        centre = f32(low) + half
        if self.square:
            sides = (window.x2 - window.x1 + 1, window.y2 - window.y1 + 1)
            half = f32(max(sides)) / f32(2)
        low, high = _round(centre - half * context), _round(centre + half * context)
        scale = f32(self.crop) / f32(max(high - low + 1, 1))
        before, after = max(0, -low), max(0, high - limit + 1)
        low, high = low + before, high - after
        size = _round(f32(high - low + 1) * scale)
        return low, high, size, _round(f32(before) * scale), _round(f32(after) * scale)


def _round(value) -> int:
    """C's round: halves go away from zero."""
    return int(math.copysign(math.floor(abs(value) + 0.5), value))


def read_windows(source: str, folder: str) -> tuple[list[str], list[tuple[Window, np.float32]]]:
    """Return the image paths in a window file, and (Window, overlap) of the windows of all images.

    It repeats: `# image_index`, path, channels, height, width, number of windows, then `class
    overlap x1 y1 x2 y2` for each, all separated by white space. `folder` is put in front of each
    path. FormatError names line and word.
    """
    words = _Words(source, read_text(source, "window file"))
    files, windows = [], []
    while words.left():
        words.take(f"'# {len(files)}'", lambda word: word == "#" or None)
        index = words.take("an image index", int)
        if index != len(files):
            words.fail(f"image index {len(files)} (they count from 0)", index)
        files.append(folder + words.take("an image path", str))
        channels = words.take("channels", int)
        if channels != 3:
            # Images are always read in colour (window_data_layer.cpp, load_batch).
            words.fail("3 channels", channels)
        words.take("a height", int)
        words.take("a width", int)
        for _ in range(words.take("a number of windows", int)):
            label, overlap = words.take("a class", int), words.take("an overlap", np.float32)
            box = [words.take(name, int) for name in ("x1", "y1", "x2", "y2")]
            windows.append((Window(index, label, *box), overlap))
    if not files:
        raise FormatError(f"window file '{source}' is empty; expected '# 0' and an image path")
    return files, windows


class _Words:
    """The words of a window file, with their lines for errors."""

    def __init__(self, source: str, text: str):
        self.source = source
        self._words = [
            (word, number)
            for number, line in enumerate(text.split("\n"), 1)
            for word in line.split()
        ]
        self._at = 0

    def left(self) -> bool:
        return self._at < len(self._words)

    def take(self, what: str, convert):
        """Return the next word converted; what cannot be, or None, is an error."""
        if not self.left():
            raise FormatError(f"window file '{self.source}' ends where {what} was expected")
        word, _ = self._words[self._at]
        self._at += 1
        try:
            value = convert(word)
        except ValueError:
            value = None
        if value is None:
            self.fail(what, word)
        return value

    def fail(self, wanted: str, got) -> None:
        line = self._words[self._at - 1][1]
        raise FormatError(f"'{self.source}' line {line}: expected {wanted}, got {str(got)[:80]!r}")
