"""Data and ImageData: loading in the background, and going on after a snapshot."""

import gc
import json
import subprocess
import sys
import threading
import time

import h5py
import numpy as np
import pytest
from sourcekit import (
    RANDOM,
    batches,
    data_layer,
    datum,
    image,
    image_layer,
    list_file,
    make_net,
    ramp_lmdb,
    same,
    write_lmdb,
)

import caffe
from caffe._caffe.errors import LayerError


def data_case(tmp_path):
    folder = write_lmdb(tmp_path / "db", [datum(image(i), i) for i in range(7)])
    return data_layer(folder, 2, RANDOM)


def image_case(tmp_path):
    list_file(tmp_path, 7)
    return image_layer(tmp_path, "shuffle: true batch_size: 3 rand_skip: 2", RANDOM)


@pytest.mark.parametrize("case", [data_case, image_case])
@pytest.mark.parametrize("taken", [0, 1, 6])
def test_state_continues_with_the_very_next_batch(tmp_path, case, taken):
    layer = case(tmp_path)
    whole = make_net(tmp_path, layer)
    batches(whole, taken)
    state = json.loads(json.dumps(whole.get_state()))
    time.sleep(0.05)  # let it load ahead: what was loaded but not given out does not count
    assert whole.get_state() == state
    rest = batches(whole, 9)
    for used in (0, 3):
        resumed = make_net(tmp_path, layer)
        batches(resumed, used)
        resumed.set_state(state)
        assert same(batches(resumed, 9), rest)


def hdf5_case(tmp_path):
    with h5py.File(tmp_path / "rows.h5", "w") as file:
        file["a"] = np.arange(24, dtype=np.float32).reshape(8, 3)
    (tmp_path / "rows.txt").write_text(f"{tmp_path}/rows.h5\n")
    return f"""type: "HDF5Data" top: "a" hdf5_data_param {{ source: "{tmp_path}/rows.txt"
      batch_size: 3 shuffle: true }}"""


@pytest.mark.parametrize("case", [data_case, image_case, hdf5_case])
def test_several_threads_give_the_same_batches(tmp_path, case):
    layer = case(tmp_path)
    caffe.set_random_seed(1)
    wanted = batches(make_net(tmp_path, layer), 12)
    caffe.set_random_seed(1)
    net = make_net(tmp_path, layer)
    try:
        caffe.set_data_workers(3)
        assert same(batches(net, 5), wanted[:5])
        state = json.loads(json.dumps(net.get_state()))
        assert same(batches(net, 7), wanted[5:])
        net.set_state(state)
        assert same(batches(net, 7), wanted[5:])
        assert len(loaders()) >= 3
    finally:
        caffe.set_data_workers(1)
    with pytest.raises(caffe.CaffeError, match="at least 1, given 0"):
        caffe.set_data_workers(0)


@pytest.mark.parametrize("state", [{}, {"next": "x", "seed": 1}, {"next": -1, "seed": 0}])
def test_bad_state(tmp_path, state):
    net = make_net(tmp_path, data_case(tmp_path))
    with pytest.raises(LayerError, match="layer 'source'.*state"):
        net.set_state({"source": state})


def loaders():
    return [t for t in threading.enumerate() if t.name.startswith("caffe-prefetch")]


def settled(count):
    """The number of loading threads, once it has come down to `count` (or after 10 s)."""
    deadline = time.time() + 10
    while len(loaders()) > count and time.time() < deadline:
        time.sleep(0.01)
    return len(loaders())


def test_the_thread_lives_as_long_as_the_net(tmp_path):
    gc.collect()
    before = settled(0)
    net = make_net(tmp_path, data_case(tmp_path))
    assert len(loaders()) == before  # started by the first forward
    net.forward()
    assert len(loaders()) == before + 1
    del net
    gc.collect()
    assert settled(before) == before


def test_batches_load_ahead(tmp_path):
    net = make_net(tmp_path, data_case(tmp_path).replace("backend", "prefetch: 3 backend"))
    loaded = []
    reader = net.layers[0].reader
    load = reader.batch
    reader.batch = lambda first: loaded.append(first) or load(first)
    net.forward()
    deadline = time.time() + 10
    while len(loaded) < 4 and time.time() < deadline:
        time.sleep(0.01)
    time.sleep(0.05)
    assert loaded == [0, 2, 4, 6]  # the one given out and three ahead, no more


FORK = """
import os, sys, caffe
net = caffe.Net(sys.argv[1], caffe.TRAIN)
net.forward()
child = os.fork()
net.forward()
if child == 0:
    os._exit(list(net.blobs["label"].data) != [2, 3])
assert list(net.blobs["label"].data) == [2, 3]
assert os.waitpid(child, 0)[1] == 0
"""


@pytest.mark.skipif(not hasattr(__import__("os"), "fork"), reason="this system cannot fork")
def test_a_forked_process_reads_on_independently(tmp_path):
    make_net(tmp_path, data_layer(ramp_lmdb(tmp_path / "db", 5)))
    # Python 3.12 warns of any fork beside a thread, so warnings stay off here.
    run = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", FORK, str(tmp_path / "net.prototxt")], timeout=60
    )
    assert run.returncode == 0


def test_leaving_python_with_batches_ahead(tmp_path):
    make_net(tmp_path, data_layer(ramp_lmdb(tmp_path / "db", 5)))
    code = "import sys, caffe; net = caffe.Net(sys.argv[1], caffe.TRAIN); net.forward()"
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", code, str(tmp_path / "net.prototxt")],
        timeout=60,
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0 and "Traceback" not in run.stderr


LEARN = """
layer {{ name: "source" {source} }}
layer {{ name: "drop" type: "Dropout" bottom: "data" top: "drop" }}
layer {{ name: "ip" type: "InnerProduct" bottom: "drop" top: "ip"
  inner_product_param {{ num_output: 1 weight_filler {{ type: "xavier" }} }} }}
layer {{ name: "loss" type: "EuclideanLoss" bottom: "ip" bottom: "label" top: "loss" }}
"""


@pytest.mark.parametrize("case", [data_case, image_case])
def test_a_run_killed_and_resumed_ends_in_the_same_weights(tmp_path, case):
    (tmp_path / "train.prototxt").write_text(LEARN.format(source=case(tmp_path)))
    (tmp_path / "solver.prototxt").write_text(
        f"""train_net: "{tmp_path}/train.prototxt" base_lr: 1e-5 momentum: 0.9 lr_policy: "fixed"
        snapshot: 4 snapshot_prefix: "{tmp_path}/run" """
    )

    def train(seed, stop, start=None):
        caffe.set_random_seed(seed)
        solver = caffe.SGDSolver(str(tmp_path / "solver.prototxt"))
        if start:
            solver.restore(f"{tmp_path}/run_iter_{start}.solverstate")
        solver.step(stop - solver.iter)
        return solver.net.params["ip"][0].data.copy()

    whole = train(1, 11)
    assert not np.array_equal(train(2, 11), whole)  # the seed matters ...
    train(1, 6)
    assert np.array_equal(train(3, 11, start=4), whole)  # ... but a snapshot brings its own
