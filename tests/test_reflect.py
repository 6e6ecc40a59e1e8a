"""What nets without padding need: pictures reflected outwards, margins, labels at a stride."""

import random

import numpy as np
import onnxruntime
import pytest

import caffe
from caffe import layers as L
from caffe.coord_map import coord_map_from_to
from experiments import Head
from layers.augment import augment
from layers.data_layer import ParameterError
from nets import dilation
from nets.load import net_of_text

RS = np.random.RandomState(0)


def reflected(values, **params):
    n = caffe.NetSpec()
    n.data = L.Input(shape=[dict(dim=list(values.shape))])
    n.grown = L.Python(
        n.data, module="layers.reflect_layers", layer="ReflectLayer", param_str=str(params)
    )
    net = net_of_text(str(n.to_proto()))
    net.blobs["data"].data[...] = values
    net.forward()
    return net.blobs["grown"].data.copy()


def mirrored(i, n):
    """The place that reflection reads for place i of n, the ends not repeated."""
    i %= 2 * n - 2
    return min(i, 2 * n - 2 - i)


@pytest.mark.parametrize("height, width, margin, multiple", [(5, 7, 3, 1), (9, 6, 20, 8)])
def test_reflection_is_that_of_plain_loops(height, width, margin, multiple):
    values = RS.rand(2, 3, height, width).astype(np.float32)
    got = reflected(values, margin=margin, multiple=multiple)
    assert [(s - 2 * margin) % multiple for s in got.shape[2:]] == [0, 0]
    assert 0 <= got.shape[2] - 2 * margin - height < multiple
    assert 0 <= got.shape[3] - 2 * margin - width < multiple
    for y in range(got.shape[2]):
        for x in range(got.shape[3]):
            from_ = mirrored(y - margin, height), mirrored(x - margin, width)
            np.testing.assert_array_equal(got[:, :, y, x], values[(..., *from_)])


@pytest.mark.parametrize("params", [dict(margin=-1), dict(margin=2.5), dict(margin=1, multiple=0)])
def test_reflection_refuses(params):
    with pytest.raises(ParameterError, match="expected whole numbers, at least 0 and 1"):
        reflected(np.zeros((1, 1, 4, 4), np.float32), **params)


def test_reflection_in_onnx_at_every_size(tmp_path):
    n = caffe.NetSpec()
    n.data = L.Input(shape=[dict(dim=[1, 2, 9, 6])])
    param = str(dict(margin=11, multiple=4))
    n.grown = L.Python(
        n.data, module="layers.reflect_layers", layer="ReflectLayer", param_str=param
    )
    net = net_of_text(str(n.to_proto()))
    caffe.export.onnx(net, tmp_path / "net.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "net.onnx")
    for size in ((1, 1), (1, 9), (2, 4), (12, 12), (40, 3)):
        values = RS.rand(3, 2, *size).astype(np.float32)
        wanted = reflected(values, margin=11, multiple=4)
        np.testing.assert_array_equal(session.run(None, {"data": values})[0], wanted)


def test_margin_and_stride_of_labels():
    image = RS.rand(3, 40, 50).astype(np.float32)
    label = RS.randint(0, 9, (1, 40, 50)).astype(np.uint8)
    settings = dict(margin=10, crop=(36, 44), mirror=False, label_stride=8)
    seen = set()
    for seed in range(12):
        draw = random.Random(seed)
        picture, few = augment([image, label], [False, True], draw, True, **settings)
        draw = random.Random(seed)
        y, x = draw.randint(0, 60 - 36), draw.randint(0, 70 - 44)
        grown = np.pad(image, ((0, 0), (10, 10), (10, 10)), "reflect")
        np.testing.assert_array_equal(picture, grown[:, y : y + 36, x : x + 44])
        void = np.pad(label, ((0, 0), (10, 10), (10, 10)), constant_values=255)
        inner = void[:, y + 10 : y + 26, x + 10 : x + 34]
        np.testing.assert_array_equal(few, inner[:, ::8, ::8])
        seen.add((y, x))
    assert len(seen) > 5
    whole, full = augment([image, label], [False, True], random.Random(0), False, margin=10)
    assert whole is image and full is label  # outside training nothing is done


@pytest.mark.parametrize("step", ["front end", "joint"])
def test_dilation_s_scores_lie_on_the_picture(step):
    n = caffe.NetSpec()
    n.data = L.Input(shape=[dict(dim=[1, 3, 40, 50])])
    dilation.segmenter(n, [Head(4)], step=step)
    _, scale, shift = coord_map_from_to(n.ctx_upsample, n.reflected)
    assert (scale, shift) == (1, dilation.LABEL_MARGIN)


def test_dilation_s_steps():
    made = {}
    for step in ("front end", "context", "joint"):
        n = caffe.NetSpec()
        n.data, n.label = L.Input(shape=[dict(dim=[1, 3, 900, 900])], ntop=2)
        (loss,) = dilation.segmenter(n, [Head(4)], large=True, step=step, train=True)
        made[step] = {layer.name: layer for layer in n.to_proto().layer}
        assert loss.score == ("fc-final" if step == "front end" else "ct_final")
    assert "ct_conv1_1" not in made["front end"] and "reflected" not in made["joint"]
    layers = made["context"].values()
    frozen = [each.name for each in layers if each.param and not each.param[0].lr_mult]
    assert len(frozen) == 16 and "fc-final" in frozen and not any("ct_" in f for f in frozen)
    assert "drop6" in made["joint"] and "drop6" not in made["context"]
    filler = made["joint"]["ct_conv3_1"].convolution_param.weight_filler
    assert (filler.type, filler.num_groups) == ("identity", 4)
    with pytest.raises(ValueError, match="step 'both'"):
        dilation.segmenter(n, [Head(4)], step="both")
