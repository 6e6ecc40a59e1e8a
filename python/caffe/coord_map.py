"""Coordinate maps between the tops of a net, and the crops that follow from them.

A map is a triple `(axis, a, b)`: `axis` is the last axis that is not spatial (1 for
N x C x H x W), and coordinate `x` of one blob is coordinate `a * x + b` of the other, for
each spatial axis. `a` and `b` hold one entry for all spatial axes or one for each. Layers
that leave coordinates alone have the map `(None, 1, 0)`, which fits every axis.

One window of size `k`, stride `s` and padding `p` is centred, for output `y`, on input
`s * y + (k - 1) / 2 - p`. Solved for `y` this is Convolution's and Pooling's map; read from
right to left it is Deconvolution's. Maps are affine, hence closed under composition and
inversion, and the offset of a crop is the `-b` of the map between its two bottoms
(Shelhamer et al., "Fully Convolutional Networks for Semantic Segmentation", section 4.3).
"""

from collections import Counter

import numpy as np

from .net_spec import layers as L

PASS_THROUGH_LAYERS = [
    "AbsVal", "BatchNorm", "Bias", "BNLL", "Clip", "Dropout", "Eltwise", "ELU", "Exp", "Log", "LRN",
    "MVN", "Power", "PReLU", "ReLU", "Scale", "Sigmoid", "Softmax", "Split", "Swish", "TanH",
    "Threshold",
]  # fmt: skip

# These leave space alone as long as they work on channels.
CHANNEL_LAYERS = {"Concat": "concat_param", "Slice": "slice_param"}

IDENTITY = (None, 1, 0)


class UndefinedMapException(Exception):
    """The layer has no coordinate map, such as InnerProduct, which mixes all positions."""


class AxisMismatchException(Exception):
    """Two maps begin at different axes and cannot be composed."""


class AmbiguousMapException(Exception):
    """Paths between the two tops disagree on the map, so that no single one is right."""


class CropException(AssertionError):
    """No crop aligns the two tops. BVLC asserts here, hence the base class."""


def conv_params(fn):
    """Read the windows of a Convolution, Deconvolution, Im2col or Pooling.

    Returns
    -------
    (axis, stride, kernel, pad)
        `kernel` is the extent of the dilated kernel; the last three are arrays with one entry per
        spatial axis, or with a single one.

    Raises
    ------
    AssertionError
        For the `_h`/`_w` spellings.
    ValueError
        Where there is no kernel size.
    """
    given = fn.params.get("convolution_param", fn.params.get("pooling_param", fn.params))
    legacy = sorted(
        f"{name}_{side}"
        for name in ("kernel", "stride", "pad")
        for side in "hw"
        if f"{name}_{side}" in given
    )
    if legacy:
        stem = legacy[0][:-2]
        name = {"kernel": "kernel_size"}.get(stem, stem)
        raise CropException(
            f"{fn.type_name}: {', '.join(legacy)} cannot be mapped, write {name}=[h, w] instead"
        )
    if "kernel_size" not in given:
        raise ValueError(f"{fn.type_name}: kernel_size is needed for a coordinate map")
    size = np.array(given["kernel_size"], ndmin=1)
    dilation = np.array(given.get("dilation", 1), ndmin=1)
    stride = np.array(given.get("stride", 1), ndmin=1)
    pad = np.array(given.get("pad", 0), ndmin=1)
    return given.get("axis", 1), stride, (size - 1) * dilation + 1, pad


def crop_params(fn):
    """Return `(axis, offset)` of a Crop: first cropped axis (default 2), offsets (default 0)."""
    given = fn.params.get("crop_param", fn.params)
    return given.get("axis", 2), np.array(given.get("offset", 0), ndmin=1)


def coord_map(fn):
    """Return the map from a layer's bottom coordinates to its top coordinates.

    Raises
    ------
    UndefinedMapException
        For a layer that does not act on space position by position.
    """
    kind = fn.type_name
    if kind in ("Convolution", "Pooling", "Im2col"):
        if fn.params.get("pooling_param", fn.params).get("global_pooling", False):
            raise UndefinedMapException("Pooling with global_pooling has no coordinate map")
        axis, stride, kernel, pad = conv_params(fn)
        return axis, 1 / stride, (pad - (kernel - 1) / 2) / stride
    if kind == "Deconvolution":
        axis, stride, kernel, pad = conv_params(fn)
        return axis, stride, (kernel - 1) / 2 - pad
    if kind == "Crop":
        axis, offset = crop_params(fn)
        return axis - 1, 1, -offset
    if kind in PASS_THROUGH_LAYERS or _works_on_channels(fn):
        return IDENTITY
    raise UndefinedMapException(f"{kind} has no coordinate map")


def compose(base_map, next_map):
    """Return the map that applies `next_map` first and `base_map` to its result.

    Raises
    ------
    AxisMismatchException
        Where both name an axis and not the same one.
    """
    base_axis, base_a, base_b = base_map
    next_axis, next_a, next_b = next_map
    if None not in (base_axis, next_axis) and base_axis != next_axis:
        raise AxisMismatchException(
            f"maps begin after axes {base_axis} and {next_axis}; a Crop that also crops channels "
            "(axis: 1) cannot be mapped together with spatial layers, which need axis: 2"
        )
    axis = next_axis if base_axis is None else base_axis
    return axis, base_a * next_a, base_a * next_b + base_b


def inverse(coord_map):
    """Return the map in the other direction: x = (y - b) / a."""
    axis, a, b = coord_map
    return axis, 1 / a, -b / a


def coord_map_from_to(top_from, top_to):
    """Return the map between two tops, followed back to the first blob that they have in common.

    Parameters
    ----------
    top_from, top_to : Top

    Returns
    -------
    (axis, a, b)
        Takes coordinates of `top_from` to those of `top_to`. Where `a` is 1, `-b` is the
        position in `top_from` of the origin of `top_to`.

    Raises
    ------
    RuntimeError
        Where no common blob is reached through spatial layers.
    AmbiguousMapException
        Where several paths reach it under different maps.
    """
    from_maps = dict(_walk_back(top_from))
    ambiguous = None
    for top, to_map in _walk_back(top_to):
        if top not in from_maps:
            continue
        if None not in (to_map, from_maps[top]):
            return compose(to_map, inverse(from_maps[top]))
        ambiguous = top
    if ambiguous is not None:
        raise AmbiguousMapException(
            f"paths from a {top_from.fn.type_name} and a {top_to.fn.type_name} top to their common "
            f"{ambiguous.fn.type_name} top disagree: branches that are joined on the way "
            "(Eltwise, Concat) are not aligned"
        )
    raise RuntimeError(
        f"could not compute a map between a {top_from.fn.type_name} and a {top_to.fn.type_name} "
        "top: no blob leads to both through spatial layers"
    )


def crop(top_from, top_to):
    """Return a Crop layer that cuts `top_from` to the extent of `top_to`, aligned with it.

    Parameters
    ----------
    top_from, top_to : Top

    Returns
    -------
    Top

    Raises
    ------
    AssertionError
        Where the scales differ, or where the offset is negative or not whole.
    """
    axis, a, b = coord_map_from_to(top_from, top_to)
    a, b = np.array(a, ndmin=1), np.array(b, ndmin=1)
    what = f"crop of a {top_from.fn.type_name} top to a {top_to.fn.type_name} top"
    if not (a == 1).all():
        raise CropException(
            f"{what}: scale mismatch (a = {a}), the two need the same stride; check that each "
            "deconvolution's stride undoes the strides before it"
        )
    if not (b <= 0).all():
        raise CropException(
            f"{what}: cannot crop at a negative offset (b = {b}), the reference reaches beyond "
            "what is cropped; more padding at the first convolution helps"
        )
    if not (np.round(b) == b).all():
        raise CropException(
            f"{what}: cannot crop at a noninteger offset (b = {b}); change a kernel between odd "
            "and even size"
        )
    # Maps through pass-through layers alone know no axis: space begins at 2 then.
    first = 2 if axis is None else axis + 1
    offset = [int(value) for value in -np.round(b)]
    return L.Crop(top_from, top_to, crop_param=dict(axis=first, offset=offset))


def _works_on_channels(fn):
    if fn.type_name not in CHANNEL_LAYERS:
        return False
    given = fn.params.get(CHANNEL_LAYERS[fn.type_name], fn.params)
    legacy_axis = given.get("concat_dim", given.get("slice_dim", 1))
    return given.get("axis", legacy_axis) == 1


def _walk_back(top):
    """Yield `(ancestor, map)` for `top` and its spatial ancestors, consumers first.

    The map is None where paths to the ancestor disagree on it, or on one of its consumers.
    """
    uses = _count_uses(top)
    maps: dict = {top: IDENTITY}
    ready = [top]
    while ready:
        current = ready.pop()
        yield current, maps[current]
        for bottom in _mapped_bottoms(current):
            through = maps[current]
            if through is not None:
                through = compose(through, coord_map(current.fn))
            if bottom in maps and not _agree(maps[bottom], through):
                through = None
            maps[bottom] = through
            uses[bottom] -= 1
            if not uses[bottom]:
                ready.append(bottom)


def _mapped_bottoms(top):
    """Bottoms whose coordinates `top` shares. A Crop's second bottom only lends its size."""
    bottoms = top.fn.inputs[:1] if top.fn.type_name == "Crop" else top.fn.inputs
    try:
        if bottoms:
            coord_map(top.fn)
    except UndefinedMapException:
        return ()
    return bottoms


def _count_uses(top):
    """Return how often each spatial ancestor is read on the paths that end in `top`."""
    uses, seen, pending = Counter(), {top}, [top]
    while pending:
        for bottom in _mapped_bottoms(pending.pop()):
            uses[bottom] += 1
            if bottom not in seen:
                seen.add(bottom)
                pending.append(bottom)
    return uses


def _agree(one, other):
    if one is None or other is None:
        return False
    # Strides that are no powers of two leave rounding in the sums.
    return np.allclose(one[1], other[1]) and np.allclose(one[2], other[2])
