"""The benchmarks compare like with like, and their arithmetic is right. No time is asserted."""

import json

import numpy as np
import pytest

import caffe
from benchmarks import __main__ as command
from benchmarks import loading, measure, report, rivals, with_caffe, with_torch
from benchmarks.config import FCN8S, LENET, LENET_SHAPE, Config, batch
from benchmarks.report import Row

THIN = Config(width=36, height=30, fc=16, dropout=False)


def both_after_a_step(solver, model, hyper, feed):
    """(net, model) after one step from the same start, and the two losses."""
    torch = pytest.importorskip("torch")
    model = with_torch._ready(model, THIN)
    optimizer = with_torch.make_sgd(model, *hyper)
    solver.step(1)
    data, label = torch.from_numpy(feed[0]), torch.from_numpy(feed[1]).long()
    loss = with_torch.train(model, optimizer, data, label, 1, with_torch.autocast(THIN))
    return solver.net, model, float(solver.net.blobs["loss"].data), loss


def hold_equal(net, model, loss, baseline_loss):
    assert loss == pytest.approx(baseline_loss, rel=1e-5)
    ours = [blob.data for blobs in net.params.values() for blob in blobs]
    theirs = [p.detach().numpy() for p in model.parameters()]
    assert [a.shape for a in ours] == [b.shape for b in theirs]
    for a, b in zip(ours, theirs, strict=True):
        assert np.abs(a - b).max() <= 1e-4 * np.abs(b).max() + 1e-9


def test_fcn8s_by_hand_is_the_same_net_and_step():
    solver = with_caffe.fcn8s_solver(THIN)
    feed = batch(THIN.image_shape, (1, 1, 30, 36), 21)
    start = solver.net.params["fc6"][0].data.copy()
    net, model, *losses = both_after_a_step(solver, with_torch.fcn8s(THIN), FCN8S, feed)
    hold_equal(net, model, *losses)
    assert not np.array_equal(net.params["fc6"][0].data, start)
    names = [name for name, blobs in net.params.items() for _ in blobs]
    for name, p in zip(names, model.parameters(), strict=True):
        assert p.requires_grad == (not name.startswith("upscore"))


def test_lenet_by_hand_is_the_same_net_and_step():
    feed = batch(LENET_SHAPE, LENET_SHAPE[:1], 10)
    solver = with_caffe.lenet_solver(THIN)
    hold_equal(*both_after_a_step(solver, with_torch.LeNet(), LENET, feed))


@pytest.mark.parametrize("name, side", [("pspnet50", 41), ("deeplabv3", 33)])
def test_the_successors_by_hand_are_the_same_nets(name, side):
    config = Config(width=side, height=side, trunk=4, net=name)
    ours, theirs = (module.inference(config)() for module in (with_caffe, with_torch))
    assert ours == pytest.approx(theirs, rel=1e-4) and ours != 0


def test_two_processes_are_compared():
    config = Config(steps=2)
    time, memory = measure.compare(
        with_caffe.lenet_step, with_torch.lenet_step, config, rounds=2, exact=True
    )
    assert time.ours > 0 and time.baseline > 0
    assert memory.ratio == memory.ours / memory.baseline


def fails(config):
    raise ValueError("no such net")


def dies(config):
    raise SystemExit(3)


def test_a_contender_that_fails_is_reported():
    with pytest.raises(RuntimeError, match="no such net"):
        measure.Worker(fails, Config())
    with pytest.raises(RuntimeError, match="ended by itself .exit code 3"):
        measure.Worker(dies, Config())


def test_idle_is_what_no_kernel_covers():
    # Covered: 0-4 (two overlapping, one inside) and 6-7 of 0-10, and 9-10.
    spans = [(6, 7), (0, 3), (1, 2), (2, 4), (9, 10)]
    assert measure.idle_share(spans) == pytest.approx(0.4)
    assert measure.idle_share([(5, 8)]) == 0


def test_the_ratio_is_the_median_of_pairs():
    figure = measure.summarize([(1, 1), (2, 1), (9, 3)])
    assert figure == (2, 1, 2)


def test_peak_memory_grows_with_what_is_used():
    before = measure.peak_resident()
    block = np.ones(64 << 20, np.uint8)
    assert measure.peak_resident() >= before
    assert measure.peak_resident() > block.nbytes


ROWS = [
    Row("step", 1.5, 1.0, "s", 1.5, 1.05),
    Row("memory", 2**30, 2**30, "B", 1.0, 1.1),
    Row("copy", 0.02, 0.01, "s", 0.01, 0.6, excess=True),
    Row("idle", 0.125, None, "%"),
]


def test_table_says_which_target_is_missed():
    lines = report.show(ROWS).splitlines()
    assert lines[1].split() == "step 1.500 s 1.000 s 1.500x at most 1.050x MISSED".split()
    assert lines[2].split() == "memory 1024 MiB 1024 MiB 1.000x at most 1.100x ok".split()
    assert lines[3].split() == "copy 20.00 ms 10.00 ms +0.010 s at most +0.600 s ok".split()
    assert lines[4].split() == "idle 12.5 %".split()


def test_saved_results_can_be_read(tmp_path, monkeypatch):
    monkeypatch.setattr(report, "RESULTS", tmp_path / "results.json")
    report.save(ROWS, {"rounds": 1})
    content = json.loads(report.RESULTS.read_text())
    assert [row["verdict"] for row in content["rows"]] == ["MISSED", "ok", "ok", ""]
    assert content["machine"]["cores"] >= 1 and content["options"] == {"rounds": 1}


@pytest.mark.parametrize("arguments", [["--rounds", "0"], ["--only", "nothing"], ["--size", "x"]])
def test_bad_arguments(arguments, capsys, monkeypatch):
    monkeypatch.setenv("GLOG_minloglevel", "2")  # which main would leave behind
    with pytest.raises(SystemExit):
        command.main(arguments)
    assert "usage" in capsys.readouterr().err


def test_command(capsys, monkeypatch):
    """The table's row is the figure that was measured, and its verdict that of its target."""
    monkeypatch.setenv("GLOG_minloglevel", "2")
    monkeypatch.setattr(command.files, "import_seconds", lambda rounds: 0.25 * rounds)
    assert command.main(["--only", "import", "--rounds", "1"]) == 0
    assert capsys.readouterr().out.splitlines()[-1].split("torch")[-1].split() == (
        "250.00 ms +0.250 s at most +0.300 s ok".split()
    )
    assert command.main(["--only", "import", "--rounds", "2"]) == 0
    assert capsys.readouterr().out.splitlines()[-1].endswith("at most +0.300 s  MISSED")


def test_importing_is_timed_in_a_new_process():
    """Of torch and caffe only caffe, which is not imported yet there."""
    assert 0 < command.files.import_seconds(1) < 5


def test_channels_last_is_the_same_net():
    wanted = with_torch.forward(THIN)()
    assert rivals.channels_last(THIN)() == pytest.approx(wanted, rel=1e-4) and wanted != 0


@pytest.mark.parametrize("name", rivals.READ_ONNX)
def test_those_who_read_onnx_compute_what_caffe_does(name, tmp_path):
    pytest.importorskip(rivals.READ_ONNX[name])
    (tmp_path / "net.prototxt").write_text(
        'layer { name: "data" type: "Input" top: "data" '
        "input_param { shape { dim: 1 dim: 3 dim: 30 dim: 36 } } } "
        'layer { name: "score" type: "Convolution" bottom: "data" top: "score" convolution_param '
        '{ num_output: 2 kernel_size: 3 weight_filler { type: "xavier" } } }'
    )
    net = caffe.Net(str(tmp_path / "net.prototxt"), caffe.TEST)
    config = THIN._replace(model=str(tmp_path / "net.onnx"))
    caffe.export.onnx(net, config.model)
    net.blobs["data"].data[...] = batch(config.image_shape, (1,), 21)[0]
    wanted = net.forward()["score"][0, 0, 0, 0]
    assert rivals.RIVALS[name](config)() == pytest.approx(wanted, rel=1e-4)


def test_one_of_several_against_another():
    time, memory = measure.against(measure.Runs([1, 2, 9], 10), measure.Runs([1, 1, 3], 20))
    assert time == (2, 1, 2) and memory == (10, 20, 0.5)


def test_a_data_layer_is_timed_alone():
    assert 0 < loading.seconds_of_a_picture(Config(width=16, height=8), 2, 1) < 1


@pytest.mark.parametrize("name", ["inference", "fcn8s_optimized_step"])
def test_both_sides_multiply_in_bf16_where_asked(name):
    narrow = THIN._replace(precision="bf16")
    try:
        found = [
            [getattr(module, name)(config)() for module in (with_caffe, with_torch)]
            for config in (THIN, narrow)
        ]
    finally:
        caffe.set_precision("float32")
    for exact, rounded in zip(*found, strict=True):
        assert rounded != exact and rounded == pytest.approx(exact, rel=0.05)
