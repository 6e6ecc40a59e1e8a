"""Net.optimize(): folded, freed and with copied rows left out, a net computes what it computed."""

import sys
import types

import numpy as np
import pytest
from optimizekit import conv, left_out, plain, pool, relu

import caffe

DATA = """layer { name: "data" type: "Input" top: "data"
  input_param { shape { dim: 2 dim: 3 dim: 9 dim: 9 } } }"""
FCN = [
    conv("c1", "data", pad=40), relu("c1"), conv("c2", "c1"), relu("c2"), pool("p1", "c2"),
    conv("c3", "p1"), relu("c3"), pool("p2", "c3"),
    conv("c4", "p2", kernel=5, pad=0), relu("c4"),
    conv("s2", "p2", kernel=1, pad=0, outputs=2), conv("s4", "c4", kernel=1, pad=0, outputs=2),
    conv("up", "s4", kernel=4, stride=2, pad=0, outputs=2, kind="Deconvolution"),
    """layer { name: "cut" type: "Crop" bottom: "up" bottom: "data" top: "cut"
      crop_param { axis: 2 offset: 5 } }""",
]  # fmt: skip
NETS = {
    "fcn": (FCN, True),
    "strides": ([
        conv("c1", "data", pad=50, kernel=7, stride=3), relu("c1", 0.1),
        pool("p1", "c1", kernel=3, stride=2), conv("c2", "p1", dilation=2, pad=2),
        plain("LRN", "n", "c2"), pool("p2", "n", kernel=3, stride=2, pad=1, method="AVE"),
        conv("c3", "p2", pad=0),
    ], True),
    "no pooling": ([conv("c1", "data", pad=60), relu("c1"), conv("c2", "c1", pad=0)], True),
    "narrow": ([conv("c1", "data"), relu("c1"), conv("c2", "c1", kernel=5, pad=2)], False),
    "folded": ([
        conv("c1", "data", more="bias_term: false"), plain("BatchNorm", "bn", "c1", "c1"),
        plain("Scale", "sc", "c1", "c1", "scale_param { bias_term: true }"), relu("c1"),
        conv("c2", "c1", group=2), plain("BatchNorm", "bn2", "c2", "b2"),
        plain("Bias", "bias", "b2", "b3"),
        conv("up", "b3", kernel=4, stride=2, kind="Deconvolution"),
        plain("Scale", "sc2", "up", "up"), relu("up", 0.2), plain("ReLU", "r", "up", "last"),
    ], False),
    "folded forks": ([  # more outputs than filters, then fewer
        conv("c1", "data"), plain("BN", "bn", "c1", "c1", "bn_param { eps: 1e-3 }"), relu("c1"),
        conv("c2", "c1", stride=4, kernel=5, outputs=40),
        plain("BN", "bn2", "c2", "b2", "bn_param { bn_mode: INFERENCE }"), relu("b2"),
    ], False),
    "split": ([
        conv("c1", "data", pad=30), plain("Dropout", "d", "c1", "c1"), conv("c2", "c1"),
        conv("c3", "c1"), plain("TanH", "t", "c3"),
        'layer { name: "sum" type: "Eltwise" bottom: "c2" bottom: "t" top: "sum" }',
    ], True),
}  # fmt: skip


@pytest.fixture
def make(tmp_path):
    def build(layers):
        path = tmp_path / "net.prototxt"
        path.write_text("\n".join([DATA, *layers]))
        caffe.set_random_seed(1)
        net = caffe.Net(str(path), caffe.TEST)
        draw = np.random.RandomState(0)
        for name, blobs in net.params.items():
            kind = net.layer_dict[name].type
            for blob in blobs if kind in ("Scale", "Bias", "BatchNorm", "BN") else ():
                blob.data[...] = draw.uniform(0.5, 2, blob.shape)
        return net

    return build


def run(net, size):
    data = net.blobs["data"]
    data.reshape(2, 3, *size)
    data.data[...] = np.random.RandomState(sum(size)).randn(2, 3, *size)
    return {name: values.copy() for name, values in net.forward().items()}


@pytest.mark.parametrize("name", NETS)
def test_an_optimized_net_computes_the_same(make, name):
    layers, wide = NETS[name]
    net = make(layers)
    sizes = [(9, 9), (13, 22), (8, 31), (13, 22)]
    wanted = [run(net, size) for size in sizes]
    shapes = {k: b.shape for k, b in net.blobs.items()}
    net.optimize()
    for size, want in zip(sizes, wanted, strict=True):
        found = run(net, size)
        assert found.keys() == want.keys()
        for blob in want:
            scale = np.abs(want[blob]).max()
            np.testing.assert_allclose(found[blob], want[blob], rtol=1e-5, atol=1e-5 * scale)
        assert (left_out(net) > 0) == wide
    assert {k: b.shape for k, b in net.blobs.items()} == shapes


def test_folded_layers_do_not_run(make):
    for name in ("folded", "folded forks"):
        net = make(NETS[name][0])
        net.optimize()
        ran = set()
        net.after_forward(lambda i, net=net, ran=ran: ran.add(net.layers[i].type))
        run(net, (9, 9))
        assert ran <= {"Input", "Convolution", "Deconvolution", "ReLU"}, name


def test_what_is_kept_can_be_read_and_nothing_else(make):
    net = make(NETS["folded"][0])
    wanted = run(net, (9, 9))
    between = {name: net.blobs[name].data.copy() for name in ("c1", "b2")}
    net.optimize(keep=["b2"])
    np.testing.assert_allclose(run(net, (9, 9))["last"], wanted["last"], rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(net.blobs["b2"].data, between["b2"], rtol=1e-4, atol=1e-5)
    with pytest.raises(caffe.CaffeError, match="'c1' is not there .*keep="):
        net.blobs["c1"].data  # noqa: B018
    net.optimize(keep=["c1"])  # again, for others, with weights as they are now
    net.params["c1"][0].data[...] *= 2
    net.optimize(keep=["c1"])
    run(net, (9, 9))
    assert not np.allclose(net.blobs["c1"].data, between["c1"])


def total(*bottoms, settings=""):
    names = " ".join(f'bottom: "{b}"' for b in bottoms)
    return (
        f'layer {{ name: "sum" type: "Eltwise" {names} top: "sum" eltwise_param {{ {settings} }} }}'
    )


@pytest.mark.parametrize(
    "sum_, more, keep, which",
    [
        (total("a", "b"), [], [], "a"),
        (total("a", "b", "c", settings="coeff: 2 coeff: -1 coeff: 0.5"), [], [], "a"),
        (total("a", "b", "c", settings="coeff: 2 coeff: -1 coeff: 0.5"), [], ["a"], "b"),
        (total("a", "b"), [plain("TanH", "t", "a")], [], "b"),  # "a" has another reader
        (total("a", "a"), [], [], None),
        (total("l", "r"), ["""layer { name: "cut" type: "Slice" bottom: "a" top: "l" top: "r"
            slice_param { slice_dim: 1 } }"""], [], None),  # may be views
        (total("a", "b", settings="operation: MAX"), [], [], None),
        (total("data", "data"), [], [], None),
    ],
)  # fmt: skip
def test_a_sum_is_written_over_what_only_it_reads(make, sum_, more, keep, which):
    before, after = (more, []) if "Slice" in str(more) else ([], more)
    net = make([conv(name, "data") for name in "abc"] + [*before, sum_, *after])
    wanted = run(net, (9, 9))
    net.optimize(keep=keep)
    last, places, found = net._layer_names.index("sum"), {}, []

    def before_sum(i):
        if i == last:
            places.clear()
            places.update({net.blobs[n].tensor().data_ptr(): n for n in "abc"})

    def after_sum(i):
        if i == last:
            found.append(places.get(net.blobs["sum"].tensor().data_ptr()))

    net.before_forward(before_sum)
    net.after_forward(after_sum)
    for _ in range(2):
        for name, values in run(net, (9, 9)).items():
            np.testing.assert_allclose(values, wanted[name], rtol=1e-5, atol=1e-5)
    assert found == [which] * 2


def test_a_view_of_a_summand_keeps_its_values(make):
    net = make([conv("a", "data"), conv("b", "data"), total("a", "b")])
    run(net, (9, 9))
    values = net.blobs["a"].data.copy()
    net.optimize()
    views = []
    last = net._layer_names.index("sum")
    net.before_forward(lambda i: views.append(net.blobs["a"].data) if i == last else None)
    run(net, (9, 9))
    np.testing.assert_allclose(views[0], values, rtol=1e-5, atol=1e-5)


def test_what_an_optimized_net_refuses(make):
    net = make(FCN)
    with pytest.raises(caffe.NetError, match="did you mean 'c1'"):
        net.optimize(keep=["c11"])
    net.optimize()
    run(net, (9, 9))
    with pytest.raises(caffe.NetError, match="optimized"):
        net.backward()
    with pytest.raises(caffe.NetError, match="runs as a whole"):
        net.forward(start="c2")


def test_data_layers_of_changing_sizes(tmp_path, monkeypatch):
    class Pictures(caffe.Layer):
        passes = 0

        def reshape(self, bottom, top):
            top[0].reshape(1, 3, 9 + self.passes % 3, 12)

        def forward(self, bottom, top):
            top[0].data[...] = self.passes + np.arange(12)
            self.passes += 1

    module = types.ModuleType("pictures_layer")
    module.Pictures = Pictures
    monkeypatch.setitem(sys.modules, "pictures_layer", module)
    data = """layer { name: "data" type: "Python" top: "data"
      python_param { module: "pictures_layer" layer: "Pictures" } }"""
    path = tmp_path / "net.prototxt"
    path.write_text("\n".join([data, conv("c1", "data", pad=30), relu("c1"), pool("p", "c1")]))
    found = []
    for optimized in (False, True):
        caffe.set_random_seed(1)
        net = caffe.Net(str(path), caffe.TEST)
        if optimized:
            net.optimize()
        found.append([net.forward()["p"].copy() for _ in range(6)])
    for whole, folded in zip(*found, strict=True):
        np.testing.assert_allclose(folded, whole, rtol=1e-5, atol=1e-5)
    assert left_out(net) > 0
