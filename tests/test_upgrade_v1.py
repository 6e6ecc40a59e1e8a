"""V1 nets and old inputs in their old words, and what they must become."""

import pytest
from upgradekit import net, same

from caffe._caffe.core.registry import REGISTRY
from caffe._caffe.errors import FormatError
from caffe._caffe.formats.prototxt import parse_net
from caffe._caffe.formats.upgrade import upgrade_net, v1_type_name
from caffe.proto import caffe_pb2 as pb


def test_v1_net():
    same(
        """
name: "v1" force_backward: true
layers {
  name: "data" type: DATA top: "data" top: "label" include: { phase: TRAIN min_level: 1 }
  data_param { source: "db" backend: LMDB batch_size: 64 scale: 0.5 mirror: true }
}
layers {
  name: "c1" type: CONVOLUTION bottom: "data" top: "c1"
  blobs_lr: 1 blobs_lr: 2 weight_decay: 1 weight_decay: 0
  param: "w" param: "b" blob_share_mode: PERMISSIVE
  convolution_param { num_output: 3 kernel_size: 3 pad: 1 }
}
layers { name: "l" type: SOFTMAX_LOSS bottom: "c1" bottom: "label" top: "l" loss_weight: 0.4
  loss_param { ignore_label: 255 } exclude { stage: "deploy" } }
layers { name: "x" type: SIGMOID_CROSS_ENTROPY_LOSS bottom: "c1" bottom: "label" blobs_lr: 3 }
""",
        """
name: "v1" force_backward: true
layer {
  name: "data" type: "Data" top: "data" top: "label" include: { phase: TRAIN min_level: 1 }
  data_param { source: "db" backend: LMDB batch_size: 64 }
  transform_param { scale: 0.5 mirror: true }
}
layer {
  name: "c1" type: "Convolution" bottom: "data" top: "c1"
  param { name: "w" share_mode: PERMISSIVE lr_mult: 1 decay_mult: 1 }
  param { name: "b" lr_mult: 2 decay_mult: 0 }
  convolution_param { num_output: 3 kernel_size: 3 pad: 1 }
}
layer { name: "l" type: "SoftmaxWithLoss" bottom: "c1" bottom: "label" top: "l" loss_weight: 0.4
  loss_param { ignore_label: 255 } exclude { stage: "deploy" } }
layer { name: "x" type: "SigmoidCrossEntropyLoss" bottom: "c1" bottom: "label"
  param { lr_mult: 3 } }
""",
    )


def test_every_v1_type_has_a_name():
    values = pb.V1LayerParameter.LayerType.DESCRIPTOR.values
    ours = {v1_type_name(value.number) for value in values if value.number < 1000}
    assert len(ours) == 40 and ours <= {"", *REGISTRY}
    assert v1_type_name(39) == "Deconvolution" and v1_type_name(0) == ""
    with pytest.raises(KeyError):
        v1_type_name(47)


def test_every_v1_param_is_carried_over():
    """Each message field of a V1 layer arrives unchanged in the new layer."""
    skipped = {"layer", "include", "exclude", "blobs"}
    for field in pb.V1LayerParameter.DESCRIPTOR.fields:
        if field.message_type is None or field.name in skipped:
            continue
        old = pb.NetParameter()
        getattr(old.layers.add(), field.name).SetInParent()
        upgrade_net(old)
        assert old.layer[0].HasField(field.name), field.name


def test_only_old_data_layers_lose_their_transform_fields():
    """Caffe moves them in V1 layers only: in the new form they stay where they are, unread."""
    text = 'layer { name: "d" type: "Data" data_param { scale: 2 } }'
    assert parse_net(text) == net(text)


def test_input_shape_and_input_dim():
    shape = '{ name: "input" type: "Input" top: "a" top: "b" input_param { %s %s } }'
    a, b = "shape { dim: 1 dim: 2 dim: 3 dim: 4 }", "shape { dim: 5 dim: 6 dim: 7 dim: 8 }"
    expected = "layer" + shape % (a, b) + 'layer { name: "r" type: "ReLU" bottom: "a" top: "a" }'
    layer = 'layer { name: "r" type: "ReLU" bottom: "a" top: "a" }'
    dims = " ".join(f"input_dim: {i}" for i in range(1, 9))
    same(f'input: "a" input: "b" {dims} {layer}', expected)
    same(f'input: "a" input: "b" input_{a} input_{b} {layer}', expected)


def test_input_without_shape_is_dropped():
    same('input: "data" layer { name: "x" type: "ReLU" }', 'layer { name: "x" type: "ReLU" }')


@pytest.mark.parametrize(
    "text, complaint",
    [
        ('input: "a" input_dim: 1 input_dim: 2', "1 input(s) need 4 input_dim"),
        ('input: "a" input: "b" input_shape { dim: 1 }', "2 input(s), but 1 input_shape"),
        (
            'layer { type: "ReLU" } layers { type: RELU }',
            "has both 'layer' (type: \"ReLU\") and 'layers'",
        ),
    ],
)
def test_refused(text, complaint):
    with pytest.raises(FormatError, match="^n: ") as error:
        parse_net(text, "n")
    assert complaint in str(error.value)


def test_old_batch_norm_params_stop_learning():
    same(
        """layer { name: "bn" type: "BatchNorm"
             param { lr_mult: 1 name: "m" } param { lr_mult: 0 } param { } }
           layer { name: "b2" type: "BatchNorm" param { lr_mult: 1 } }
           layer { name: "c" type: "Convolution" param { } param { } param { lr_mult: 4 } }""",
        """layer { name: "bn" type: "BatchNorm" param { lr_mult: 0 decay_mult: 0 name: "m" }
             param { lr_mult: 0 decay_mult: 0 } param { lr_mult: 0 decay_mult: 0 } }
           layer { name: "b2" type: "BatchNorm" param { lr_mult: 1 } }
           layer { name: "c" type: "Convolution" param { } param { } param { lr_mult: 4 } }""",
    )
