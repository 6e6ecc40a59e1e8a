"""Convolution's changing sizes, and the settings that it refuses."""

import pytest
from convkit import GAUSSIAN
from gradcheck import build

from caffe import LayerError


def test_a_changed_map_size_is_taken_up():
    run = build(
        f'type: "Convolution" convolution_param {{ num_output: 2 kernel_size: 3 {GAUSSIAN} }}',
        (1, 2, 5, 5),
    )
    run.forward()
    run.bottom[0].reshape(3, 2, 7, 4)
    run.bottom[0].data[...] = 1
    (top,) = run.forward()
    assert top.shape == (3, 2, 5, 2)
    run.bottom[0].reshape(1, 3, 5, 5)
    with pytest.raises(LayerError, match=r"set up for 2 channels, bottom 0 has 3"):
        run.forward()


BAD_FILTERS = [
    ("num_output: 1 kernel_size: 3 kernel_h: 3 kernel_w: 3", "either kernel_size or both kernel_h"),
    ("num_output: 1 kernel_h: 3", "must be positive"),
    ("num_output: 1", "kernel_size is given once or once per spatial axis; given 0 times"),
    ("num_output: 1 kernel_size: [1, 1, 1]", "given 3 times for 2 spatial axes"),
    ("num_output: 1 kernel_size: 0", "kernel_size must be positive"),
    ("num_output: 1 kernel_size: 1 stride: 0", "stride must be positive"),
    ("num_output: 1 kernel_size: 1 stride: 1 stride_h: 1", "either stride or both stride_h"),
    ("num_output: 1 kernel_size: 1 pad: 1 pad_w: 1", "either pad or both pad_h"),
    ("num_output: 1 kernel_size: 1 dilation: 0", "dilation must be positive"),
    ("num_output: 1 kernel_size: 1 dilation: [1, 1, 2]", "dilation is given"),
    ("kernel_size: 1", "needs num_output > 0, none is given"),
    ("num_output: 1 kernel_size: 1 group: 0", "needs group > 0, given 0"),
    ("num_output: 3 kernel_size: 1 group: 2", "num_output 3 is not a multiple of group 2"),
    ("num_output: 3 kernel_size: 1 group: 3", "bottom channels 2 is not a multiple of group 3"),
    ("num_output: 1 kernel_size: 1 axis: 4", "axis 4 is out of range"),
    ("num_output: 1 kernel_size: 7", "no output on spatial axis 0"),
]


@pytest.mark.parametrize("text, message", BAD_FILTERS)
def test_settings_that_do_not_fit(text, message):
    with pytest.raises(LayerError, match=message) as error:
        build(f'name: "c1" type: "Convolution" convolution_param {{ {text} }}', (1, 2, 5, 5))
    assert str(error.value).startswith("layer 'c1' (Convolution): ")


def test_bottoms_that_do_not_agree():
    text = 'type: "Convolution" convolution_param { num_output: 1 kernel_size: 1 }'
    with pytest.raises(LayerError, match=r"bottom 1 has shape \(1, 2, 4, 5\), bottom 0 \(1, 2, 5"):
        build(text, (1, 2, 5, 5), (1, 2, 4, 5), tops=2)
    with pytest.raises(LayerError, match="as many tops as bottoms"):
        build(text, (1, 2, 5, 5), (1, 2, 5, 5), tops=1)
    with pytest.raises(LayerError, match="kernel_h and kernel_w are for 2 spatial axes"):
        build(text.replace("kernel_size: 1", "kernel_h: 1 kernel_w: 1"), (1, 2, 5))
