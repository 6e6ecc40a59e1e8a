"""Im2col against plain numpy."""

import numpy as np
import pytest
from convkit import columns, random_filters
from gradcheck import build, check_gradients

from caffe import LayerError


@pytest.mark.parametrize("axes", [1, 2, 3])
@pytest.mark.parametrize("seed", range(5))
def test_im2col_lays_out_windows(axes, seed):
    text, shape, (stride, pad, dilation, _) = random_filters(seed, axes)
    run = build(f'type: "Im2col" convolution_param {{ {text} }}', shape)
    (top,) = run.forward()
    kernel = run.layer.windows.kernel
    seen, outputs = columns(run.bottom[0].data, kernel, stride, pad, dilation)
    want = np.stack(list(seen.values()), 2)  # (N, C, taps, *outputs)
    np.testing.assert_array_equal(top, want.reshape(shape[0], -1, *outputs))
    check_gradients(run, most=10)


def test_im2col_along_an_axis():
    run = build('type: "Im2col" convolution_param { axis: 2 kernel_size: 2 }', (2, 3, 4, 5, 5))
    assert run.forward()[0].shape == (2, 3, 16, 4, 4)
    with pytest.raises(LayerError, match="needs an axis behind axis 1"):
        build('type: "Im2col" convolution_param { kernel_size: 2 }', (2, 3))
