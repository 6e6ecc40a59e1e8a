"""The pass that settles what a Crop without crop_param means, before layers are built.

BVLC crops at offset 0; the forks in `crop_offsets.ALIGNING` at the offset that aligns the bottoms.
"""

from ...proto import caffe_pb2
from ..core import context
from ..errors import FormatError, NetError
from ..formats.crop_offsets import (
    ALIGNING,
    ALIGNING_TYPES,
    align,
    is_bare_crop,
    set_offset,
)
from ..log import info, warning

# Layers that only one of these forks has.
_MARKS = {
    "ImageLabelmapData": "hed",
    "MultiStageMeanfield": "crfasrnn",
    "SoftmaxWithLossExpectation": "whats-the-point",
}


def settle_crops(net: caffe_pb2.NetParameter) -> None:
    """Give Crops without crop_param their offset where a dialect says that they have one.

    A net without a dialect that shows by its layers which fork it is of gets that dialect, which
    is logged. Otherwise a Crop that another fork would shift is warned of, with both offsets.

    Parameters
    ----------
    net : NetParameter
        Of one state, before splits are inserted; changed in place.

    Raises
    ------
    NetError
        Where the dialect wants an offset and the bottoms cannot be aligned.
    """
    aligned = caffe_pb2.NetParameter()
    aligned.CopyFrom(net)
    offsets = align(aligned)
    if not (net.dialect or context.dialect()):
        _recognise(net, list(offsets.values()))
    dialect = net.dialect or context.dialect()
    for place, offset in offsets.items():
        layer = net.layer[place]
        if dialect in ALIGNING or layer.type in ALIGNING_TYPES:
            if isinstance(offset, FormatError):
                raise NetError(
                    f"layer '{layer.name}' ({layer.type}): cannot align its bottoms, as without "
                    f"crop_param {dialect or layer.type} does: {offset}"
                )
            set_offset(layer, offset)
            info(f"layer '{layer.name}' (Crop): aligned by offset {offset[0]}, {offset[1]}")
        elif not isinstance(offset, FormatError) and any(offset) and dialect != "bvlc":
            warning(
                f"layer '{layer.name}' (Crop): has no crop_param and crops at offset 0, 0 as in "
                "BVLC Caffe; the offset that aligns its bottoms, which Caffes before crop_param "
                f"took, is {offset[0]}, {offset[1]}: for it, let the file begin with "
                f"'# dialect: NAME', NAME one of {', '.join(ALIGNING)}"
            )


def _recognise(net: caffe_pb2.NetParameter, offsets: list) -> None:
    """Give `net` the dialect of hed, crfasrnn, whats-the-point or rcf where its layers show it."""
    types = [layer.type for layer in net.layer]
    loss = "SigmoidCrossEntropyLoss" in types
    if "AutoCrop" in types:
        found, why = "rcf", "AutoCrop is its layer"
    elif any(layer.type == "Crop" and not is_bare_crop(layer) for layer in net.layer):
        return  # it has BVLC's Crop
    elif mark := next((t for t in types if t in _MARKS), None):
        found, why = _MARKS[mark], f"{mark} is its layer"
    elif loss and len(offsets) > 1 and _are_shifts(offsets):
        found, why = "hed", "a guess, by SigmoidCrossEntropyLoss and Crops that offset 0 misaligns"
    else:
        return
    net.dialect = found
    if offsets or loss:
        warning(
            f"net '{net.name}' is read as {found}'s: {why}; in BVLC Caffe such a Crop has offset 0 "
            "and SigmoidCrossEntropyLoss weighs no classes: for that, let the file begin with "
            "'# dialect: bvlc'"
        )


def _are_shifts(offsets: list) -> bool:
    """Tell whether all Crops could be aligned, and any must be."""
    if any(isinstance(offset, FormatError) for offset in offsets):
        return False
    return any(any(offset) for offset in offsets)
