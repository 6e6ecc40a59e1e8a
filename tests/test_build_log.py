"""What is said of every layer while a net is built: BVLC Caffe 1.0's lines for the same net."""

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest
from cli_kit import LINE

import caffe
import caffe_cli
from caffe._caffe import log

NET = """
name: "Pair"
state { stage: "more" level: 1 }
layer { name: "data" type: "Input" top: "data" top: "label"
  input_param { shape { dim: 2 dim: 3 } shape { dim: 2 } } }
layer { name: "left" type: "InnerProduct" bottom: "data" top: "left"
  param { name: "w" } param { name: "b" } inner_product_param { num_output: 3 } }
layer { name: "right" type: "InnerProduct" bottom: "left" top: "right"
  param { name: "w" } param { name: "b" } inner_product_param { num_output: 3 } }
layer { name: "relu" type: "ReLU" bottom: "right" top: "right" }
layer { name: "size" type: "Reduction" bottom: "right" top: "size" loss_weight: 0.25 }
layer { name: "far" type: "Power" bottom: "right" top: "far" include { stage: "less" } }
layer { name: "low" type: "Power" bottom: "right" top: "low" include { max_level: 0 } }
layer { name: "high" type: "Power" bottom: "right" top: "high" include { min_level: 2 } }
layer { name: "not" type: "Power" bottom: "right" top: "not" exclude { stage: "more" } }
layer { name: "nots" type: "Power" bottom: "right" top: "nots" include { not_stage: "more" } }
layer { name: "accuracy" type: "Accuracy"
  bottom: "right" bottom: "label" top: "accuracy" include { phase: TEST } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "right" bottom: "label" }
"""
# Left out: the softmax within the loss, which BVLC makes as a layer of its own.
BVLC = """
net.cpp:332 The NetState did not contain stage 'less' specified by a rule in layer far
net.cpp:316 The NetState level (1) is above the max_level (0) specified by a rule in layer low
net.cpp:306 The NetState level (1) is above the min_level (2) specified by a rule in layer high
net.cpp:347 The NetState contained a not_stage 'more' specified by a rule in layer nots
net.cpp:296 The NetState phase (0) differed from the phase (1) specified by a rule in layer accuracy
net.cpp:53 Initializing net from parameters: 
layer_factory.hpp:77 Creating layer data
net.cpp:86 Creating Layer data
net.cpp:382 data -> data
net.cpp:382 data -> label
net.cpp:124 Setting up data
net.cpp:131 Top shape: 2 3 (6)
net.cpp:131 Top shape: 2 (2)
net.cpp:139 Memory required for data: 32
layer_factory.hpp:77 Creating layer left
net.cpp:86 Creating Layer left
net.cpp:408 left <- data
net.cpp:382 left -> left
net.cpp:124 Setting up left
net.cpp:131 Top shape: 2 3 (6)
net.cpp:139 Memory required for data: 56
layer_factory.hpp:77 Creating layer right
net.cpp:86 Creating Layer right
net.cpp:408 right <- left
net.cpp:382 right -> right
net.cpp:124 Setting up right
net.cpp:131 Top shape: 2 3 (6)
net.cpp:139 Memory required for data: 80
net.cpp:467 Sharing parameters 'w' owned by layer 'left', param index 0
net.cpp:467 Sharing parameters 'b' owned by layer 'left', param index 1
layer_factory.hpp:77 Creating layer relu
net.cpp:86 Creating Layer relu
net.cpp:408 relu <- right
net.cpp:369 relu -> right (in-place)
net.cpp:124 Setting up relu
net.cpp:131 Top shape: 2 3 (6)
net.cpp:139 Memory required for data: 104
layer_factory.hpp:77 Creating layer right_relu_0_split
net.cpp:86 Creating Layer right_relu_0_split
net.cpp:408 right_relu_0_split <- right
net.cpp:382 right_relu_0_split -> right_relu_0_split_0
net.cpp:382 right_relu_0_split -> right_relu_0_split_1
net.cpp:124 Setting up right_relu_0_split
net.cpp:131 Top shape: 2 3 (6)
net.cpp:131 Top shape: 2 3 (6)
net.cpp:139 Memory required for data: 152
layer_factory.hpp:77 Creating layer size
net.cpp:86 Creating Layer size
net.cpp:408 size <- right_relu_0_split_0
net.cpp:382 size -> size
net.cpp:124 Setting up size
net.cpp:131 Top shape: (1)
net.cpp:134     with loss weight 0.25
net.cpp:139 Memory required for data: 156
layer_factory.hpp:77 Creating layer loss
net.cpp:86 Creating Layer loss
net.cpp:408 loss <- right_relu_0_split_1
net.cpp:408 loss <- label
net.cpp:382 loss -> (automatic)
net.cpp:124 Setting up loss
net.cpp:131 Top shape: (1)
net.cpp:134     with loss weight 1
net.cpp:139 Memory required for data: 160
net.cpp:200 loss needs backward computation.
net.cpp:200 size needs backward computation.
net.cpp:200 right_relu_0_split needs backward computation.
net.cpp:200 relu needs backward computation.
net.cpp:200 right needs backward computation.
net.cpp:200 left needs backward computation.
net.cpp:202 data does not need backward computation.
net.cpp:244 This network produces output size
net.cpp:257 Network initialization done.
"""


@pytest.fixture
def heard(monkeypatch):
    """`heard()` returns the log's lines since caffe was told to say everything."""
    monkeypatch.setenv("GLOG_v", "1")
    monkeypatch.delenv("GLOG_minloglevel", raising=False)
    stream = io.StringIO()
    log.enable_logging(stream)
    yield lambda: stream.getvalue().splitlines()
    monkeypatch.undo()
    log.enable_logging()


def test_the_lines_of_a_net(heard, tmp_path):
    path = tmp_path / "net.prototxt"
    path.write_text(NET)
    caffe.Net(str(path), caffe.TRAIN, level=1, stages=["more"])
    found = [m["src"] + " " + m["text"] for m in map(LINE.match, heard()) if m]
    assert [line.strip() for line in found] == [line.strip() for line in BVLC.strip().split("\n")]
    # The net as its state has filtered it stands behind its line.
    shown = "\n".join(heard())
    assert 'name: "Pair"' in shown and 'name: "low"' not in shown


def test_the_lines_of_a_solver(heard, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.prototxt").write_text(NET)
    (tmp_path / "solver.prototxt").write_text(
        'train_net: "net.prototxt" test_net: "net.prototxt" test_iter: 1 test_interval: 9 '
        'base_lr: 0.01 lr_policy: "fixed"'
    )
    caffe.get_solver("solver.prototxt")
    found = [m["src"] + " " + m["text"] for m in map(LINE.match, heard()) if m]
    assert [line for line in found if line.startswith("solver.cpp")] == [
        "solver.cpp:45 Initializing solver from parameters: ",
        "solver.cpp:92 Creating training net from train_net file: net.prototxt",
        "solver.cpp:190 Creating test net (#0) specified by test_net file: net.prototxt",
        "solver.cpp:57 Solver scaffolding done.",
    ]
    assert found.count("net.cpp:257 Network initialization done.") == 2


@pytest.mark.parametrize("level, verbose, said", [("0", "0", 0), ("1", "1", 0), ("0", "1", 1)])
def test_only_where_it_is_asked_for(level, verbose, said, monkeypatch, tmp_path):
    monkeypatch.setenv("GLOG_v", verbose)
    monkeypatch.setenv("GLOG_minloglevel", level)
    stream = io.StringIO()
    try:
        log.enable_logging(stream)
        (tmp_path / "net.prototxt").write_text(NET)
        caffe.Net(str(tmp_path / "net.prototxt"), caffe.TEST)
    finally:
        monkeypatch.undo()
        log.enable_logging()
    assert stream.getvalue().count("Network initialization done.") == said


def test_the_command_asks_for_it(tmp_path):
    (tmp_path / "net.prototxt").write_text(NET)
    time = ["time", "-model", "net.prototxt", "-iterations", "1"]
    environment = os.environ | {"PYTHONPATH": str(Path(caffe_cli.__file__).parents[1])}
    environment.pop("GLOG_v", None)
    inspect = ["inspect", "net.prototxt"]  # a table, which the log would bury
    for words, said in ((time, 1), ([*time, "-minloglevel=1"], 0), (inspect, 0)):
        argv = [sys.executable, "-m", "caffe_cli", *words]
        done = subprocess.run(
            argv,
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stderr.count("Network initialization done.") == said
