"""caffe upgrade -align_crops: explicit offsets for Crop layers that give none.

Before BVLC's `crop_param` (FCN's `future` branch, HED, CRF-RNN, What's the Point) a Crop derived
its offset from the coordinate maps of its bottoms; BVLC crops such a layer at offset 0.
"""

import os

from .common import log_line, prototxt, read_net, write_file
from .options import CommandError

_LISTS = {"kernel_size": "kernel", "stride": "stride", "pad": "pad"}


def upgrade_net(old: str, new: str) -> int:
    """Write the net `old` to `new` with the aligned offset in every Crop that gives none.

    Parameters
    ----------
    old, new : str
        Names of prototxts; they may not be the same file.

    Returns
    -------
    int
        The exit status: 1 where a Crop's bottoms cannot be aligned, which is logged.
    """
    if os.path.exists(new) and os.path.samefile(old, new):
        raise CommandError(f"{new!r} is the file itself: write the aligned net to another")
    net = read_net(old)
    failed = align(net)
    write_file(new, prototxt(net))
    for name, reason in failed.items():
        log_line(f"layer {name!r} (Crop): left at offset 0: {reason}", 1)
    log_line(f"Wrote aligned net to {new}", 1)
    return 1 if failed else 0


def align(net) -> dict[str, str]:
    """Give each Crop without `crop_param` the offset that aligns its bottoms.

    Parameters
    ----------
    net : NetParameter
        In the current schema; changed in place.

    Returns
    -------
    dict of str to str
        Why the bottoms of a layer, by its name, cannot be aligned; such a layer stays as it was.
    """
    from caffe import coord_map

    blobs, failed = {}, {}
    for layer in net.layer:
        function = _function(layer, [blobs[b] for b in layer.bottom if b in blobs])
        if layer.type == "Crop" and not layer.HasField("crop_param") and len(layer.bottom) == 2:
            try:
                cropped = coord_map.crop(*function.inputs)
            except Exception as problem:  # BVLC's coord_map asserts, and raises several kinds
                failed[layer.name] = str(problem) or type(problem).__name__
            else:
                found = cropped.fn.params["crop_param"]
                layer.crop_param.axis = found["axis"]
                layer.crop_param.offset[:] = found["offset"]
                log_line(f"layer {layer.name!r} (Crop): offset {found['offset']}", 1)
                function = _function(layer, function.inputs)
        blobs.update(zip(layer.top, function.tops, strict=True))
    return failed


def _function(layer, bottoms):
    """A layer as NetSpec's `Function`, whose parameters `caffe.coord_map` reads."""
    from caffe.net_spec import Function

    params = {"ntop": len(layer.top)}
    for field, value in layer.ListFields():
        if field.name in ("convolution_param", "pooling_param", "crop_param", "concat_param"):
            params.update(_plain(value))
    return Function(layer.type, tuple(bottoms), params)


def _plain(message):
    """A message's fields by name, with `kernel_h` and `kernel_w` as `kernel_size`, and so on."""
    given = {
        field.name: list(value) if hasattr(value, "extend") else value
        for field, value in message.ListFields()
    }
    for name, stem in _LISTS.items():
        sides = [given.pop(f"{stem}_{side}", None) for side in "hw"]
        if sides != [None, None]:
            default = 0 if stem == "pad" else 1
            given[name] = [default if side is None else side for side in sides]
    return given
