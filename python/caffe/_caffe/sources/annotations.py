"""Boxes of a picture through SSD's changes to it: resizing, cutting, mirroring, sampling.

Source: bbox_util.cpp, sampler.cpp, im_transforms.cpp of weiliu89/caffe, branch ssd. Boxes are
float32 rows (xmin, ymin, xmax, ymax) in shares of the picture.
"""

import numpy as np

from ...proto import caffe_pb2
from ..errors import FormatError

UNIT = np.array([0, 0, 1, 1], np.float32)


def areas(boxes: np.ndarray) -> np.ndarray:
    """Return the areas of boxes (..., 4), 0 where the end lies before the start."""
    size = boxes[..., 2:] - boxes[..., :2]
    return np.where((size < 0).any(-1), 0, size.prod(-1))


def intersections(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return the areas that boxes a (A, 4) share with boxes b (B, 4), (A, B)."""
    a, b = a[:, None], b[None]
    size = np.minimum(a[..., 2:], b[..., 2:]) - np.maximum(a[..., :2], b[..., :2])
    return np.where((size < 0).any(-1), 0, size.prod(-1))


def resized(boxes: np.ndarray, param, height: int, width: int) -> np.ndarray:
    """Return boxes as they lie in a picture resized as `param` says (UpdateBBoxByResizePolicy)."""
    new_height, new_width = float(param.height), float(param.width)
    aspect = width / height
    pad_x = pad_y = 0.0
    if param.resize_mode == param.FIT_LARGE_SIZE_AND_PAD:
        if aspect > new_width / new_height:
            pad_y = (new_height - new_width / aspect) / 2
        else:
            pad_x = (new_width - aspect * new_height) / 2
    elif param.resize_mode == param.FIT_SMALL_SIZE:
        new_width, new_height = _small_size(param, aspect)
    size, pad = np.array([new_width, new_height] * 2), np.array([pad_x, pad_y] * 2)
    pixels = boxes * (size - 2 * pad)
    pixels[:, :2] = np.maximum(0, pixels[:, :2])
    pixels[:, 2:] = np.minimum(size[2:], pixels[:, 2:])
    return ((pixels + pad) / size).astype(np.float32)


def _small_size(param, aspect: float) -> tuple[float, float]:
    """Return the width and height that FIT_SMALL_SIZE gives a picture of this aspect."""
    if aspect < param.width / param.height:
        return param.width, param.width / aspect
    return aspect * param.height, param.height


def meets(boxes: np.ndarray, window: np.ndarray, param) -> np.ndarray:
    """Return which boxes count as inside `window` (MeetEmitConstraint)."""
    if param.emit_type == param.CENTER:
        middle = (boxes[:, :2] + boxes[:, 2:]) / 2
        return ((middle >= window[:2]) & (middle <= window[2:])).all(1)
    shared, whole = intersections(boxes, window[None])[:, 0], areas(boxes)
    share = np.divide(shared, whole, out=np.zeros_like(whole), where=shared > 0)
    return share > param.emit_overlap


def projected(boxes: np.ndarray, window: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return boxes in shares of `window`, cut to it, and which lie in it (ProjectBBox)."""
    inside = (boxes[:, :2] < window[2:]).all(1) & (boxes[:, 2:] > window[:2]).all(1)
    start, size = np.tile(window[:2], 2), np.tile(window[2:] - window[:2], 2)
    cut = np.clip((boxes - start) / size, 0, 1).astype(np.float32)
    return cut, inside & (areas(cut) > 0)


def extrapolated(boxes: np.ndarray, param, height, width, window) -> np.ndarray:
    """Return boxes in shares of height_scale x width_scale pixels, where these are set.

    With FIT_SMALL_SIZE only (ExtrapolateBBox).
    """
    scaled = param.height_scale > 0 and param.width_scale > 0
    if not (scaled and param.resize_mode == param.FIT_SMALL_SIZE):
        return boxes
    size = np.array(_small_size(param, width / height))
    crop, wanted = size * (window[2:] - window[:2]), (param.width_scale, param.height_scale)
    if (crop < wanted).any():
        raise FormatError(
            f"a crop of {crop[0]:g} x {crop[1]:g} is smaller than width_scale x height_scale "
            f"{wanted[0]} x {wanted[1]}"
        )
    return (boxes * np.tile(crop / wanted, 2)).astype(np.float32)


def check_sampler(param: caffe_pb2.BatchSampler) -> None:
    """Raise FormatError for a sampler whose ranges make no sense (SampleBBox)."""
    s = param.sampler
    if not 0 < s.min_scale <= s.max_scale <= 1:
        raise FormatError(
            f"sampler needs 0 < min_scale <= max_scale <= 1, given {s.min_scale:g}, {s.max_scale:g}"
        )
    if not 0 < s.min_aspect_ratio <= s.max_aspect_ratio < np.inf:
        raise FormatError(
            "sampler needs 0 < min_aspect_ratio <= max_aspect_ratio, given "
            f"{s.min_aspect_ratio:g}, {s.max_aspect_ratio:g}"
        )


def sample(param: caffe_pb2.BatchSampler, boxes: np.ndarray, rng) -> np.ndarray:
    """Return windows (K, 4) drawn as a batch_sampler says for a picture's objects (G, 4).

    At most max_sample windows of max_trials tries that meet sample_constraint are taken
    (GenerateSamples).
    """
    if not param.use_original_image:
        return np.empty((0, 4), np.float32)
    s, tries = param.sampler, param.max_trials
    scale = rng.uniform(s.min_scale, s.max_scale, tries)
    aspect = rng.uniform(s.min_aspect_ratio, s.max_aspect_ratio, tries)
    aspect = np.clip(aspect, scale**2, 1 / scale**2)
    size = np.stack([scale * np.sqrt(aspect), scale / np.sqrt(aspect)], 1)
    start = rng.uniform(size=(tries, 2)) * (1 - size)
    windows = np.concatenate([start, start + size], 1).astype(np.float32)
    windows = windows[_good(windows, boxes, param.sample_constraint)]
    return windows[: param.max_sample] if param.HasField("max_sample") else windows


def _good(windows: np.ndarray, boxes: np.ndarray, constraint) -> np.ndarray:
    """Return which windows some object satisfies the constraint for.

    Of several kinds of constraint only the first counts, in the fork (SatisfySampleConstraint):
    what it notes for an object that passes the first kind stays where a later kind fails.
    """
    shared = intersections(windows, boxes)
    own, other = areas(windows)[:, None], areas(boxes)[None]
    measures = (
        ("jaccard_overlap", own + other - shared),
        ("sample_coverage", own),
        ("object_coverage", other),
    )
    for name, whole in measures:
        least, most = f"min_{name}", f"max_{name}"
        if constraint.HasField(least) or constraint.HasField(most):
            share = np.divide(shared, whole, out=np.zeros_like(shared), where=shared > 0)
            good = np.ones(share.shape, bool)
            if constraint.HasField(least):
                good &= share >= np.float32(getattr(constraint, least))
            if constraint.HasField(most):
                good &= share <= np.float32(getattr(constraint, most))
            return np.any(good, axis=1)
    return np.ones(len(windows), bool)
