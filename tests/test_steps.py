"""One training step of every experiment, on tiny pictures in each data set's own format.

Those whose nets are drawn for crops of one size are in test_successor_rows.py.
"""

import gc
import re

import numpy as np
import pytest
import tiny
from google.protobuf import text_format

import caffe
import experiments
from caffe.proto import caffe_pb2
from nets import surgery
from training import run_dir

ROWS = [
    row
    for row in experiments.EXPERIMENTS.values()
    # Of dilation's twelve, whose whole VGG16 sees 500x500 crops, the joint step of one.
    if row.window is None and (row.net != "dilation.segmenter" or row.name == "voc-dilation8")
]


@pytest.fixture(scope="module", autouse=True)
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("steps")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FCN_DATA", str(folder / "data"))
        patch.setenv("FCN_RUNS", str(folder / "runs"))
        tiny.everything(folder / "data")
        yield folder


def training_solver(row):
    """The row's solver without its test net (a second 540 MB), one picture per step."""
    paths = run_dir.write_prototxts(row, experiments.data_of(row))
    net = paths["train"].read_text()
    paths["train"].write_text(re.sub(r"(\bbatch\\': )\d+", r"\g<1>1", net))
    path = paths["solver"]
    param = text_format.Parse(path.read_text(), caffe_pb2.SolverParameter())
    param.ClearField("test_net")
    param.ClearField("test_iter")
    param.iter_size = 1
    path.write_text(text_format.MessageToString(param))
    return caffe.get_solver(str(path))


def fill(net):
    """Weights that let signals through at about their size, in the place of trained ones."""
    noise = np.random.RandomState(0).standard_normal(1 << 16).astype(np.float32)
    for blobs in net.params.values():
        weights = blobs[0].data
        if weights.ndim == 1:
            continue
        block = noise * np.float32(np.sqrt(2 / weights[0].size))
        flat = weights.reshape(-1)
        whole = flat.size // block.size * block.size
        flat[:whole].reshape(-1, block.size)[...] = block  # fc6 has 103 million
        flat[whole:] = block[: flat.size - whole]
    surgery.interp(net, surgery.interp_layers(net))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_one_step_learns(row):
    data = experiments.data_of(row)
    solver = training_solver(row)
    fill(solver.net)
    learning = {
        layer.name: any(p.lr_mult for p in layer.param) or not layer.param
        for layer in text_format.Parse(
            (run_dir.folder(row.name) / "train.prototxt").read_text(), caffe_pb2.NetParameter()
        ).layer
    }
    # A corner of each weight is enough to see whether it moved.
    before = {k: blobs[0].data.flat[:256].copy() for k, blobs in solver.net.params.items()}
    solver.step(1)
    net = solver.net
    for head in data.heads:
        loss = float(net.blobs[head.loss].data)
        assert np.isfinite(loss) and loss > 0
        if head.score not in net.blobs:  # dilation's, at stride 8, and HED's have other names
            continue
        assert net.blobs[head.score].data.shape[1] == head.classes
        if "classifier" not in row.net:
            assert net.blobs[head.score].data.shape[2:] == net.blobs[head.label].data.shape[2:]
    for name, blobs in net.params.items():
        if net.layer_dict[name].type == "BatchNorm":  # its statistics follow the pictures
            continue
        if not learning[name]:
            assert (blobs[0].data.flat[:256] == before[name]).all(), name
        elif name.startswith(("score_fr", "score_pool")) or name == "conv1_1":
            # Rates of 1e-10 and less may not move a weight of size 1 in float32: look at the diff.
            gradient = blobs[0].diff
            assert np.abs(gradient).max() > 0 and np.isfinite(gradient).all(), name
    del solver, net
    gc.collect()
