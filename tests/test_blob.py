"""Blobs: shapes, live views, and the two sides that SyncedMemory keeps in step.

Where there is no CUDA device, GPU mode is stood in for by a second set of CPU tensors: the same
states are passed through, each copy between the sides included.
"""

import numpy as np
import pytest
import torch

import caffe
from caffe._caffe.core import context
from caffe._caffe.core.blob import Blob
from caffe._caffe.core.syncedmem import SyncedMemory


def test_new_blob_is_zero_and_views_are_live():
    blob = Blob((2, 3))
    assert blob.data.shape == (2, 3) and not blob.data.any() and not blob.diff.any()
    view = blob.data
    view[1, 2] = 7
    assert blob.tensor()[1, 2] == 7
    assert blob.data is view


def test_a_held_view_takes_up_new_values():
    blob = Blob((2, 2))
    view = blob.data[0]
    blob.put(torch.tensor([[1.0, 2.0], [3.0, 4.0]]))
    assert view.tolist() == [1, 2]


def test_an_unheld_view_costs_no_copy():
    blob = Blob((2, 2))
    blob.data[...] = 5
    value = torch.ones(2, 2)
    blob.put(value)
    assert blob.tensor().data_ptr() == value.data_ptr()


def test_reshape_keeps_values_of_the_same_count():
    blob = Blob((2, 3))
    blob.data[...] = np.arange(6).reshape(2, 3)
    blob.reshape(3, 2)
    assert blob.data.ravel().tolist() == list(range(6))
    blob.reshape(4)
    assert blob.shape == (4,) and blob.count == 4


@pytest.mark.parametrize("shape", [(-1, 2), (2**16, 2**16), (1,) * 33])
def test_impossible_shapes_are_refused(shape):
    with pytest.raises(caffe.CaffeError, match="axes|negative|elements"):
        Blob(shape)


def test_legacy_names_count_absent_axes_as_one():
    blob = Blob((4, 5))
    assert (blob.num, blob.channels, blob.height, blob.width) == (4, 5, 1, 1)
    with pytest.raises(caffe.CaffeError, match="at most 4 axes"):
        _ = Blob((1, 1, 1, 1, 2)).num


def test_a_borrowed_array_is_copied_before_it_is_written():
    owner = torch.ones(3)
    buffer = SyncedMemory()
    buffer.put(owner, borrow=True)
    assert buffer.tensor((3,), context.HOST, write=False).data_ptr() == owner.data_ptr()
    buffer.numpy((3,))[...] = 9
    assert owner.tolist() == [1, 1, 1]


def test_clearing_a_borrowed_array_leaves_its_owner():
    owner = torch.ones(3)
    buffer = SyncedMemory()
    buffer.put(owner, borrow=True)
    buffer.clear()
    assert owner.tolist() == [1, 1, 1] and not buffer.numpy((3,)).any()


@pytest.fixture
def gpu(monkeypatch):
    """GPU mode, on a stand-in device."""
    monkeypatch.setattr(context._state, "gpu", True)
    assert context.side() == "cpu" != context.HOST


def test_each_side_copies_only_when_the_other_is_newer(gpu):
    blob = Blob((2,))
    blob.data[...] = [1, 2]
    assert blob.data_buffer.head == {"host"}
    device = blob.tensor()
    assert device.tolist() == [1, 2] and blob.data_buffer.head == {"host", "cpu"}
    device.fill_(9)  # behind its back: nothing is newer, so nothing is copied
    assert blob.tensor().tolist() == [9, 9]
    assert blob.host_tensor().tolist() == [1, 2]
    blob.tensor(write=True).fill_(5)
    assert blob.data_buffer.head == {"cpu"}
    assert blob.data.tolist() == [5, 5]


def test_a_held_view_is_brought_up_to_date_and_heard(gpu):
    blob = Blob((2,))
    view = blob.data
    blob.put(torch.tensor([3.0, 4.0]))
    assert view.tolist() == [0, 0]
    blob.data_buffer.refresh_view()
    assert view.tolist() == [3, 4]
    view[0] = 8  # nobody is told
    blob.data_buffer.mark_host_newest()
    assert blob.tensor().tolist() == [8, 4]


def test_a_borrowed_array_of_the_device_is_never_written_from_the_host(gpu):
    owner = torch.ones(3)
    for act in (lambda b: b.numpy((3,)).fill(7), SyncedMemory.clear):
        buffer = SyncedMemory()
        view = buffer.numpy((3,))
        buffer.put(owner, borrow=True)
        buffer.refresh_view()
        act(buffer)
        assert buffer.tensor((3,), context.side(), write=True).tolist() == view.tolist()
        assert owner.tolist() == [1, 1, 1]


def test_a_net_runs_and_trains_the_same_on_both_sides(gpu, tmp_path, monkeypatch):
    text = """
      layer { name: "d" type: "DummyData" top: "x" top: "t" dummy_data_param {
        shape { dim: 4 dim: 3 } shape { dim: 4 dim: 2 }
        data_filler { type: "constant" value: 0.5 } data_filler { type: "constant" value: 1 } } }
      layer { name: "ip" type: "InnerProduct" bottom: "x" top: "y" inner_product_param {
        num_output: 2 weight_filler { type: "xavier" } } }
      layer { name: "loss" type: "EuclideanLoss" bottom: "y" bottom: "t" top: "loss" }
    """
    (tmp_path / "net.prototxt").write_text(text)
    (tmp_path / "solver.prototxt").write_text(
        f'net: "{tmp_path}/net.prototxt" base_lr: 0.1 momentum: 0.9 lr_policy: "fixed"'
    )
    results = []
    for on_device in (True, False):
        monkeypatch.setattr(context._state, "gpu", on_device)
        caffe.set_random_seed(3)
        solver = caffe.SGDSolver(str(tmp_path / "solver.prototxt"))
        solver.step(2)
        update = solver.net.params["ip"][0].diff  # held, and borrowed from the momentum
        assert update.any()
        solver.step(3)
        results.append([solver.net.params["ip"][i].data.copy() for i in (0, 1)])
        assert solver.net.blobs["loss"].data < 0.5
    assert all(np.array_equal(a, b) for a, b in zip(*results, strict=True))


def test_no_cuda_is_an_error_not_a_cpu_run(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    before = context.device()
    with pytest.raises(caffe.CaffeError, match="no CUDA device.*set_mode_cpu"):
        caffe.set_mode_gpu()
    with pytest.raises(caffe.CaffeError, match="CUDA"):
        caffe.set_device(3)
    assert context.device() == before


def test_gpu_mode_computes_on_the_device_in_full_float32(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(context._state, "device_id", 0)  # and put back afterwards
    rounds = torch.backends.cudnn.allow_tf32
    try:
        caffe.set_device(1)
        caffe.set_mode_gpu()
        assert context.device() == torch.device("cuda", 1) and context.side() == "cuda:1"
        assert not torch.backends.cudnn.allow_tf32
        with pytest.raises(caffe.CaffeError, match="no CUDA device 2; this machine has 2"):
            caffe.set_device(2)
    finally:
        monkeypatch.setattr(context._state, "device_id", 0)
        caffe.set_mode_cpu()
        torch.backends.cudnn.allow_tf32 = rounds
    assert context.side() == context.HOST


def test_sharing_shares_both_ways():
    a, b = Blob((2,)), Blob((1, 2))
    b.share_data(a)
    a.data[...] = [1, 2]
    assert b.data.tolist() == [[1, 2]]
    b.data[0, 0] = 5
    assert a.data[0] == 5


def test_values_put_as_computed_stay_so_until_numpy_is_to_see_them():
    blob = Blob((2, 3, 4, 5))
    values = torch.arange(120.0).view(2, 3, 4, 5)
    last = values.to(torch.bfloat16, memory_format=torch.channels_last)
    blob.put(last, as_computed=True)
    assert blob.computed() is last
    assert torch.equal(blob.tensor(), values) and blob.tensor().is_contiguous()
    assert blob.computed().dtype == torch.float32
    view = blob.data
    blob.put(-last, as_computed=True)  # a view stays valid
    assert np.array_equal(view, -values.numpy())
    blob.put(last[:, :, 1:], as_computed=True)  # in no order that a blob keeps
    assert blob.computed().is_contiguous() and torch.equal(blob.tensor(), values[:, :, 1:])


def test_a_held_view_takes_channels_last_of_another_shape():
    blob = Blob((2, 8, 4, 4))
    view = blob.data
    blob.set_shape((4, 8, 2, 4))
    values = torch.arange(256.0).view(4, 8, 2, 4)
    blob.put(values.contiguous(memory_format=torch.channels_last), as_computed=True)
    assert np.array_equal(view.ravel(), np.arange(256)) and np.array_equal(blob.data, values)
