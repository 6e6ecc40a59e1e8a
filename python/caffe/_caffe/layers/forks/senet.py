"""SENet's layer (hujie-frank/SENet): Axpy."""

from ...core.layer import Layer, register


@register("Axpy")
class Axpy(Layer):
    """z = s * x + y, s one number for each channel of each item (axpy_layer.cpp).

    Bottoms: s (N, C), with axes of 1 behind or not; x and y (N, C, ...). Top: as x.
    """

    bottoms = (3, 3)

    def reshape(self, s, x, y):
        self.check(
            2 <= len(x) <= 4 and x == y,
            f"takes x and y of one shape (N, C, ...) of 2 to 4 axes, given {x}, {y}",
        )
        one = (*x[:2], *(1 for _ in s[2:]))
        self.check(s == one, f"bottom 0 must be {one} for x of shape {x}, given {s}")
        return [x]

    def _scale(self, s, x):
        return s.view(*x.shape[:2], *(1 for _ in x.shape[2:]))

    def forward(self, s, x, y):
        return (self._scale(s, x) * x).add_(y)

    def backward(self, propagate_down, bottom, top, top_diff):
        """ds = the sum of x * dz over each map, dx = s * dz, dy = dz."""
        (s, x, _), dz = bottom, top_diff[0]
        ds = (x * dz).view(*x.shape[:2], -1).sum(2).view(s.shape)
        return [ds, self._scale(s, x) * dz, dz.clone()]
