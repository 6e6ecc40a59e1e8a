"""NetSpec: what to_proto writes for nets given as Python expressions."""

import copy
import tempfile

import pytest
from google.protobuf import text_format

import caffe
from caffe import layers as L
from caffe import params as P
from caffe.net_spec import Function, Top, assign_proto, param_name_dict
from caffe.proto import caffe_pb2

# Where this package does more than BVLC's: the same call fails there, or says less.
beyond_bvlc = pytest.mark.skipif(
    not hasattr(caffe, "CaffeError"), reason="BVLC's net_spec lacks this check or convenience"
)


def parsed(text):
    return text_format.Parse(text, caffe_pb2.NetParameter())


def small():
    n = caffe.NetSpec()
    n.data, n.label = L.DummyData(
        shape=[dict(dim=[2, 1, 8, 8]), dict(dim=[2])], transform_param=dict(scale=0.5), ntop=2
    )
    n.conv1 = L.Convolution(
        n.data,
        kernel_size=3,
        num_output=4,
        weight_filler=dict(type="xavier"),
        param=[dict(lr_mult=1), dict(lr_mult=2)],
    )
    n.relu1 = L.ReLU(n.conv1, in_place=True)
    n.pool1 = L.Pooling(n.relu1, pool=P.Pooling.AVE, kernel_size=2, stride=2)
    n.ip1 = L.InnerProduct(n.pool1, num_output=3, include=dict(phase=caffe.TEST))
    n.loss = L.SoftmaxWithLoss(n.ip1, n.label, loss_weight=2, loss_param=dict(ignore_label=255))
    return n


WRITTEN = """
layer { name: "data" type: "DummyData" top: "data" top: "label"
  transform_param { scale: 0.5 }
  dummy_data_param { shape { dim: 2 dim: 1 dim: 8 dim: 8 } shape { dim: 2 } } }
layer { name: "conv1" type: "Convolution" bottom: "data" top: "conv1"
  param { lr_mult: 1 } param { lr_mult: 2 }
  convolution_param { num_output: 4 kernel_size: 3 weight_filler { type: "xavier" } } }
layer { name: "relu1" type: "ReLU" bottom: "conv1" top: "conv1" }
layer { name: "pool1" type: "Pooling" bottom: "conv1" top: "pool1"
  pooling_param { pool: AVE kernel_size: 2 stride: 2 } }
layer { name: "ip1" type: "InnerProduct" bottom: "pool1" top: "ip1" include { phase: TEST }
  inner_product_param { num_output: 3 } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "ip1" bottom: "label" top: "loss"
  loss_weight: 2 loss_param { ignore_label: 255 } }
"""


def test_writes_every_kind_of_field():
    assert small().to_proto() == parsed(WRITTEN)


def test_net_builds_and_runs():
    n = caffe.NetSpec()
    n.data = L.DummyData(shape=dict(dim=[2, 3, 6, 6]))
    n.conv = L.Convolution(n.data, num_output=2, kernel_size=3)
    with tempfile.NamedTemporaryFile("w", suffix=".prototxt") as file:
        file.write(str(n.to_proto()))
        file.flush()
        net = caffe.Net(file.name, caffe.TEST)
    assert net.forward()["conv"].shape == (2, 2, 4, 4)


def test_unassigned_tops_are_numbered_by_type():
    data = L.Input(shape=dict(dim=[1]))
    relu = L.ReLU(L.ReLU(data))
    joined = L.Concat(relu, data)
    names = [(layer.name, list(layer.bottom)) for layer in joined.to_proto().layer]
    assert names == [
        ("Input1", []),
        ("ReLU1", ["Input1"]),
        ("ReLU2", ["ReLU1"]),
        ("Concat1", ["ReLU2", "Input1"]),
    ]


def test_to_proto_of_several_tops_shares_what_they_share():
    data = L.Input(shape=dict(dim=[1]))
    net = caffe.to_proto(L.ReLU(data), L.TanH(data))
    assert [layer.type for layer in net.layer] == ["Input", "ReLU", "TanH"]


def test_in_place_chain_keeps_the_blob():
    n = caffe.NetSpec()
    n.data = L.Input(shape=dict(dim=[1]))
    n.a = L.ReLU(n.data)
    n.b = L.Dropout(n.a, in_place=True)
    n.c = L.ReLU(n.b, in_place=True)
    n.d = L.TanH(n.c)
    tops = [(layer.name, layer.bottom[0], layer.top[0]) for layer in n.to_proto().layer[1:]]
    assert tops == [("a", "data", "a"), ("b", "a", "a"), ("c", "a", "a"), ("d", "a", "d")]


def test_layers_without_tops():
    n = caffe.NetSpec()
    n.data = L.Input(shape=dict(dim=[1]))
    n.quiet = L.Silence(n.data, ntop=0)
    L.Silence(n.data, ntop=0)  # assigned nowhere, hence not written
    layers = n.to_proto().layer
    assert [(x.name, list(x.top)) for x in layers] == [("data", ["data"]), ("quiet", [])]
    assert isinstance(n.quiet, Function)


def test_items_and_attributes_are_the_same():
    n = caffe.NetSpec()
    n["conv1/7x7"] = L.Input(shape=dict(dim=[1]))
    assert isinstance(n["conv1/7x7"], Top)
    assert n.to_proto().layer[0].name == "conv1/7x7"
    n.x = n["conv1/7x7"]
    assert n.x is n["conv1/7x7"]


@beyond_bvlc
def test_copies_hold_the_same_tops():
    n = small()
    assert copy.copy(n).tops == n.tops


@beyond_bvlc
def test_very_deep_nets():
    top = L.Input(shape=dict(dim=[1]))
    for _ in range(3000):
        top = L.ReLU(top)
    assert len(top.to_proto().layer) == 3001


def test_param_name_dict_follows_the_schema():
    names = param_name_dict()
    assert names["Pooling"] == "pooling"
    assert names["LRN"] == "lrn" and names["PReLU"] == "prelu" and names["Recurrent"] == "recurrent"
    fields = caffe_pb2.LayerParameter.DESCRIPTOR.fields_by_name
    assert sorted(stem + "_param" for stem in names.values()) == sorted(
        name for name in fields if name.endswith("_param")
    )


def test_assign_proto():
    layer = caffe_pb2.LayerParameter()
    assign_proto(layer, "top", "one")
    assign_proto(layer, "top", ["two", "three"])
    assign_proto(layer, "convolution_param", dict(kernel_size=[3, 5], weight_filler=dict(std=0.5)))
    assign_proto(layer, "param", [dict(lr_mult=0), dict(name="w")])
    assert list(layer.top) == ["one", "two", "three"]
    assert list(layer.convolution_param.kernel_size) == [3, 5]
    assert layer.convolution_param.weight_filler.std == 0.5
    assert (layer.param[0].lr_mult, layer.param[1].name) == (0, "w")


@beyond_bvlc
@pytest.mark.parametrize(
    "make, said",
    [
        (lambda d: L.Convolution(d, kernelsize=3), "kernel_size"),
        (lambda d: L.Pooling(d, pooling_param=dict(stid=2)), "stride"),
        (lambda d: L.Deconvolution(d, num_output=3), "convolution_param"),
    ],
)
def test_unknown_parameters_name_the_right_one(make, said):
    with pytest.raises(AttributeError, match=said):
        make(L.Input(shape=dict(dim=[1]))).to_proto()


@pytest.mark.parametrize(
    "params",
    [
        dict(num_output="many"),
        dict(num_output=[1, 2]),
        dict(num_output=dict(a=1)),
        dict(weight_filler=3),
        dict(kernel_size=dict(h=3)),
    ],
)
def test_values_that_do_not_fit(params):
    with pytest.raises((TypeError, AttributeError)):
        L.Convolution(L.Input(shape=dict(dim=[1])), **params).to_proto()


def test_inputs_must_be_tops():
    data = L.DummyData(ntop=2)
    with pytest.raises(TypeError, match=r"^Silence input 0 is not a Top \(type is <class 'tuple'>"):
        L.Silence(data, ntop=0)
    assert len(L.Silence(*data, ntop=0).inputs) == 2


def test_missing_tops_and_enums():
    n = small()
    with pytest.raises(KeyError):
        n["conv2"]
    with pytest.raises(KeyError):
        n.conv2  # noqa: B018
    assert P.Eltwise.SUM == caffe_pb2.EltwiseParameter.SUM
    with pytest.raises(AttributeError):
        P.Pooling.MAXIMUM  # noqa: B018
