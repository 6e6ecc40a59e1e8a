"""The offset by which a Crop without crop_param aligns its two bottoms.

Before BVLC's crop_param (FCN's `future` branch, HED, CRF-RNN, CCNN, What's the Point) a Crop had no
fields. Each layer gave a coordinate map, y = a * x + b from its bottom's pixels to its top's, and
Crop walked from both bottoms, always through a layer's first bottom, back to the first blob that
both come from (crop_layer.cpp and util/coords.hpp there). The offset is what takes the first
bottom's map to the second's.
"""

from fractions import Fraction

from ...proto import caffe_pb2 as pb
from ..errors import FormatError
from .window_fields import per_axis

# Forks whose Crop has no fields, by the names of their dialects.
ALIGNING = ("ccnn", "crfasrnn", "fcn-future", "hed", "whats-the-point")
# Types that are such a Crop whatever the dialect: V1's CROP, and RCF's, which has BVLC's Crop too.
ALIGNING_TYPES = ("CoordCrop", "AutoCrop")

# Layers that only one of these forks has.
_MARKS = {
    "ImageLabelmapData": "hed",
    "MultiStageMeanfield": "crfasrnn",
    "SoftmaxWithLossExpectation": "whats-the-point",
}
# The layers whose map is the identity there.
_IDENTITY = frozenset(
    "AbsVal BNLL Concat Dropout ELU Eltwise Exp Log LRN MVN Power PReLU ReLU Sigmoid Slice Softmax "
    "Split TanH Threshold".split()
)
_WINDOWED = ("Convolution", "Pooling", "Deconvolution")

Offset = tuple[int, int] | FormatError  # of rows and columns, or why there is none
Map = tuple[Fraction, Fraction]  # (a, b) of y = a * x + b on one axis
_SAME: Map = (Fraction(1), Fraction(0))


def is_bare_crop(layer: pb.LayerParameter) -> bool:
    """Tell whether a layer is a Crop that gives no offset."""
    return layer.type in ("Crop", *ALIGNING_TYPES) and not layer.HasField("crop_param")


def set_offset(layer: pb.LayerParameter, offset: tuple[int, int]) -> None:
    """Make `layer` BVLC's Crop with this offset of rows and columns."""
    layer.type = "Crop"
    layer.crop_param.axis = 2
    layer.crop_param.offset[:] = offset


def upgrade(net: pb.NetParameter) -> None:
    """Give the Crops of V1 nets their offsets, where these can be found without a net's state.

    BVLC's V1 has no CROP, so that it is always a fork's. One that is left is settled when the net
    is built, or refused there.
    """
    align_crops(net, ("CoordCrop",))


def align_crops(
    net: pb.NetParameter, types: tuple[str, ...] = ("Crop", *ALIGNING_TYPES)
) -> dict[int, Offset]:
    """Give every Crop of `types` without crop_param the offset that aligns its bottoms.

    Parameters
    ----------
    net : NetParameter
        Changed in place; layers whose bottoms cannot be aligned stay as they were.
    types : tuple of str

    Returns
    -------
    dict
        For each such layer, by its place in the net, the offset or why there is none.
    """
    maker = makers(net)
    found: dict[int, Offset] = {}
    for i, layer in enumerate(net.layer):
        if layer.type not in types or not is_bare_crop(layer):
            continue
        try:
            offset = aligned_offset(layer, maker)
        except FormatError as error:
            found[i] = error
        else:
            found[i] = offset
            set_offset(layer, offset)
    return found


def recognise(net: pb.NetParameter, offsets: list[Offset]) -> tuple[str, str] | None:
    """Return the fork that a net, of one state, shows itself to be of, and by what; else None.

    `offsets` are what `align_crops` found for its Crops.
    """
    types = [layer.type for layer in net.layer]
    balanced = "SigmoidCrossEntropyLoss" in types
    if "AutoCrop" in types:
        return "rcf", "AutoCrop is its layer"
    if any(layer.type == "Crop" and not is_bare_crop(layer) for layer in net.layer):
        return None  # it has BVLC's Crop
    mark = next((t for t in types if t in _MARKS), None)
    if mark:
        return (_MARKS[mark], f"{mark} is its layer") if offsets or balanced else None
    shifts = [offset for offset in offsets if not isinstance(offset, FormatError)]
    if balanced and len(shifts) == len(offsets) > 1 and any(map(any, shifts)):
        return "hed", "a guess, by SigmoidCrossEntropyLoss and Crops that offset 0 misaligns"
    return None


def makers(net: pb.NetParameter) -> dict[str, pb.LayerParameter | None]:
    """Map each blob to the layer that makes it; None where two with bottoms do (in two phases)."""
    made: dict[str, pb.LayerParameter | None] = {}
    for layer in net.layer:
        for top in layer.top:
            if top in layer.bottom:
                continue  # in place
            other = made.get(top, layer)
            same = other is layer or other is not None and not (layer.bottom or other.bottom)
            made[top] = layer if same else None
    return made


def aligned_offset(
    crop: pb.LayerParameter, maker: dict[str, pb.LayerParameter | None]
) -> tuple[int, int]:
    """Return the offset of rows and columns that aligns the bottoms of `crop`.

    `maker` is what `makers` returns for its net, which is best filtered to one state. FormatError
    where they have nothing in common, where a layer on the way has no such map, or where the maps
    differ by other than whole pixels.
    """
    if len(crop.bottom) != 2:
        raise FormatError(f"takes 2 bottom blobs, {len(crop.bottom)} given")
    paths = [_path(maker, bottom) for bottom in crop.bottom]
    common = next((blob for blob in paths[1] if blob in paths[0]), None)
    if common is None:
        raise FormatError(
            f"'{crop.bottom[0]}' and '{crop.bottom[1]}' come from no common blob by the first "
            "bottoms of their layers"
        )
    first, second = (_map_from(maker, path[: path.index(common)]) for path in paths)
    return _offset(first[0], second[0]), _offset(first[1], second[1])


def _path(maker, blob: str) -> list[str]:
    """Return the blobs from `blob` back, through first bottoms."""
    path = [blob]
    while (layer := maker.get(path[-1])) is not None and layer.bottom:
        path.append(layer.bottom[0])
    return path


def _map_from(maker, path: list[str]) -> list[Map]:
    """Compose the maps of the layers that make the blobs of `path`, the last of them first."""
    result = [_SAME, _SAME]
    for blob in reversed(path):
        for axis, (a, b) in enumerate(_maps(maker[blob])):
            before = result[axis]
            result[axis] = (a * before[0], a * before[1] + b)
    return result


def _offset(first: Map, second: Map) -> int:
    """Return where the second's pixel 0 is in the first's."""
    scale = second[0] / first[0]
    if scale != 1:
        raise FormatError(f"its bottoms have different strides (one is {scale} of the other)")
    offset = first[1] - second[1]
    if offset.denominator != 1:
        raise FormatError(f"its bottoms are {float(offset)} pixels apart, which is no whole number")
    if offset < 0:
        raise FormatError(f"its first bottom begins {-offset} pixels inside the second")
    return int(offset)


def _maps(layer: pb.LayerParameter) -> list[Map]:
    """Return the maps of a layer, of rows and of columns."""
    if layer.type in _IDENTITY:
        return [_SAME, _SAME]
    if is_bare_crop(layer):
        raise FormatError(f"layer '{layer.name}' (Crop) on the way has no offset itself")
    if layer.type == "Crop" and layer.crop_param.axis in (1, 2):
        given = [Fraction(o) for o in layer.crop_param.offset] or [Fraction(0)]
        rows, columns = (given * 2)[-2:] if len(given) == 1 else given[-2:]
        return [(Fraction(1), -rows), (Fraction(1), -columns)]
    pooling = layer.type == "Pooling"
    if layer.type not in _WINDOWED or pooling and layer.pooling_param.global_pooling:
        raise FormatError(
            f"layer '{layer.name}' ({layer.type}) on the way has no coordinate map; "
            "give crop_param { axis: 2 offset: ... }"
        )
    param = layer.pooling_param if pooling else layer.convolution_param
    return [_window_map(param, axis, layer.type == "Deconvolution") for axis in (0, 1)]


def _window_map(param, axis: int, upwards: bool) -> Map:
    """Return the map of windows: output y is centred on input s * y + (extent - 1) / 2 - pad."""
    kernel, stride, pad = (
        per_axis(param, field, stem, 2, default)[axis]
        for field, stem, default in (
            ("kernel_size", "kernel", 1), ("stride", "stride", 1), ("pad", "pad", 0),
        )
    )  # fmt: skip
    pooling = isinstance(param, pb.PoolingParameter)
    dilation = 1 if pooling else per_axis(param, "dilation", default=1)[axis]
    shift = Fraction(dilation * (kernel - 1), 2) - pad
    return (Fraction(stride), shift) if upwards else (Fraction(1, stride), -shift / stride)
