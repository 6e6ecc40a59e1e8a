"""What convolution_param says of a layer's windows, read and checked."""

from .layer import Layer
from .windows import Windows


def read_windows(layer: Layer, axes: int) -> Windows:
    """Read kernel, stride, pad and dilation of a layer with so many spatial axes."""
    kernel = _per_axis(layer, "kernel_size", "kernel", axes, None)
    stride = _per_axis(layer, "stride", "stride", axes, 1)
    pad = _per_axis(layer, "pad", "pad", axes, 0)
    dilation = _per_axis(layer, "dilation", None, axes, 1)
    for what, sizes in (("kernel_size", kernel), ("stride", stride), ("dilation", dilation)):
        layer.check(all(s > 0 for s in sizes), f"{what} must be positive, given {list(sizes)}")
    # Nothing is dilated in a kernel of 1, and what is written there may be beyond torch's numbers.
    dilation = tuple(d if k > 1 else 1 for d, k in zip(dilation, kernel, strict=True))
    return Windows(kernel, stride, pad, dilation)


def _per_axis(layer, field, pair, axes, default) -> tuple[int, ...]:
    param = layer.layer_param.convolution_param
    given = [int(v) for v in getattr(param, field)]
    h, w = f"{pair}_h", f"{pair}_w"
    if pair and (param.HasField(h) or param.HasField(w)):
        layer.check(axes == 2, f"{h} and {w} are for 2 spatial axes; the bottom has {axes}")
        layer.check(not given, f"give either {field} or {h} and {w}, not both")
        return int(getattr(param, h)), int(getattr(param, w))
    if not given and default is not None:
        return (default,) * axes
    layer.check(
        len(given) in (1, axes),
        f"{field} is given once or once per spatial axis; given {len(given)} times "
        f"for {axes} spatial axes",
    )
    return (given[0],) * axes if len(given) == 1 else tuple(given)


def check_output_sizes(layer: Layer, windows: Windows, sizes, outputs) -> None:
    """Refuse output sizes that are not positive."""
    for i, (size, output) in enumerate(zip(sizes, outputs, strict=True)):
        layer.check(
            output > 0,
            f"no output on spatial axis {i}: bottom 0 has size {size}, pad {windows.pad[i]}, "
            f"kernel extent {windows.extent[i]}",
        )
