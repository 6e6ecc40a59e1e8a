"""A layer's windows, read from its settings and checked."""

from ..errors import FormatError
from ..formats.window_fields import per_axis
from .layer import Layer
from .windows import Windows


def read_size(
    layer: Layer, param, field: str, stem: str = "", axes: int = 2, default: int | None = None
) -> tuple[int, ...]:
    """Return `per_axis` of a layer's `param`; what is wrong with it is a LayerError."""
    try:
        return per_axis(param, field, stem, axes, default)
    except FormatError as error:
        layer.fail(str(error))


def read_windows(layer: Layer, axes: int) -> Windows:
    """Read kernel, stride, pad and dilation of a layer with so many spatial axes."""
    param = layer.layer_param.convolution_param
    kernel = read_size(layer, param, "kernel_size", "kernel", axes)
    stride = read_size(layer, param, "stride", "stride", axes, 1)
    pad = read_size(layer, param, "pad", "pad", axes, 0)
    dilation = read_size(layer, param, "dilation", "", axes, 1)
    for what, sizes in (("kernel_size", kernel), ("stride", stride), ("dilation", dilation)):
        layer.check(all(s > 0 for s in sizes), f"{what} must be positive, given {list(sizes)}")
    # Nothing is dilated in a kernel of 1, and what is written there may be beyond torch's numbers.
    dilation = tuple(d if k > 1 else 1 for d, k in zip(dilation, kernel, strict=True))
    return Windows(kernel, stride, pad, dilation)


def check_output_sizes(layer: Layer, windows: Windows, sizes, outputs) -> None:
    for i, (size, output) in enumerate(zip(sizes, outputs, strict=True)):
        layer.check(
            output > 0,
            f"no output on spatial axis {i}: bottom 0 has size {size}, pad {windows.pad[i]}, "
            f"kernel extent {windows.extent[i]}",
        )
