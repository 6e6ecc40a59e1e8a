"""Kernel, stride, pad and the like of a layer's windows, as a prototxt may write them."""

from ..errors import FormatError


def per_axis(
    param, field: str, stem: str = "", axes: int = 2, default: int | None = None
) -> tuple[int, ...]:
    """Return a size of a window for each spatial axis, height first.

    Parameters
    ----------
    param : ConvolutionParameter, PoolingParameter or UnpoolingParameter
    field : str
        The field for all axes (`kernel_size`), given once or, where it is repeated, per axis.
    stem : str
        The fields of two axes without their ending (`kernel` for `kernel_h` and `kernel_w`).
    axes : int
        The number of spatial axes.
    default : int, optional
        For a repeated field that is not given; without one it must be.

    Raises
    ------
    FormatError
        Where the fields contradict each other or do not suit the number of axes
        (base_conv_layer.cpp and pooling_layer.cpp, LayerSetUp).
    """
    value = getattr(param, field)
    single = isinstance(value, int)
    given = [value] * param.HasField(field) if single else [int(v) for v in value]
    h, w = f"{stem}_h", f"{stem}_w"
    sides = [param.HasField(side) for side in (h, w)] if stem else [False]
    if any(sides):
        if axes != 2:
            raise FormatError(f"{h} and {w} are for 2 spatial axes; the bottom has {axes}")
        # Of a pooling both are needed; of a convolution one that is missing has its default.
        if given or single and not all(sides):
            raise FormatError(f"give either {field} or both {h} and {w}")
        return int(getattr(param, h)), int(getattr(param, w))
    if not given and (single or default is not None):
        given = [value if single else default]
    if len(given) not in (1, axes):
        raise FormatError(
            f"{field} is given once or once per spatial axis; given {len(given)} times "
            f"for {axes} spatial axes"
        )
    return tuple(given) if len(given) == axes else (given[0],) * axes
