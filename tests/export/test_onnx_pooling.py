"""Pooling in ONNX, at every size of the map."""

import numpy as np
import pytest
from netkit import input_layer
from onnxkit import export, hold, random


@pytest.mark.parametrize("pool", ["MAX", "AVE", "STOCHASTIC"])
@pytest.mark.parametrize(
    "kernel, stride, pad", [(2, 2, 0), (3, 2, 0), (3, 2, 1), (2, 3, 0), (5, 3, 2)]
)
@pytest.mark.parametrize("rounding", ["CEIL", "FLOOR"])
def test_pooling_at_every_size(pool, kernel, stride, pad, rounding, tmp_path):
    if pool == "STOCHASTIC" and pad:
        pytest.skip("takes no pad")
    mask = 'top: "mask"' if pool == "MAX" else ""
    text = input_layer("x", 1, 2, 12, 12) + (
        f'layer {{ name: "p" type: "Pooling" bottom: "x" top: "y" {mask} pooling_param {{ '
        f"pool: {pool} kernel_size: {kernel} stride: {stride} pad: {pad} "
        f"round_mode: {rounding} }} }}"
    )
    net, session = export(tmp_path, text)
    for height in range(kernel, kernel + 2 * stride + 2):
        for width in (kernel, kernel + stride + 1, 17):
            hold(net, session, x=np.abs(random(2, 2, height, width, seed=height)))


@pytest.mark.parametrize("pool", ["MAX", "AVE"])
@pytest.mark.parametrize(
    "settings",
    [
        'type: "NdPooling" pooling_param { %s kernel_shape { dim: 2 dim: 3 dim: 3 } stride_shape '
        "{ dim: 2 dim: 2 dim: 2 } pad_shape { dim: 0 dim: 1 dim: 1 } }",
        'type: "NdPooling" pooling_param { %s global_pooling: true }',
        'type: "PoolingND" pooling_nd_param { %s kernel_size: 3 stride: 2 pad: 1 }',
        'type: "Pooling3D" pooling3d_param { %s kernel_size: 3 kernel_depth: 2 stride: 2 '
        "temporal_stride: 1 }",
    ],
    ids=["NdPooling", "NdPooling-global", "PoolingND", "Pooling3D"],
)
def test_pooling_over_volumes(settings, pool, tmp_path):
    layer = settings.replace("%s", f"pool: {pool}")
    text = input_layer("x", 1, 2, 4, 9, 8) + f'layer {{ name: "p" bottom: "x" top: "y" {layer} }}'
    net, session = export(tmp_path, text)
    for batch in (1, 3):
        hold(net, session, x=random(batch, 2, 4, 9, 8, seed=batch))


@pytest.mark.parametrize(
    "pool, levels", [("MAX", 1), ("MAX", 3), ("AVE", 1), ("AVE", 3), ("STOCHASTIC", 1)]
)
def test_pyramids_at_every_size(pool, levels, tmp_path):
    text = input_layer("x", 1, 2, 12, 12) + (
        'layer { name: "s" type: "SPP" bottom: "x" top: "y" spp_param { '
        f"pool: {pool} pyramid_height: {levels} }} }}"
    )
    net, session = export(tmp_path, text)
    for height, width in ((12, 12), (11, 16), (8, 15), (7, 4)):
        hold(net, session, x=np.abs(random(2, 2, height, width, seed=height)))
