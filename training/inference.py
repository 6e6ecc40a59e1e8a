"""Scoring pictures of any size as PSPNet's authors did: scales, mirrored copies, windows.

For each scale the picture is resized and covered by windows that overlap by a third. A window's
scores and those of its mirror image are added, then made probabilities (softmax); where windows
overlap these are averaged. Each scale's map is brought back to the picture's size, and the scales
are averaged. What a window has beyond the picture is the mean.

The arithmetic is that of hszhao/PSPNet's evaluation (eval_sub.m, scale_process.m,
caffe_process.m), but resized pictures are not rounded to whole numbers. A net's memory depends on
the window alone; beside it stand the picture's probabilities at two sizes.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PIL import Image

Size = tuple[int, int]  # height, width
Maps = dict[str, np.ndarray]  # {blob: C x H x W}
Forward = Callable[[Maps], Maps]  # input blobs -> score blobs


@dataclass(frozen=True)
class Procedure:
    """How a picture is scored; by default once, whole and as it is."""

    scales: tuple[float, ...] = (1.0,)  # factors by which the picture is resized
    flip: bool = False  # whether the mirror image counts as well
    window: Size | None = None  # of the windows; None: the whole picture
    base: int = 0  # the longer side, less one pixel, at scale 1; 0: the picture's own size

    def __str__(self) -> str:
        parts = ["scales " + ", ".join(f"{scale:g}" for scale in self.scales)]
        parts += ["mirrored as well"] if self.flip else []
        parts += ["windows of {} x {}".format(*self.window)] if self.window else []
        parts += [f"longer side {self.base} x scale + 1"] if self.base else []
        return ", ".join(parts)

    @property
    def plain(self) -> bool:
        """Whether the whole picture goes through the net once, as it is."""
        return self == Procedure()

    def scaled(self, size: Size, scale: float) -> Size:
        """Return the size of a picture of `size` at one scale."""
        if not self.base:
            height, width = (max(1, round(side * scale)) for side in size)
            return height, width
        longest = round(self.base * scale) + 1
        # Rounded as MATLAB does, halves up.
        height, width = (max(1, math.floor(longest / max(size) * side + 0.5)) for side in size)
        return height, width

    def windows(self, size: Size) -> list[tuple[int, int]]:
        """Return the upper left corners of the windows over a picture of `size`."""
        if self.window is None:
            return [(0, 0)]
        rows, columns = (_starts(have, want) for have, want in zip(size, self.window, strict=True))
        return [(y, x) for y in rows for x in columns]

    def passes(self, size: Size) -> int:
        """Return how often the net runs for a picture of `size`."""
        windows = sum(len(self.windows(self.scaled(size, scale))) for scale in self.scales)
        return windows * (2 if self.flip else 1)

    def probabilities(
        self,
        forward: Forward,
        inputs: Maps,
        softmax: dict[str, bool],
        progress: Callable[[int], object] = lambda passes: None,
    ) -> Maps:
        """Return the probabilities of a picture's pixels.

        Parameters
        ----------
        forward
            The net: input blobs to score blobs, C x H x W each; of the sizes that `window` says,
            or of any.
        inputs
            The picture, or several that belong together, as the net takes it, its mean subtracted.
        softmax
            For each score blob, whether its scores are still to be made probabilities.
        progress
            Called with 1 after each of the `passes`.

        Returns
        -------
        dict of str to ndarray
            C x H x W, float32, of each score blob; over C they sum to 1.
        """
        size = next(iter(inputs.values())).shape[1:]
        total: Maps = {}
        for scale in self.scales:
            scaled = self.scaled(size, scale)
            at_scale = {top: resize(values, scaled) for top, values in inputs.items()}
            found = self._at_one_scale(forward, at_scale, softmax, progress)
            for blob, maps in found.items():
                maps = normalise(resize(maps, size))
                total[blob] = total[blob] + maps if blob in total else maps
        return {blob: maps / len(self.scales) for blob, maps in total.items()}

    def _at_one_scale(self, forward, inputs, softmax, progress) -> Maps:
        """Return the probabilities at the inputs' size, averaged where windows overlap."""
        height, width = next(iter(inputs.values())).shape[1:]
        window = self.window or (height, width)
        size = (max(height, window[0]), max(width, window[1]))
        inputs = {top: filled(values, size) for top, values in inputs.items()}
        sums: Maps = {}
        hits = np.zeros(size, np.float32)
        for y, x in self.windows((height, width)):
            place = (slice(y, y + window[0]), slice(x, x + window[1]))
            scores = self._one_window(forward, inputs, place, progress)
            for blob, maps in scores.items():
                if blob not in sums:
                    sums[blob] = np.zeros((len(maps), *size), np.float32)
                part = to_probabilities(maps) if softmax[blob] else maps
                sums[blob][:, place[0], place[1]] += part
            hits[place] += 1
        for maps in sums.values():
            maps /= hits
        return {blob: maps[:, :height, :width] for blob, maps in sums.items()}

    def _one_window(self, forward, inputs, place, progress) -> Maps:
        """Return the scores of one window, those of its mirror image added."""
        rows, columns = place
        part = {top: values[:, rows, columns] for top, values in inputs.items()}
        scores = {blob: maps.copy() for blob, maps in forward(part).items()}
        progress(1)
        if self.flip:
            mirrored = forward({top: values[:, :, ::-1] for top, values in part.items()})
            for blob, maps in mirrored.items():
                scores[blob] += maps[:, :, ::-1]
            progress(1)
        return scores


def _starts(have: int, want: int) -> list[int]:
    """Return where windows of `want` pixels begin on a side of `have`; the last is pulled back."""
    step = math.ceil(want * 2 / 3)
    count = max(0, math.ceil((have - want) / step)) + 1
    return [max(0, min(i * step, have - want)) for i in range(count)]


def resize(maps: np.ndarray, size: Size) -> np.ndarray:
    """Return C x H x W maps resized bilinearly; shrinking averages, as MATLAB's imresize does."""
    if maps.shape[1:] == size:
        return maps
    made = np.empty((len(maps), *size), np.float32)
    for place, plane in zip(made, maps, strict=True):
        image = Image.fromarray(np.ascontiguousarray(plane, np.float32))
        place[...] = np.asarray(image.resize(size[::-1], Image.Resampling.BILINEAR))
    return made


def filled(values: np.ndarray, size: Size) -> np.ndarray:
    """Return C x H x W values filled up with 0, the mean, right and below to at least `size`."""
    short = [want - have for want, have in zip(size, values.shape[1:], strict=True)]
    return np.pad(values, ((0, 0), (0, short[0]), (0, short[1]))) if any(short) else values


def to_probabilities(scores: np.ndarray) -> np.ndarray:
    """Return the softmax of C x H x W scores over C."""
    powers = np.exp(scores - scores.max(axis=0))
    powers /= powers.sum(axis=0)
    return powers


def normalise(maps: np.ndarray) -> np.ndarray:
    """Return C x H x W maps divided by their sum over C."""
    return maps / maps.sum(axis=0)
