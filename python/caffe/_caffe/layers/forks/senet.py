"""SENet's layer (hujie-frank/SENet): Axpy."""

from ...core.layer import Layer, register


@register("Axpy")
class Axpy(Layer):
    """z = s * x + y, s one number for each channel of each item (axpy_layer.cpp).

    Bottoms: s (N, C) or (N, C, 1, 1); x and y (N, C, H, W). Top: as x.
    """

    bottoms = (3, 3)

    def reshape(self, s, x, y):
        self.check(
            len(x) == 4 and x == y, f"takes x and y of one shape (N, C, H, W), given {x}, {y}"
        )
        self.check(
            tuple(s) in (x[:2], (*x[:2], 1, 1)),
            f"bottom 0 must be {x[:2]} or {(*x[:2], 1, 1)} for x of shape {x}, given {s}",
        )
        return [x]

    def forward(self, s, x, y):
        return (s.view(*x.shape[:2], 1, 1) * x).add_(y)

    def backward(self, propagate_down, bottom, top, top_diff):
        """ds = the sum of x * dz over each map, dx = s * dz, dy = dz."""
        (s, x, _), dz = bottom, top_diff[0]
        down_s, down_x, down_y = propagate_down
        return [
            (x * dz).sum((2, 3)).view(s.shape) if down_s else None,
            s.view(*x.shape[:2], 1, 1) * dz if down_x else None,
            dz.clone() if down_y else None,
        ]
