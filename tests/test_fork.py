"""A child forked from a process that has computed computes too."""

import os
import subprocess
import sys

import pytest

CODE = """
import os, sys
import numpy as np, torch
torch.set_num_threads(2)
import caffe
def run():
    net = caffe.Net(sys.argv[1], caffe.TEST)
    net.forward()
    return float(net.blobs["y"].data.sum())
first = run()
child = os.fork()
if child == 0:
    os._exit(0 if abs(run() - first) < 1e-3 * abs(first) else 3)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
NET = """
layer { name: "x" type: "DummyData" top: "x" dummy_data_param {
  shape { dim: 4 dim: 16 dim: 64 dim: 64 } data_filler { type: "constant" value: 0.5 } } }
layer { name: "y" type: "Convolution" bottom: "x" top: "y" convolution_param {
  num_output: 16 kernel_size: 3 weight_filler { type: "constant" value: 0.1 } } }
layer { name: "z" type: "TanH" bottom: "y" top: "y" }
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
def test_a_forked_child_computes(tmp_path):
    (tmp_path / "net.prototxt").write_text(NET)
    command = [sys.executable, "-W", "ignore", "-c", CODE, str(tmp_path / "net.prototxt")]
    environment = {k: v for k, v in os.environ.items() if not k.startswith("OMP_")}
    done = subprocess.run(command, timeout=60, env=environment)
    assert done.returncode == 0
