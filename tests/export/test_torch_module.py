"""caffe.torch_module: values, gradients, shared memory, torch.export and torch.compile."""

from pathlib import Path

import numpy as np
import pytest
import torch
from golden_case import read
from netkit import input_layer, net_of

import caffe

GOLDEN = Path(__file__).resolve().parent.parent / "golden"
CASES = sorted((GOLDEN / "layers").glob("*.npz"))
# Caffe has no gradient there, or one that is not the derivative (layers/norm.py); in Net-fcn16s,
# SoftmaxWithLoss cuts log(p) off at FLT_MIN, where the derivative is 0 and Caffe's is not.
NOT_THE_DERIVATIVE = {"ArgMax", "MVN", "Embed", "Net-fcn16s"}

DEPLOY = (
    input_layer("data", 1, 3, 33, 41)
    + """
layer { name: "inc/conv" type: "Convolution" bottom: "data" top: "conv"
        convolution_param { num_output: 4 kernel_size: 3 weight_filler { type: "xavier" } } }
layer { name: "norm" type: "BatchNorm" bottom: "conv" top: "conv" }
layer { name: "relu" type: "ReLU" bottom: "conv" top: "conv" }
layer { name: "pool.1" type: "Convolution" bottom: "conv" top: "half" convolution_param {
        num_output: 2 kernel_size: 3 stride: 2 weight_filler { type: "xavier" } } }
layer { name: "up" type: "Deconvolution" bottom: "half" top: "up" param { lr_mult: 0 }
        convolution_param { num_output: 2 kernel_size: 4 stride: 2 bias_term: false
                            weight_filler { type: "bilinear" } } }
layer { name: "crop" type: "Crop" bottom: "up" bottom: "conv" top: "crop" crop_param { offset: 0 } }
"""
)


def deploy():
    net = net_of(DEPLOY, caffe.TEST)
    net.params["norm"][1].data[...] = 2
    net.params["norm"][2].data[...] = 1
    return net


def net_of_case(case, params=None):
    """Return a case's net with its parameters and inputs."""
    text = str(case["prototxt"])
    text += "" if "force_backward" in text else "\nforce_backward: true"
    net = net_of(text, getattr(caffe, str(case["phase"])))
    for key in case:
        kind, _, name = key.partition("/")
        if kind == "param":
            net.params[name.rsplit("/", 1)[0]][int(name[-1])].data[...] = case[key]
        if kind == "in":
            net.blobs[name].data[...] = case[key]
    for name, arrays in (params or {}).items():
        for blob, array in zip(net.params[name], arrays, strict=True):
            blob.data[...] = array
    caffe.set_random_seed(3)
    return net


@pytest.mark.parametrize("path", CASES, ids=lambda p: p.stem)
def test_a_case_s_values_and_gradients(path):
    """Those of the net itself, whose figures BVLC Caffe computed (tests/pycaffe)."""
    case = read(path)
    net = net_of_case(case)
    if not net.inputs:
        pytest.skip("no input")
    params = {name: [blob.data.copy() for blob in blobs] for name, blobs in net.params.items()}
    net.forward()
    wanted = {name: net.blobs[name].data.copy() for name in net.outputs}
    net = net_of_case(case, params)
    module = caffe.torch_module(net)
    inputs = {name: torch.tensor(net.blobs[name].data, requires_grad=True) for name in net.inputs}
    tops = module(**inputs)
    for name, value in wanted.items():
        np.testing.assert_allclose(tops[name].detach().numpy(), value, rtol=1e-5, atol=1e-6)
    if not NOT_THE_DERIVATIVE & {path.stem, *(layer.type for layer in net.layers)}:
        hold_gradients(case, params, module, inputs, tops)


def hold_gradients(case, params, module, inputs, tops):
    random = np.random.default_rng(0)
    diffs = {
        name: random.standard_normal(top.shape).astype(np.float32) if top.requires_grad else None
        for name, top in tops.items()
    }
    terms = [(tops[name] * torch.tensor(d)).sum() for name, d in diffs.items() if d is not None]
    if not terms:
        return
    sum(terms).backward()
    net = net_of_case(case, params)
    net.forward()
    net.clear_param_diffs()
    for name, diff in diffs.items():
        net.blobs[name].diff[...] = 0 if diff is None else diff
    net.backward()
    labels = {node.bottom_names[i] for node in net.nodes for i in node.layer.no_gradient}
    pairs = [(x, net.blobs[name]) for name, x in inputs.items() if name not in labels]
    for name, parameter in module.named_parameters():
        layer, index = name.rsplit(".", 1)
        pairs.append((parameter, net.params[layer][int(index)]))
    for tensor, blob in pairs:
        if tensor.grad is not None:
            scale = max(1, np.abs(blob.diff).max(initial=0))
            assert np.abs(tensor.grad.numpy() - blob.diff).max(initial=0) <= 1e-4 * scale


def test_parameters_have_caffe_s_names_and_share_the_net_s_memory():
    net = deploy()
    module = caffe.torch_module(net)
    assert list(module.state_dict()) == [
        "inc/conv.0", "inc/conv.1", "norm.0", "norm.1", "norm.2", "pool.1.0", "pool.1.1", "up.0",
    ]  # fmt: skip
    frozen = {name for name, p in module.named_parameters() if not p.requires_grad}
    assert frozen == {"norm.0", "norm.1", "norm.2", "up.0"}
    with torch.no_grad():
        module.get_parameter("inc/conv.0").fill_(0.25)
    assert (net.params["inc/conv"][0].data == 0.25).all()
    net.params["pool.1"][1].data[...] = 7
    assert (module.state_dict()["pool.1.1"] == 7).all()


def test_a_torch_optimizer_trains_the_net():
    net = deploy()
    module = caffe.torch_module(net)
    x = torch.randn(1, 3, 33, 41, generator=torch.Generator().manual_seed(1))
    optimizer = torch.optim.SGD([p for p in module.parameters() if p.requires_grad], lr=0.1)
    losses = []
    for _ in range(5):
        optimizer.zero_grad()
        loss = module(x)["crop"].square().mean()
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    assert losses == sorted(losses, reverse=True) and losses[-1] < 0.9 * losses[0]
    net.blobs["data"].data[...] = x.numpy()
    assert np.array_equal(net.forward()["crop"], module(x)["crop"].detach().numpy())


def test_state_dict_to_caffemodel_and_back(tmp_path):
    module = caffe.torch_module(deploy())
    moved = {name: torch.randn_like(value) for name, value in module.state_dict().items()}
    module.load_state_dict(moved)
    module.save(tmp_path / "net.caffemodel")
    other = caffe.torch_module(deploy()).double()  # its own memory
    other.copy_from(tmp_path / "net.caffemodel")
    for name, value in other.state_dict().items():
        assert torch.equal(value.float(), moved[name]), name
    other.save(tmp_path / "again.caffemodel")
    again = (tmp_path / "again.caffemodel").read_bytes()
    assert again == (tmp_path / "net.caffemodel").read_bytes()


def test_shared_parameters_are_one():
    text = input_layer("data", 2, 3) + "".join(
        f"""layer {{ name: "{name}" type: "InnerProduct" bottom: "{bottom}" top: "{name}"
        param {{ name: "w" }} inner_product_param {{
        num_output: 3 bias_term: false weight_filler {{ type: "xavier" }} }} }}"""
        for name, bottom in (("a", "data"), ("b", "a"))
    )
    net = net_of(text, caffe.TEST)
    module = caffe.torch_module(net)
    assert list(module.state_dict()) == ["a.0"]
    x = torch.ones(2, 3)
    w = module.get_parameter("a.0")
    assert torch.allclose(module(data=x)["b"], x @ w.t() @ w.t())


def test_layers_in_place_on_shared_memory_change_all_of_it():
    """Reshape shares its bottom's memory: the Power in place on it is seen through `data` too."""
    text = (
        input_layer("data", 2, 6)
        + """
        layer { name: "copy" type: "Power" bottom: "data" top: "x" }
        layer { name: "r" type: "Reshape" bottom: "x" top: "flat"
                reshape_param { shape { dim: 12 } } }
        layer { name: "p" type: "Power" bottom: "flat" top: "flat" power_param { shift: 1 } }
        layer { name: "s" type: "Power" bottom: "x" top: "y" power_param { scale: 2 } }"""
    )
    net = net_of(text, caffe.TEST)
    x = torch.arange(12.0).view(2, 6)
    net.blobs["data"].data[...] = x
    out = caffe.torch_module(net)(x)
    for name, value in net.forward().items():
        assert np.array_equal(out[name].numpy(), value), name


def test_export_and_compile(tmp_path):
    net = deploy()
    x = torch.randn(1, 3, 33, 41)
    module = caffe.torch_module(net)
    wanted = module(x)["crop"]
    caffe.export.torch(net, tmp_path / "net.pt2")
    program = torch.export.load(str(tmp_path / "net.pt2"))
    assert torch.equal(program.module()(x)["crop"], wanted)
    assert set(program.state_dict) == set(module.state_dict())
    compiled = torch.compile(module, backend="eager", fullgraph=True)
    assert torch.equal(compiled(x)["crop"], wanted)
    # Nothing of the trace is left in the layers.
    larger = module(torch.randn(2, 3, 21, 57))["crop"]
    assert larger.shape == (2, 2, 19, 55)


@pytest.mark.parametrize(
    "args, named", [((), {}), ((1,), {"data": 1}), ((1, 2), {}), ((), {"date": 1})]
)
def test_inputs_that_do_not_fit_are_refused(args, named):
    module = caffe.torch_module(deploy())
    with pytest.raises(caffe.NetError, match="takes data; given"):
        module(*args, **named)


@pytest.mark.parametrize(
    "text, why",
    [
        (
            'layer { name: "d" type: "DummyData" top: "x" dummy_data_param { shape { dim: 1 } } }',
            r"layer 'd' \(DummyData\): is no function",
        ),
        (
            'layer { name: "p" type: "Parameter" top: "p" parameter_param { shape { dim: 1 } } }',
            "has no Input layer",
        ),
        (
            input_layer("x", 1, 3)
            + 'layer { name: "forward" type: "InnerProduct" bottom: "x" top: "y" '
            "inner_product_param { num_output: 1 } }",
            "layer 'forward' has parameters and a name",
        ),
    ],
)
def test_nets_that_are_no_module_are_refused(text, why):
    with pytest.raises(caffe.NetError if "Dummy" not in why else caffe.LayerError, match=why):
        caffe.torch_module(net_of(text, caffe.TEST))
