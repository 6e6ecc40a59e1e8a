"""Old nets and solvers in their old words, and what they must become.

The expected forms follow Caffe's rules (util/upgrade_proto.cpp), written out by hand.
"""

import logging

import pytest
from google.protobuf import text_format

from caffe._caffe.errors import FormatError
from caffe._caffe.formats.prototxt import parse_net, parse_solver, read_net, read_solver
from caffe._caffe.formats.upgrade import V1_TYPES, upgrade_net, v1_type_name
from caffe._caffe.formats.upgrade_v0 import V0_TYPES
from caffe.proto import caffe_pb2 as pb


def net(text):
    return text_format.Parse(text, pb.NetParameter())


def same(old, new):
    """Assert that `old` is upgraded to `new`, and that `new` needs nothing more."""
    upgraded = parse_net(old)
    assert upgraded == net(new), f"got\n{upgraded}"
    assert upgrade_net(upgraded) == []


V0_NET = """
name: "old"
input: "data" input_dim: 2 input_dim: 3 input_dim: 20 input_dim: 24
layers { layer { name: "pad1" type: "padding" pad: 2 } bottom: "data" top: "pad1" }
layers {
  layer {
    name: "conv1" type: "conv" num_output: 8 kernelsize: 5 stride: 2 group: 1 biasterm: true
    weight_filler { type: "gaussian" std: 0.01 } bias_filler { type: "constant" value: 0.2 }
    blobs_lr: 1. blobs_lr: 2. weight_decay: 1. weight_decay: 0.
  }
  bottom: "pad1" top: "conv1"
}
layers { layer { name: "relu1" type: "relu" } bottom: "conv1" top: "conv1" }
layers { layer { name: "pad2" type: "padding" pad: 1 } bottom: "conv1" top: "pad2" }
layers {
  layer { name: "pool1" type: "pool" pool: AVE kernelsize: 3 stride: 2 } bottom: "pad2" top: "pool1"
}
layers {
  layer { name: "norm1" type: "lrn" local_size: 3 alpha: 0.1 beta: 0.5 k: 2 }
  bottom: "pool1" top: "norm1"
}
layers { layer { name: "drop" type: "dropout" dropout_ratio: 0.3 } bottom: "norm1" top: "drop" }
layers {
  layer { name: "fc" type: "innerproduct" num_output: 4 weight_filler { type: "xavier" } }
  bottom: "drop" top: "fc"
}
layers { layer { name: "both" type: "concat" concat_dim: 1 } bottom: "fc" bottom: "fc" top: "both" }
layers { layer { name: "prob" type: "softmax" } bottom: "both" top: "prob" }
"""

V2_NET = """
name: "old"
layer {
  name: "input" type: "Input" top: "data"
  input_param { shape { dim: 2 dim: 3 dim: 20 dim: 24 } }
}
layer {
  name: "conv1" type: "Convolution" bottom: "data" top: "conv1"
  param { lr_mult: 1 decay_mult: 1 } param { lr_mult: 2 decay_mult: 0 }
  convolution_param {
    num_output: 8 kernel_size: 5 stride: 2 group: 1 bias_term: true pad: 2
    weight_filler { type: "gaussian" std: 0.01 } bias_filler { type: "constant" value: 0.2 }
  }
}
layer { name: "relu1" type: "ReLU" bottom: "conv1" top: "conv1" }
layer {
  name: "pool1" type: "Pooling" bottom: "conv1" top: "pool1"
  pooling_param { pool: AVE kernel_size: 3 stride: 2 pad: 1 }
}
layer {
  name: "norm1" type: "LRN" bottom: "pool1" top: "norm1"
  lrn_param { local_size: 3 alpha: 0.1 beta: 0.5 k: 2 }
}
layer {
  name: "drop" type: "Dropout" bottom: "norm1" top: "drop" dropout_param { dropout_ratio: 0.3 }
}
layer {
  name: "fc" type: "InnerProduct" bottom: "drop" top: "fc"
  inner_product_param { num_output: 4 weight_filler { type: "xavier" } }
}
layer {
  name: "both" type: "Concat" bottom: "fc" bottom: "fc" top: "both" concat_param { concat_dim: 1 }
}
layer { name: "prob" type: "Softmax" bottom: "both" top: "prob" }
"""


def test_v0_net():
    same(V0_NET, V2_NET)


def test_v0_steps_are_named():
    old = net(V0_NET)
    assert upgrade_net(old) == ["V0LayerParameter", "V1LayerParameter", "input fields"]


@pytest.mark.parametrize(
    "kind, type_name, param",
    [
        ("data", "Data", "data_param"),
        ("images", "ImageData", "image_data_param"),
        ("window_data", "WindowData", "window_data_param"),
    ],
)
def test_v0_data_layers(kind, type_name, param):
    same(
        f"""layers {{ top: "data" top: "label" layer {{
          name: "in" type: "{kind}" source: "list" batchsize: 5
          scale: 0.25 meanfile: "mean" cropsize: 17 mirror: true }} }}""",
        f"""layer {{ name: "in" type: "{type_name}" top: "data" top: "label"
          transform_param {{ scale: 0.25 mean_file: "mean" crop_size: 17 mirror: true }}
          {param} {{ source: "list" batch_size: 5 }} }}""",
    )


def test_v0_image_and_window_settings():
    same(
        """layers { top: "a" layer { name: "i" type: "images" source: "l" batchsize: 1 rand_skip: 3
             shuffle_images: true new_height: 8 new_width: 9 } }
           layers { top: "b" layer { name: "w" type: "window_data" source: "l" batchsize: 2
             det_fg_threshold: 0.6 det_bg_threshold: 0.4 det_fg_fraction: 0.3 det_context_pad: 16
             det_crop_mode: "square" } }
           layers { top: "c" layer { name: "h" type: "hdf5_data" source: "h" batchsize: 3 } }
           layers { bottom: "c" layer { name: "o" type: "hdf5_output"
             hdf5_output_param { file_name: "out" } } }
           layers { bottom: "a" bottom: "b" top: "l" layer { name: "g" type: "infogain_loss"
             source: "H" } }""",
        """layer { name: "i" type: "ImageData" top: "a" image_data_param { source: "l" batch_size: 1
             rand_skip: 3 shuffle: true new_height: 8 new_width: 9 } }
           layer { name: "w" type: "WindowData" top: "b" window_data_param { source: "l"
             batch_size: 2 fg_threshold: 0.6 bg_threshold: 0.4 fg_fraction: 0.3 context_pad: 16
             crop_mode: "square" } }
           layer { name: "h" type: "HDF5Data" top: "c" hdf5_data_param { source: "h"
             batch_size: 3 } }
           layer { name: "o" type: "HDF5Output" bottom: "c" hdf5_output_param {
             file_name: "out" } }
           layer { name: "g" type: "InfogainLoss" bottom: "a" bottom: "b" top: "l"
             infogain_loss_param { source: "H" } }""",
    )


def test_every_v0_type_reaches_a_layer_type():
    for old in V0_TYPES:
        text = f'layers {{ top: "t" layer {{ name: "x" type: "{old}" }} }}'
        assert parse_net(text).layer[0].type == V1_TYPES[V0_TYPES[old]]


def test_v0_blobs_come_along():
    upgraded = parse_net(
        """layers { bottom: "d" top: "c" layer { name: "c" type: "conv" num_output: 1
             blobs { num: 1 channels: 1 height: 1 width: 2 data: 0.5 data: -2 } } }
           input: "d" """
    )
    assert list(upgraded.layer[0].blobs[0].data) == [0.5, -2]


def test_v0_setting_of_another_type_is_dropped_with_a_word(caplog, monkeypatch):
    monkeypatch.setattr(logging.getLogger("caffe"), "propagate", True)
    upgraded = parse_net('layers { top: "p" layer { name: "p" type: "pool" group: 2 } }', "old.net")
    assert upgraded == net('layer { name: "p" type: "Pooling" top: "p" }')
    assert "old.net: layer 'p' (pool) cannot have 'group'" in caplog.text


@pytest.mark.parametrize(
    "text, complaint",
    [
        ('layers { layer { name: "c" type: "konv" } }', "type 'konv'; did you mean 'conv'?"),
        (
            'layers { layer { name: "a" type: "relu" } } layers { name: "b" type: RELU }',
            "layer b is not in the V0 form",
        ),
        (
            'layers { layer { name: "c" type: "conv" } bottom: "dat" } input: "data"',
            "reads 'dat', which no layer before it makes; did you mean 'data'?",
        ),
        (
            """input: "d" layers { layer { name: "p" type: "padding" pad: 1 } bottom: "d" top: "p" }
               layers { layer { name: "r" type: "relu" } bottom: "p" top: "r" }""",
            "padding layer 'p' read by 'r', a relu; only conv and pool can be padded",
        ),
        (
            """input: "d" layers { layer { name: "p" type: "padding" pad: 1 } bottom: "d" top: "p" }
               layers { layer { name: "c" type: "conv" } bottom: "p" bottom: "d" top: "c" }""",
            "has 2 bottoms; expected 1",
        ),
        (
            """input: "d"
               layers { layer { name: "p" type: "padding" } bottom: "d" top: "p" top: "q" }
               layers { layer { name: "c" type: "conv" } bottom: "p" top: "c" }""",
            "has 1 bottoms and 2 tops; expected 1 and 1",
        ),
    ],
)
def test_v0_refused(text, complaint):
    with pytest.raises(FormatError) as error:
        parse_net(text, "file")
    assert str(error.value).startswith("file: ") and complaint in str(error.value)


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
    assert sorted(V1_TYPES) == sorted(value.name for value in values if value.number < 1000)
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


@pytest.mark.parametrize(
    "old, new",
    [
        ("SGD", "SGD"),
        ("NESTEROV", "Nesterov"),
        ("ADAGRAD", "AdaGrad"),
        ("RMSPROP", "RMSProp"),
        ("ADADELTA", "AdaDelta"),
        ("ADAM", "Adam"),
        ("1", "Nesterov"),
    ],
)
def test_solver_type(old, new):
    solver = parse_solver(f"base_lr: 0.1 solver_type: {old}")
    assert solver.type == new and not solver.HasField("solver_type")


def test_solver_with_both_types_is_refused():
    with pytest.raises(FormatError, match="both solver_type .* and type"):
        parse_solver('solver_type: SGD type: "SGD"')


def test_nets_inside_a_solver_are_upgraded():
    solver = parse_solver(
        """net_param { layers { type: RELU } } train_net_param { layers { type: TANH } }
           test_net_param { layers { type: BNLL } }"""
    )
    nets = solver.net_param, solver.train_net_param, solver.test_net_param[0]
    assert [n.layer[0].type for n in nets] == ["ReLU", "TanH", "BNLL"]


def test_snapshot_prefix(tmp_path):
    path = tmp_path / "run.solver.prototxt"
    path.write_text("base_lr: 1")
    assert read_solver(path).snapshot_prefix == str(tmp_path / "run.solver")
    path.write_text(f'base_lr: 1 snapshot_prefix: "{tmp_path}"')
    assert read_solver(path).snapshot_prefix == str(tmp_path / "run.solver")
    path.write_text('base_lr: 1 snapshot_prefix: "snaps/net"')
    assert read_solver(path).snapshot_prefix == "snaps/net"


def test_read_net_upgrades(tmp_path):
    path = tmp_path / "old.prototxt"
    path.write_text(V0_NET)
    assert read_net(path) == net(V2_NET)
