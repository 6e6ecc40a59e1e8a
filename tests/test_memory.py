"""Host memory: parameters mapped apart, large filters as matrices, the allocator's setting.

Thresholds are set low here, so that small nets take the paths of large ones.
"""

import os
import subprocess
import sys

import numpy as np
import pytest
import torch

import caffe
from caffe._caffe.core import allocator, large_filters
from caffe._caffe.core.blob import Blob
from caffe._caffe.layers import conv

NET = """
layer { name: "data" type: "DummyData" top: "data" top: "target" dummy_data_param {
  shape { dim: 2 dim: 3 dim: 9 dim: 8 } shape { dim: 2 dim: 5 dim: 5 dim: 4 }
  data_filler { type: "gaussian" } data_filler { type: "gaussian" } } }
layer { name: "conv1" type: "Convolution" bottom: "data" top: "conv1" convolution_param {
  num_output: 7 kernel_size: 3 pad: 1 weight_filler { type: "xavier" } } }
layer { name: "relu1" type: "ReLU" bottom: "conv1" top: "conv1" }
layer { name: "pool1" type: "Pooling" bottom: "conv1" top: "pool1" pooling_param {
  kernel_size: 2 stride: 2 } }
layer { name: "left" type: "Convolution" bottom: "pool1" top: "left" convolution_param {
  num_output: 5 kernel_size: 1 weight_filler { type: "xavier" } } }
layer { name: "right" type: "Convolution" bottom: "pool1" top: "right" convolution_param {
  num_output: 5 kernel_size: 3 pad: 1 bias_term: false weight_filler { type: "xavier" } } }
layer { name: "sum" type: "Eltwise" bottom: "left" bottom: "right" top: "sum" }
layer { name: "loss" type: "EuclideanLoss" bottom: "sum" bottom: "target" top: "loss" }
"""


@pytest.fixture
def all_is_large(monkeypatch):
    monkeypatch.setattr(allocator, "LARGE", 4)
    monkeypatch.setattr(conv.Convolution, "_large", lambda layer, weight: True)
    monkeypatch.setattr(large_filters, "LARGE", 4 * 2 * 3 * 9 * 8 * 2)  # two rows of conv1's nine


def trained(folder):
    """Losses and parameters of four steps."""
    (folder / "net.prototxt").write_text(NET)
    (folder / "solver.prototxt").write_text(
        f'train_net: "{folder}/net.prototxt" base_lr: 0.001 momentum: 0.9 weight_decay: 0.01 '
        'lr_policy: "fixed" random_seed: 3 iter_size: 2'
    )
    solver = caffe.get_solver(str(folder / "solver.prototxt"))
    losses = []
    for _ in range(4):
        solver.step(1)
        losses.append(float(solver.net.blobs["loss"].data))
    params = [b.data.copy() for blobs in solver.net.params.values() for b in blobs]
    diffs = [b.diff.copy() for blobs in solver.net.params.values() for b in blobs]
    return losses, params + diffs


def test_training_is_the_same_with_mapped_parameters_and_filters_as_matrices(tmp_path, request):
    losses, arrays = trained(tmp_path)
    request.getfixturevalue("all_is_large")
    other_losses, others = trained(tmp_path)
    np.testing.assert_allclose(other_losses, losses, rtol=1e-5)
    for mine, theirs in zip(others, arrays, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-5, atol=1e-7)


def test_a_view_that_is_held_across_a_reshape_stays_as_it_was(all_is_large):
    blob = Blob((2, 3))
    blob.put(torch.ones(2, 3))
    view = blob.data
    blob.reshape(1, 3)
    blob.put(torch.zeros(1, 3))
    assert view.tolist() == [[1, 1, 1], [1, 1, 1]]


def test_persistent_arrays_are_zero_and_writable():
    for count in (0, 1, allocator.LARGE):
        array = allocator.persistent_zeros(count)
        assert array.shape == (count,) and not array.any()
        array += 1
        assert array.all()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="glibc is Linux's")
def test_the_allocator_is_left_alone_where_the_user_has_set_it_up():
    code = "import caffe._caffe.core.allocator as m; print(m.keep_freed_memory())"
    plain = {k: v for k, v in os.environ.items() if not k.startswith("MALLOC_")}
    for more, kept in (({}, "True"), ({"MALLOC_ARENA_MAX": "4"}, "False")):
        run = subprocess.run(
            [sys.executable, "-c", code], env={**plain, **more}, capture_output=True, text=True
        )
        assert run.stdout.split()[-1] == kept, run.stderr


RETURNED = """
import torch
from caffe._caffe.core import allocator

def grown():
    before = pages()
    torch.ones(1 << 24)  # 64 MB, freed at once
    return pages() - before > 8192

def pages():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1])

with allocator.returned_memory():
    inside = grown()
print(inside, grown())
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="glibc is Linux's")
def test_freed_memory_is_kept_but_for_passes_that_come_once():
    plain = {k: v for k, v in os.environ.items() if not k.startswith("MALLOC_")}
    run = subprocess.run(
        [sys.executable, "-c", RETURNED], env=plain, capture_output=True, text=True
    )
    assert run.stdout.split() == ["False", "True"], run.stderr
