"""Settings of Pooling and SPP that do not fit."""

import pytest
from gradcheck import build

from caffe import LayerError


@pytest.mark.parametrize(
    "text, message",
    [
        ("", "give kernel_size"),
        ("kernel_size: 0", "the kernel is missing or zero"),
        ("kernel_h: 2", "both kernel_h and kernel_w"),
        ("kernel_size: 2 kernel_h: 2 kernel_w: 2", "either kernel_size or both"),
        ("kernel_size: 2 pad: 1 pad_h: 1 pad_w: 1", "either pad or both"),
        ("kernel_size: 2 stride_w: 1", "either stride or both"),
        ("kernel_size: 2 stride: 0", "stride must be positive"),
        ("kernel_size: 2 pad: 2", r"pad \(2, 2\) must be less than the kernel \(2, 2\)"),
        ("pool: STOCHASTIC kernel_size: 2 pad: 1", "STOCHASTIC pooling takes no pad"),
        ("global_pooling: true kernel_size: 2", "global_pooling takes no kernel_size"),
        ("global_pooling: true stride: 2", "global_pooling goes with pad 0 and stride 1"),
        ("kernel_size: 7", "kernel 7 exceeds size 5 with pad 0 on axis 2 of bottom 0"),
    ],
)
def test_settings_that_do_not_fit(text, message):
    with pytest.raises(LayerError, match=message) as error:
        build(f'name: "p" type: "Pooling" pooling_param {{ {text} }}', (1, 2, 5, 6))
    assert str(error.value).startswith("layer 'p' (Pooling): ")


def test_only_max_has_a_mask():
    with pytest.raises(LayerError, match="takes 1 top blobs, 2 given"):
        build('type: "Pooling" pooling_param { pool: AVE kernel_size: 2 }', (1, 1, 4, 4), tops=2)
    with pytest.raises(LayerError, match=r"takes maps of shape \(N, C, H, W\)"):
        build('type: "Pooling" pooling_param { kernel_size: 2 }', (1, 4, 4))


@pytest.mark.parametrize(
    "text, shape, message",
    [
        ("", (1, 1, 4, 4), "pyramid_height must be positive"),
        ("pyramid_height: 2", (1, 4, 4), r"takes maps of shape \(N, C, H, W\)"),
        ("pyramid_height: 4", (1, 1, 3, 3), "must be less than the kernel"),
        ("pyramid_height: 4000000000", (1, 1, 3, 3), "must be less than the kernel"),
        ("pyramid_height: 2", (1, 1, 0, 3), "the map is empty"),
    ],
)
def test_spp_settings_that_do_not_fit(text, shape, message):
    with pytest.raises(LayerError, match=message):
        build(f'type: "SPP" spp_param {{ {text} }}', shape)
