"""Volumes of C3D, video-caffe and 3D-Caffe; forks' spellings of BVLC's layers; NVCaffe's scale."""

import itertools
import math

import numpy as np
import pytest
from gradcheck import build, check_gradients
from netkit import input_layer

import caffe
from caffe._caffe.errors import FormatError, LayerError
from caffe._caffe.formats.prototxt import parse_net
from caffe.proto import caffe_pb2

RANDOM = np.random.default_rng(5)


def slow_pool(x, kernel, stride, pad, average, outputs):
    """Pool window by window."""
    y = np.zeros((*x.shape[:2], *outputs))
    for place in itertools.product(*map(range, outputs)):
        spans, area = [slice(None)] * 2, 1
        for at, k, s, p, size in zip(place, kernel, stride, pad, x.shape[2:], strict=True):
            start, end = at * s - p, min(at * s - p + k, size + p)
            area *= end - start
            spans.append(slice(max(start, 0), min(end, size)))
        window = x[tuple(spans)].reshape(*x.shape[:2], -1)
        y[(..., *place)] = window.sum(-1) / area if average else window.max(-1)
    return y


CASES = [
    ('"Pooling3D" pooling3d_param { pool: MAX kernel_size: 2 kernel_depth: 3 stride: 2 '
     "temporal_stride: 2 }", (5, 5, 4), (3, 2, 2), (2, 2, 2), (0, 0, 0), False),
    ('"Pooling3D" pooling_param { pool: AVE kernel_size: 3 kernel_depth: 1 stride: 2 pad: 1 }',
     (3, 5, 4), (1, 3, 3), (1, 2, 2), (0, 1, 1), True),
    ('"Pooling3D" pooling3d_param { pool: AVE kernel_size: 5 kernel_depth: 3 stride: 2 '
     "temporal_stride: 2 }", (2, 4, 6), (3, 5, 5), (2, 2, 2), (0, 0, 0), True),
    ('"NdPooling" pooling_param { pool: MAX kernel_shape { dim: 1 dim: 2 dim: 2 } '
     "stride_shape { dim: 1 dim: 2 dim: 2 } pad_shape { dim: 0 dim: 1 dim: 1 } }",
     (3, 5, 4), (1, 2, 2), (1, 2, 2), (0, 1, 1), False),
    ('"NdPooling" pooling_param { pool: AVE global_pooling: true }',
     (2, 3, 4), (2, 3, 4), (1, 1, 1), (0, 0, 0), True),
    ('"PoolingND" pooling_nd_param { pool: AVE kernel_size: 3 stride: 2 pad: 1 }',
     (5, 4, 6), (3, 3, 3), (2, 2, 2), (1, 1, 1), True),
    ('"PoolingND" pooling_nd_param { pool: MAX kernel_h: 2 kernel_w: 3 stride: 2 }',
     (5, 6), (2, 3), (2, 2), (0, 0), False),
]  # fmt: skip


@pytest.mark.parametrize(("text", "sizes", "kernel", "stride", "pad", "average"), CASES)
def test_pooling_is_a_slow_loop_s(text, sizes, kernel, stride, pad, average):
    run = build(f"type: {text}", (2, 2, *sizes))
    run.bottom[0].data[...] = (
        RANDOM.permutation(run.bottom[0].count).reshape(run.bottom[0].shape) / 9
    )
    (top,) = run.forward()
    for size, k, s, p, out in zip(sizes, kernel, stride, pad, top.shape[2:], strict=True):
        full = math.ceil((size + 2 * p - k) / s) + 1
        assert out == full - (p > 0 and (full - 1) * s >= size + p)
    want = slow_pool(run.bottom[0].data, kernel, stride, pad, average, top.shape[2:])
    np.testing.assert_allclose(top, want, rtol=1e-5, atol=1e-5)
    check_gradients(run)


def test_every_maximum_takes_the_gradient_in_c3d():
    text = '"Pooling3D" pooling3d_param { kernel_size: 2 kernel_depth: 1 stride: 2 }'
    run = build(f"type: {text}", np.float32([[[[[3, 3], [1, 3]]]]]))
    run.forward()
    (diff,) = run.backward(np.full((1, 1, 1, 1, 1), 2.0))
    np.testing.assert_array_equal(diff.ravel(), [2, 2, 0, 2])


@pytest.mark.parametrize(
    ("text", "shape", "message"),
    [
        ('"Pooling3D" pooling3d_param { kernel_size: 2 }', (1, 1, 2, 2, 2), "kernel_depth"),
        ('"Pooling3D" pooling3d_param { kernel_size: 2 kernel_depth: 1 pad: 1 }', (1, 1, 2, 2, 2),
         "AVE only"),
        ('"Pooling3D" pooling3d_param { kernel_size: 2 kernel_depth: 1 }', (1, 1, 2, 2), "L, H, W"),
        ('"NdPooling" pooling_param { kernel_shape { dim: 2 } }', (1, 1, 2, 2), "one per axis"),
        ('"NdPooling" pooling_param { kernel_shape { dim: 9 dim: 9 } }', (1, 1, 2, 2), "exceeds"),
        ('"PoolingND" pooling_nd_param { pool: STOCHASTIC kernel_size: 2 }', (1, 1, 2, 2, 2),
         "STOCHASTIC"),
        ('"PoolingND" pooling_nd_param { kernel_h: 2 kernel_w: 2 }', (1, 1, 2, 2, 2),
         "2 spatial axes"),
        ('"PoolingND" pooling_nd_param { kernel_size: 2 global_pooling: true }', (1, 1, 2, 2, 2),
         "global_pooling"),
    ],
)  # fmt: skip
def test_wrong_pooling_is_refused(text, shape, message):
    with pytest.raises(LayerError, match=message):
        build(f"type: {text}", shape)


# -- spellings

SPELLINGS = {
    "C3D 1.0": 'layers { name: "c" type: CONVOLUTION3D bottom: "x" top: "y" convolution_param '
    "{ num_output: 3 kernel_size: 3 kernel_depth: 2 pad: 1 temporal_pad: 1 temporal_stride: 2 } }",
    "C3D 1.1": 'layer { name: "c" type: "Convolution3D" bottom: "x" top: "y" convolution3d_param '
    "{ num_output: 3 kernel_size: 3 kernel_depth: 2 pad: 1 temporal_pad: 1 temporal_stride: 2 } }",
    "video-caffe": 'layer { name: "c" type: "NdConvolution" bottom: "x" top: "y" convolution_param '
    "{ num_output: 3 kernel_shape { dim: 2 dim: 3 dim: 3 } pad_shape { dim: 1 dim: 1 dim: 1 } "
    "stride_shape { dim: 2 dim: 1 dim: 1 } } }",
}
BVLC = (
    "num_output: 3 kernel_size: 2 kernel_size: 3 kernel_size: 3 pad: 1 pad: 1 pad: 1 "
    "stride: 2 stride: 1 stride: 1"
)


@pytest.mark.parametrize("text", SPELLINGS.values(), ids=SPELLINGS)
def test_convolutions_over_volumes_are_bvlc_s(text):
    net = parse_net(text)
    (layer,) = net.layer
    assert layer.type == "Convolution" and not layer.HasField("convolution3d_param")
    want = build(f'type: "Convolution" convolution_param {{ {BVLC} }}', (1, 2, 4, 5, 6))
    param = layer.convolution_param
    given = want.layer.layer_param.convolution_param
    for field in ("kernel_size", "pad", "stride"):
        got = list(getattr(param, field))
        assert (got * 3 if len(got) == 1 else got) == list(getattr(given, field))
    assert want.forward()[0].shape == (1, 3, 3, 5, 6)


def test_deconvolution_over_volumes_keeps_fillers():
    net = parse_net(
        'layer { name: "d" type: "Deconvolution3D" convolution3d_param { num_output: 2 '
        "kernel_size: 4 kernel_depth: 4 stride: 2 temporal_stride: 2 pad: 1 temporal_pad: 1 "
        'weight_filler { type: "gaussian" std: 0.5 } } }'
    )
    param = net.layer[0].convolution_param
    assert net.layer[0].type == "Deconvolution" and param.weight_filler.std == 0.5
    assert list(param.stride) == [2, 2, 2] and list(param.pad) == [1, 1, 1]


def test_a_fused_relu_becomes_a_layer():
    net = parse_net(
        'layer { name: "c" type: "Convolution" bottom: "x" top: "y" include { phase: TEST } '
        "convolution_param { num_output: 1 kernel_size: 1 relu: true negative_slope: 0.25 } }\n"
        'layer { name: "i" type: "InnerProduct" bottom: "y" top: "z" '
        "inner_product_param { num_output: 2 relu: true } }"
    )
    assert [layer.name for layer in net.layer] == ["c", "c_relu", "i", "i_relu"]
    relu = net.layer[1]
    assert list(relu.bottom) == list(relu.top) == ["y"] and relu.include[0].phase == caffe.TEST
    assert relu.relu_param.negative_slope == 0.25
    assert not net.layer[0].convolution_param.HasField("relu")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('type: "NdConvolution" convolution_param { num_output: 1 kernel_size: 1 }',
         "kernel_shape"),
        ('type: "Convolution3D" convolution_param { kernel_size: 1 }', "kernel_depth"),
        ('type: "Convolution" convolution_param { kernel_size: 1 kernel_shape { dim: 1 } }',
         "both"),
        ('type: "Convolution3D" convolution_param { kernel_size: [1, 2] kernel_depth: 1 }',
         "kernel_size once"),
    ],
)  # fmt: skip
def test_contradicting_spellings_are_refused(text, message):
    with pytest.raises(FormatError, match=message):
        parse_net(f'layer {{ name: "l" {text} }}')


# -- BatchNorm with scale and bias


def scaled(phase, *shape):
    text = (
        'type: "BatchNorm" batch_norm_param { scale_bias: true eps: 1e-4 '
        "moving_average_fraction: 0.9 }"
    )
    run = build(text, shape, phase=phase)
    values = [RANDOM.random(shape[1]), RANDOM.random(shape[1]) + 0.5, np.ones(1)]
    values += [RANDOM.random(shape[1]) + 0.5, RANDOM.standard_normal(shape[1])]
    assert [b.data.ravel()[0] for b in list(run.layer.blobs)[2:]] == [0, 1, 0]
    for blob, value in zip(run.layer.blobs, values, strict=True):
        blob.data[...] = value
    return run, [v.reshape(-1, 1, 1) for v in values]


@pytest.mark.parametrize("phase", [caffe_pb2.TRAIN, caffe_pb2.TEST])
def test_scale_bias_is_batch_norm_and_scale(phase):
    run, (mean, variance, _, scale, bias) = scaled(phase, 4, 3, 2, 3)
    x = run.bottom[0].data.copy()
    if phase == caffe_pb2.TRAIN:
        mean, variance = (f((0, 2, 3), keepdims=True) for f in (x.mean, x.var))
    want = (x - mean) / np.sqrt(variance + 1e-4) * scale + bias
    np.testing.assert_allclose(run.forward()[0], want, rtol=1e-4, atol=1e-5)
    assert [spec.lr_mult for spec in run.layer.layer_param.param] == [0, 0, 0]
    diff = RANDOM.standard_normal(x.shape).astype(np.float32)
    run.backward(diff)
    hat = (x - mean) / np.sqrt(variance + 1e-4)
    np.testing.assert_allclose(run.param_diff(3), (diff * hat).sum((0, 2, 3)), rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(run.param_diff(4), diff.sum((0, 2, 3)), rtol=1e-4, atol=1e-4)
    check_gradients(run, params=[3, 4])


def test_scale_bias_in_place_under_a_relu():
    """The bottom is overwritten, by this layer and by the next: what backward needs is saved."""
    text = (
        input_layer("x", 3, 2, 2, 2)
        + 'layer { name: "s" type: "Scale" bottom: "x" top: "y" }\n'
        + 'layer { name: "b" type: "BatchNorm" bottom: "y" top: "%s" '
        + "batch_norm_param { scale_bias: true use_global_stats: %s } }\n"
        + 'layer { name: "r" type: "ReLU" bottom: "%s" top: "%s" }'
    )
    x = RANDOM.standard_normal((3, 2, 2, 2))
    for stored in ("true", "false"):
        diffs = []
        for first, second in (("y", "y"), ("z", "w")):
            net = caffe.Net(
                parse_net("force_backward: true\n" + text % (first, stored, first, second)),
                caffe.TRAIN,
            )
            net.blobs["x"].data[...] = x
            net.params["b"][2].data[...] = 1
            net.params["b"][1].data[...] = 2
            net.params["b"][4].data[...] = 0.25
            net.forward()
            net.blobs[second].diff[...] = x
            net.backward()
            diffs.append([net.blobs["x"].diff.copy(), net.params["b"][3].diff.copy()])
        for got, want in zip(*diffs, strict=True):
            np.testing.assert_allclose(got, want, rtol=1e-5, atol=1e-6)
            assert np.abs(want).max() > 0


def test_bias_filler_alone_is_ambiguous():
    text = 'type: "BatchNorm" batch_norm_param { bias_filler { value: 1 } }'
    with pytest.raises(LayerError, match="Intel Caffe's"):
        build(text, (2, 3, 4, 4))
    with pytest.raises(LayerError, match="update_global_stats"):
        build('type: "BatchNorm" batch_norm_param { update_global_stats: true }', (2, 3, 4, 4))
