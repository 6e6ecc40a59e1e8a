"""Damaged prototxts: each either builds and runs, or raises one of caffe's own exceptions."""

import re
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from mutations import damaged_text

import caffe

GOLDEN = Path(__file__).resolve().parent.parent / "golden"


def texts():
    """Every reference net's prototxt, and the solvers' nets."""
    for path in sorted(GOLDEN.glob("**/layers/*.npz")):
        yield str(np.load(path)["prototxt"])
    for path in sorted(GOLDEN.glob("solvers/*/net.prototxt")):
        yield path.read_text()


NETS = list(texts())
SOLVERS = [p.read_text() for p in sorted(GOLDEN.glob("solvers/*/solver.prototxt"))]
TYPES = [t for t in caffe.layer_type_list() if t not in ("Python", "HDF5Output")]
bounded = settings(
    max_examples=150, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)


@pytest.fixture(autouse=True)
def small_machine(tmp_path, monkeypatch):
    """An empty folder on a machine of 1 GiB, so that nothing large is allocated here.

    Sources named in a damaged net must not find anything of ours, nor write here.
    """
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("caffe._caffe.core.context.host_memory", lambda: 1 << 30)


def survives(what):
    """Call `what`; tell whether it ran, or raised caffe's own exception with something to say."""
    try:
        with np.errstate(all="ignore"):
            what()
    except caffe.CaffeError as error:
        assert len(str(error)) > 10
        return False
    return True


def build_and_run(text, phase):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "net.prototxt")
        path.write_text(text, encoding="utf-8")
        net = caffe.Net(str(path), phase)
    net.forward()
    net.backward()


@pytest.mark.parametrize("phase", [caffe.TRAIN, caffe.TEST], ids=["train", "test"])
def test_nets(phase):
    ran = []

    @bounded
    @given(damaged_text(NETS, TYPES))
    def check(text):
        ran.append(survives(lambda: build_and_run(text, phase)))

    check()
    # Both outcomes must occur, or the mutations do not reach what they are meant to reach.
    assert any(ran) and not all(ran)


def test_solvers():
    ran = []

    def step(text):
        # Passes by the million are a legal wish.
        text = re.sub(r"iter_size: *\w+", "iter_size: 2", text)
        Path("net.prototxt").write_text(NETS[-1])
        Path("solver.prototxt").write_text(text, encoding="utf-8")
        caffe.get_solver("solver.prototxt").step(2)

    @settings(bounded, max_examples=60)
    @given(damaged_text(SOLVERS, ["SGD", "Adam", "AdaDelta", "nothing"]))
    def check(text):
        ran.append(survives(lambda: step(text)))

    check()
    assert any(ran) and not all(ran)


@pytest.mark.parametrize("dims", ["2147483647", "100000 100000 100000", "9223372036854775807 0"])
def test_absurd_sizes_are_refused_before_they_are_allocated(dims):
    shape = " ".join(f"dim: {d}" for d in dims.split())
    Path("net.prototxt").write_text(
        f'layer {{ name: "big" type: "Input" top: "big" input_param {{ shape {{ {shape} }} }} }}'
    )
    with pytest.raises(caffe.CaffeError, match="'big'"):
        caffe.Net("net.prototxt", caffe.TEST)


@pytest.mark.parametrize("kind, size", [("Convolution", 5), ("Deconvolution", 1)])
def test_a_stride_off_the_map_takes_no_time(kind, size):
    text = (
        'force_backward: true layer { name: "x" type: "Input" top: "x" input_param '
        f"{{ shape {{ dim: 2 dim: 3 dim: {size} dim: {size} }} }} }} "
        f'layer {{ name: "y" type: "{kind}" bottom: "x" top: "y" '
        "convolution_param { num_output: 2 kernel_size: 1 stride: 2147483647 } }"
    )
    build_and_run(text, caffe.TRAIN)


def test_a_layer_that_changes_its_shape_in_place():
    text = (
        'layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 2 dim: 3 } } }'
        'layer { name: "sum" type: "Reduction" bottom: "x" top: "x" }'
    )
    with pytest.raises(caffe.LayerError, match=r"'sum' .*in place.*\(2, 3\) becomes \(\)"):
        build_and_run(text, caffe.TRAIN)


def test_a_net_too_large_in_all():
    layer = (
        'layer {{ name: "in{0}" type: "Input" top: "in{0}"'
        " input_param {{ shape {{ dim: 1000 dim: 1000 dim: 90 }} }} }}"
    )
    Path("net.prototxt").write_text('name: "wide" ' + "".join(map(layer.format, range(3))))
    net = caffe.Net("net.prototxt", caffe.TEST)  # as in BVLC, where memory comes at first touch
    with pytest.raises(caffe.CaffeError, match="'wide' with all its blobs takes 1.0 GiB"):
        net.forward()


@pytest.mark.parametrize("raw", [b"", b"\0" * 99, b"\xff\xfe", b"layer {" * 5000, b"{" * 5000])
def test_no_prototxt_at_all(raw):
    Path("net.prototxt").write_bytes(raw)
    with pytest.raises(caffe.CaffeError, match=r"net\.prototxt"):
        caffe.Net("net.prototxt", caffe.TEST)
