"""What FlowNet2's own kernels make of one small map (lmb-freiburg/flownet2 b92e198, on a CPU)."""

import numpy as np
import pytest
from gradcheck import build

X = np.float32([[0, 7, 3, 10], [6, 2, 9, 5], [1, 8, 4, 0]]).reshape(1, 1, 3, 4)
NAN = np.where(np.arange(12).reshape(X.shape) % 6 == 5, np.float32(np.nan), X)


@pytest.mark.parametrize(
    "layer, x, want",
    [
        (
            "type: 'Accum' accum_param { top_height: 4 top_width: 5 }",
            X,
            [
                [0, 5.25, 5, 4.75, 10],
                [4, 3.75, 5.333333, 6.916666, 6.666667],
                [4.333333, 4.083333, 5.666667, 6.333333, 3.333333],
                [1, 6.25, 6, 3, 0],
            ],
        ),
        (
            "type: 'DataAugmentation' augmentation_param { crop_height: 3 crop_width: 3 }",
            X,
            [[3.5, 5, 6.5], [4, 5.5, 7], [4.475, 5.975, 2.25]],
        ),
        (
            "type: 'Downsample' downsample_param { top_height: 2 top_width: 3 }",
            NAN,
            [[2.909091, 5.8, 7.5], [3.636364, 6.600001, np.nan]],
        ),
    ],
)
def test_figures(layer, x, want):
    (y,) = build(layer, x).forward()
    np.testing.assert_allclose(y[0, 0], want, rtol=1e-6)
