"""The pass that settles what a Crop without crop_param means, before layers are built.

BVLC crops at offset 0; the forks in `crop_offsets.ALIGNING` at the offset that aligns the bottoms.
"""

import copy

from ...proto import caffe_pb2
from ..core import context
from ..errors import FormatError, NetError
from ..formats.crop_offsets import ALIGNING, ALIGNING_TYPES, align_crops, recognise, set_offset
from ..log import info, warning


def settle_crops(net: caffe_pb2.NetParameter) -> None:
    """Give Crops of `net`, of one state, their offset where a dialect says that they have one.

    A net without a dialect that shows by its layers which fork it is of gets that dialect, which is
    logged. Otherwise a Crop that another fork would shift is warned of, with both offsets. NetError
    where the dialect wants an offset and the bottoms cannot be aligned.
    """
    offsets = align_crops(copy.deepcopy(net))
    found = None if net.dialect or context.dialect() else recognise(net, list(offsets.values()))
    if found:
        net.dialect, why = found
        warning(
            f"net '{net.name}' is read as {net.dialect}'s: {why}; in BVLC Caffe a Crop without "
            "crop_param has offset 0 and SigmoidCrossEntropyLoss weighs no classes: for that, let "
            "the file begin with '# dialect: bvlc'"
        )
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
