"""Net.optimize() of a TRAIN net: with copied rows left out it learns what it learned before."""

import numpy as np
import pytest
from optimizekit import conv, left_out, plain, pool, relu

import caffe
from caffe._caffe.core import winograd

DATA = """layer { name: "data" type: "Input" top: "data" top: "label"
  input_param { shape { dim: 2 dim: 3 dim: 9 dim: 9 } shape { dim: 2 dim: 1 dim: 9 dim: 9 } } }"""
HEAD = [
    conv("c4", "p2", kernel=5, pad=0), relu("c4"), plain("Dropout", "drop", "c4", "c4"),
    conv("s2", "p2", kernel=1, pad=0, outputs=3), conv("s4", "c4", kernel=1, pad=0, outputs=3),
    'layer { name: "cut" type: "Crop" bottom: "s2" bottom: "s4" top: "cut" '
    "crop_param { axis: 2 offset: 2 } }",
    'layer { name: "sum" type: "Eltwise" bottom: "cut" bottom: "s4" top: "sum" }',
    conv("up", "sum", kernel=8, stride=4, pad=0, outputs=3, kind="Deconvolution"),
    'layer { name: "score" type: "Crop" bottom: "up" bottom: "data" top: "score" '
    "crop_param { axis: 2 offset: 24 } }",
    'layer { name: "loss" type: "SoftmaxWithLoss" bottom: "score" bottom: "label" top: "loss" }',
]  # fmt: skip


def fcn(*band, read="c1"):
    """A small FCN-8s with wide padding; `band` lies between its first convolutions."""
    return [
        conv("c1", "data", pad=40), relu("c1"), *band, conv("c2", read), relu("c2", 0.1),
        pool("p1", "c2"), conv("c3", "p1"), relu("c3"), pool("p2", "c3"), *HEAD,
    ]  # fmt: skip


NETS = {
    "fcn": fcn(),
    "affine": fcn(
        plain("PReLU", "pr", "c1", "c1"), plain("Scale", "sc", "c1", "c1"),
        plain("BatchNorm", "bn", "c1", "c1", "batch_norm_param { use_global_stats: true }"),
        plain("LRN", "n1", "c1"), plain("Power", "n2", "n1", "", "power_param { power: 2 }"),
        plain("Sigmoid", "s", "n2", "n2"), read="n2",
    ),
    "average": [
        conv("c1", "data", pad=50, kernel=7, stride=2), relu("c1"),
        pool("p1", "c1", kernel=3, stride=2, pad=1, method="AVE"),
        conv("c2", "p1", dilation=2, pad=2), plain("TanH", "t", "c2"),
        plain("Reduction", "loss", "t", "", "loss_weight: 0.5 "
              "reduction_param { operation: SUMSQ }"),
    ],
    "loss within": [
        conv("c1", "data", pad=30).replace("convolution_param", "loss_weight: 1 convolution_param"),
        conv("c2", "c1"), pool("p", "c2"), conv("c3", "p").replace("{", "{ loss_weight: 2", 1),
    ],
}  # fmt: skip
STOPPED = {  # what stands in the band reads each of its elements
    "random": plain("Dropout", "noise", "c1", "c1"),
    "moments": plain("BatchNorm", "bn", "c1", "c1"),
    "not linear backward": plain("Power", "pw", "c1", "c1", "power_param { power: 2 }"),
}


@pytest.fixture
def make(tmp_path):
    def build(layers, force=False):
        path = tmp_path / "net.prototxt"
        path.write_text("\n".join(["force_backward: true" if force else "", DATA, *layers]))
        solver = tmp_path / "solver.prototxt"
        solver.write_text(
            f'train_net: "{path}" base_lr: 0.01 momentum: 0.9 lr_policy: "fixed" random_seed: 3 '
            "weight_decay: 0.001"
        )
        return caffe.get_solver(str(solver))

    return build


def feed(net, step):
    draw, size = np.random.RandomState(step), ((9, 9), (13, 22), (8, 31))[step % 3]
    for name, channels in (("data", 3), ("label", 1)):
        net.blobs[name].reshape(2, channels, *size)
    net.blobs["data"].data[...] = draw.randn(2, 3, *size)
    net.blobs["label"].data[...] = draw.randint(0, 3, (2, 1, *size))


def params(net, what):
    return {
        f"{name}[{i}]": getattr(blob, what).copy()
        for name, blobs in net.params.items() for i, blob in enumerate(blobs)
    }  # fmt: skip


def hold_equal(found, wanted):
    assert found.keys() == wanted.keys()
    for name, want in wanted.items():
        assert np.abs(found[name] - want).max() <= 1e-5 * np.abs(want).max() + 1e-9, name


def gradients(net):
    """Return losses, and the gradients of parameters and picture, of three sizes of pictures."""
    found = {}
    for step in range(3):
        feed(net, step)
        caffe.set_random_seed(step)
        net.clear_param_diffs()
        found[f"losses {step}"] = np.array([float(v.sum()) for v in net.forward().values()])
        net.backward()
        for name, diff in params(net, "diff").items():
            found[f"{name} {step}"] = diff
        found[f"data {step}"] = net.blobs["data"].diff.copy()
    return found


@pytest.mark.parametrize("name, overhead", [*((name, 115) for name in NETS), ("fcn", 0)])
def test_gradients_are_the_same(make, name, overhead, monkeypatch):
    if not overhead:  # Winograd's convolution wherever it can be
        monkeypatch.setattr(winograd, "OVERHEAD", 0)
        monkeypatch.setattr(winograd, "TRANSFORM", 0)
    wanted = gradients(make(NETS[name], force=True).net)
    assert all(np.abs(v).max() > 0 for k, v in wanted.items() if k.startswith("data"))
    net = make(NETS[name], force=True).net
    net.optimize()
    hold_equal(gradients(net), wanted)
    assert (left_out(net) > 0) == (name != "loss within")


def test_five_steps_are_the_same(make):
    found = []
    for optimized in (False, True):
        solver = make(fcn())
        if optimized:
            solver.net.optimize()
        losses = []
        for step in range(5):
            feed(solver.net, step)
            solver.step(1)
            losses.append(float(solver.net.blobs["loss"].data))
        found.append({"losses": np.array(losses), **params(solver.net, "data")})
    assert left_out(solver.net) > 0
    hold_equal(found[1], found[0])


@pytest.mark.parametrize("name", STOPPED)
def test_nothing_is_left_out_before_a_layer_that_counts_elements(make, name):
    layers = fcn(STOPPED[name])
    wanted = gradients(make(layers, force=True).net)
    net = make(layers, force=True).net
    net.optimize()
    hold_equal(gradients(net), wanted)
    c1 = net.layer_dict["c1"]
    assert c1.windows.pad == c1.pad  # no reader of its top's copies can do without them


def test_what_lacks_rows_cannot_be_read_unless_kept(make):
    wanted = make(fcn()).net
    feed(wanted, 1)
    wanted.forward()
    net = make(fcn()).net
    net.optimize(keep=["c2"])
    feed(net, 1)
    net.forward()
    for _ in "forward", "backward":
        hold_equal(*({k: n.blobs[k].data.copy() for k in ("c2", "p2")} for n in (net, wanted)))
        with pytest.raises(caffe.CaffeError, match="'c1' lacks .*keep="):
            net.blobs["c1"].data  # noqa: B018
        net.backward()
    with pytest.raises(caffe.CaffeError, match="'c1' lacks"):
        net.blobs["c1"].diff  # noqa: B018
    assert net.blobs["c4"].diff.any()
    for call in (net.forward, net.backward):
        with pytest.raises(caffe.NetError, match="runs as a whole"):
            call(start="c3")


def test_debug_info_shows_the_whole_net(make):
    net = make(fcn()).net
    net.optimize()
    feed(net, 1)
    net.forward()
    assert left_out(net) > 0
    net.debug_info = True
    net.forward()
    net.backward()
    assert left_out(net) == 0 and net.blobs["c1"].data.shape == (2, 4, 91, 100)
