"""Im2col: a map's windows as channels."""

from ..core.axes import canonical_axis, count
from ..core.layer import Layer, register
from ..core.window_settings import check_output_sizes, read_windows
from ..core.windows import im2col


@register("Im2col")
class Im2col(Layer):
    """The windows of a map laid out as channels (im2col_layer.cpp).

    A bottom of C channels becomes C * (kernel elements) channels, one column per window.
    """

    def setup(self, x):
        self.axis = canonical_axis(self, self.layer_param.convolution_param.axis, x.shape)
        self.axes = len(x.shape) - self.axis - 1
        self.check(
            self.axes > 0, f"needs an axis behind axis {self.axis}, bottom: {tuple(x.shape)}"
        )
        self.windows = read_windows(self, self.axes)

    def reshape(self, shape):
        sizes = shape[self.axis + 1 :]
        self.check(
            len(sizes) == self.axes, f"was set up for {self.axes} spatial axes, given {len(sizes)}"
        )
        outputs = self.windows.outputs(sizes)
        check_output_sizes(self, self.windows, sizes, outputs)
        return [(*shape[: self.axis], shape[self.axis] * count(self.windows.kernel), *outputs)]

    def forward(self, x):
        lead = x.shape[: self.axis]
        columns = im2col(x.reshape(count(lead), *x.shape[self.axis :]), self.windows)
        return columns.reshape(*lead, *columns.shape[1:])
