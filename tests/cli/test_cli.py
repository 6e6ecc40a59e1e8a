"""The caffe command: flags, commands, log lines."""

import logging
import re
from pathlib import Path

import pytest
from cli_kit import LINE, NET, SOLVER

import caffe
import caffe_cli
from caffe.proto import caffe_pb2
from caffe_cli.command_line import COMMANDS
from caffe_cli.options import CommandError


@pytest.mark.parametrize(
    "command, argv, values",
    [
        ("train", ["-solver", "a"], dict(solver="a", iterations=50)),
        ("train", ["--solver=a", "--gpu=0,1"], dict(solver="a", gpu="0,1")),
        ("train", ["-solver=a", "-model", "b"], dict(solver="a", model="b")),
        ("time", ["-iterations=7"], dict(iterations=7, forward_only=False)),
        ("time", ["-forward_only", "-level", "-2"], dict(forward_only=True, level=-2)),
        ("time", ["--forward_only=false"], dict(forward_only=False)),
        ("time", ["-forward-only=1"], dict(forward_only=True)),
        ("time", ["-noforward_only"], dict(forward_only=False)),
        ("time", ["-logtostderr", "-model=a"], dict(model="a")),
        ("test", ["-gpu", "", "-stage", "a=b,c"], dict(gpu="", stage="a=b,c")),
        ("draw", ["--", "-odd", "b"], dict(net="-odd", picture="b")),
        ("draw", ["-display_lrm", "a", "-rankdir", "TB", "b"], dict(net="a", picture="b")),
        ("upgrade", ["a", "-align_crops", "b"], dict(old="a", new="b", align_crops=True)),
        ("upgrade", ["a.py"], dict(old="a.py", new=None)),
    ],
)
def test_flags_are_read_as_gflags_reads_them(command, argv, values):
    options = COMMANDS[command].parser().parse(argv)
    assert {name: getattr(options, name) for name in values} == values


def test_flags_may_precede_the_command(command):
    status, output, _ = command("-model", "absent", "time")
    assert status == 1 and "'absent' is not a file" in output


@pytest.mark.parametrize(
    "argv, said",
    [
        (["train", "-sovler", "x"], "unknown flag '-sovler'; did you mean -solver?"),
        (["train", "-solver"], "flag -solver: expected one argument"),
        (["time", "-iterations", "many"], "flag -iterations: invalid int value: 'many'"),
        (["time", "-forward_only=maybe"], "true or false, got 'maybe'"),
        (["tarin"], "unknown command 'tarin'; did you mean train?"),
        (
            ["train", "solver.prototxt"],
            "expected caffe train [-flag value ...], got 'solver.prototxt'",
        ),
        (["draw", "net.prototxt"], "expected caffe draw NET PICTURE"),
        (["train"], "-solver FILE"),
        (["test", "-model", "net.prototxt"], "-weights FILE"),
        (["time"], "-model FILE"),
        (["train", "-solver", "s", "-weights", "a", "-snapshot", "b"], "not both"),
        (["train", "-solver", "s", "-sigint_effect", "halt"], "stop, snapshot, none"),
        (["train", "-solver", "absent"], "solver 'absent' is not a file"),
        (["train", "-solver", "solver.prototxt", "-weights", "a,b"], "weights 'a' is not a file"),
        (["time", "-model", "net.prototxt", "-phase", "VAL"], "TRAIN or TEST, got 'VAL'"),
        (["time", "-model", "net.prototxt", "-gpu", "zero"], "got 'zero'"),
        (["time", "-model", "net.prototxt", "-gpu", "0,1"], "names 2 devices"),
        (["time", "-model", "net.prototxt", "-iterations", "0"], "at least 1"),
        (["draw", "net.prototxt", "net.xyz"], "png"),
        (["upgrade", "absent", "new"], "'absent' is not a file"),
        (["upgrade", "net.prototxt"], "expected caffe upgrade OLD NEW"),
        (["import", "onnx"], "import onnx MODEL PROTOTXT WEIGHTS [-flag value ...] or caffe imp"),
        (["export", "onnx"], "expected caffe export onnx DEPLOY [WEIGHTS] OUT"),
        (["draw", "-rankdri", "LR", "a", "b"], "unknown flag '-rankdri'; did you mean -rankdir?"),
        (["check", "absent"], "'absent' is not a folder"),
        (["check", ".", "-jobs", "0"], "must be positive"),
        (["-versoin"], "unknown flag '-versoin'; did you mean -version?"),
    ],
)
def test_what_is_wrong_with_a_command_line(folder, argv, said):
    with pytest.raises(CommandError) as caught:
        caffe_cli.run(argv)
    assert said in str(caught.value)


def test_help_version_and_status(command):
    status, output, _ = command("-help")
    assert status == 0 and all(f"  {name} " in output for name in COMMANDS)
    assert command() == (0, output, [])  # as BVLC's tool, which shows its usage
    status, output, _ = command("train", "-help")
    assert status == 0 and "--sighup_effect" in output and "--rankdir" not in output
    assert "--iterations" not in output  # accepted, and of no use here
    assert command("-version")[1].strip() == f"caffe version {caffe.__version__}"
    status, output, _ = command("tset")
    assert status == 1 and output.startswith("caffe: unknown command 'tset'; did you mean test?")


def test_unknown_dialects_are_refused(command):
    status, output, _ = command("time", "-model", "net.prototxt", "-dialect", "segnot")
    assert status == 1 and output.startswith("caffe: unknown dialect 'segnot'")


@pytest.mark.parametrize(
    "lacking, argv, said",
    [
        ("set_dialect", ["time", "-model", "net.prototxt", "-dialect", "hed"], "no dialects"),
        ("set_precision", ["time", "-model", "net.prototxt", "-precision", "bf16"], "in float32"),
        ("set_data_workers", ["test", "-model", "net.prototxt", "-workers", "2"], "one thread"),
        ("read_net", ["upgrade", "net.prototxt", "new"], "upgrade_net_proto_text"),
        ("CaffeError", ["train", "-solver", "solver.prototxt", "-ranks", "2"], "python/train.py"),
    ],
)
def test_a_bvlc_build_says_what_it_lacks(folder, monkeypatch, lacking, argv, said):
    monkeypatch.delattr(caffe, lacking)
    with pytest.raises(CommandError) as caught:
        caffe_cli.run(argv)
    assert "this caffe is a BVLC build" in str(caught.value) and said in str(caught.value)


def test_what_caffe_refuses_is_shown_without_a_traceback(command, folder):
    (folder / "net.prototxt").write_text(NET.replace("InnerProduct", "InerProduct"))
    status, output, _ = command("time", "-model", "net.prototxt")
    assert status == 1 and "InnerProduct" in output and "Traceback" not in output
    (folder / "net.onnx").write_text("plain words")  # an error with another's as its cause
    status, output, _ = command("import", "onnx", "net.onnx", "new.prototxt", "new.caffemodel")
    assert status == 1 and "not an ONNX file" in output and "Traceback" not in output


def test_train_logs_as_caffe_does(command):
    status, output, lines = command("train", "--solver=solver.prototxt")
    assert status == 0 and not output.count("Traceback")
    assert all(LINE.match(line) for line in output.splitlines() if "Iteration" in line)
    expected = [
        r"caffe.cpp:197 Use CPU\.",
        r"solver.cpp:57 Solver scaffolding done\.",
        r"caffe.cpp:239 Starting Optimization",
        r"solver.cpp:289 Solving Tiny",
        r"solver.cpp:290 Learning Rate Policy: step",
        r"solver.cpp:347 Iteration 0, Testing net \(#0\)",
        r"solver.cpp:414     Test net output #0: accuracy = \S+",
        r"solver.cpp:414     Test net output #1: loss = \S+ \(\* 1 = \S+ loss\)",
        r"solver.cpp:239 Iteration 0 \(\S+ iter/s, \S+s/2 iters\), loss = \S+",
        r"solver.cpp:258     Train net output #0: loss = \S+ \(\* 1 = \S+ loss\)",
        r"sgd_solver.cpp:112 Iteration 0, lr = 0.01",
        r"solver.cpp:239 Iteration 2 .*",
        r"solver.cpp:464 Snapshotting to binary proto file snap_iter_4.caffemodel",
        r"sgd_solver.cpp:284 Snapshotting solver state to .* snap_iter_4.solverstate",
        r"solver.cpp:347 Iteration 4, Testing net \(#0\)",
        r"sgd_solver.cpp:112 Iteration 6, lr = 0.001",
        r"solver.cpp:327 Iteration 8, loss = \S+",
        r"solver.cpp:332 Optimization Done\.",
        r"caffe.cpp:250 Optimization Done\.",
    ]
    rest = iter(lines)
    for pattern in expected:
        assert any(re.fullmatch(pattern, line) for line in rest), pattern


def test_train_resumes_and_finetunes(command, folder):
    command("train", "-solver", "solver.prototxt")
    whole = (folder / "snap_iter_8.caffemodel").read_bytes()
    (folder / "snap_iter_8.caffemodel").unlink()
    status, _, lines = command(
        "train", "-solver", "solver.prototxt", "-snapshot", "snap_iter_4.solverstate"
    )
    assert status == 0 and "caffe.cpp:235 Resuming from snap_iter_4.solverstate" in lines
    assert (folder / "snap_iter_8.caffemodel").read_bytes() == whole
    (folder / "solver.prototxt").write_text(
        SOLVER.replace("max_iter: 8", "max_iter: 0").replace("snapshot: 4", "")
    )
    command("train", "-solver", "solver.prototxt", "-weights", "snap_iter_8.caffemodel")
    started = caffe_pb2.NetParameter.FromString((folder / "snap_iter_0.caffemodel").read_bytes())
    trained = caffe_pb2.NetParameter.FromString(whole)
    for name in ("conv", "ip"):
        one, other = (next(x for x in n.layer if x.name == name) for n in (started, trained))
        assert list(one.blobs[0].data) == list(other.blobs[0].data)


def test_train_takes_level_and_stage(command):
    _, _, lines = command("train", "-solver", "solver.prototxt", "-stage", "more")
    assert any("Train net output #0: extra" in line for line in lines)
    _, _, lines = command("train", "-solver", "solver.prototxt", "-minloglevel=0")
    assert not any("extra" in line for line in lines)


def test_log_dir_keeps_a_copy(command, folder):
    logger = logging.getLogger("caffe")
    before = list(logger.handlers)
    try:
        _, _, lines = command("train", "-solver", "solver.prototxt", "-log_dir", folder)
    finally:
        for handler in set(logger.handlers) - set(before):
            logger.removeHandler(handler)
            handler.close()
    kept = [LINE.match(line) for line in (folder / "caffe.INFO").read_text().splitlines()]
    assert [f"{m['src']} {m['text']}" for m in kept] == lines


def test_test_scores(command):
    command("train", "-solver", "solver.prototxt")
    status, _, lines = command(
        "test", "-model=net.prototxt", "-weights=snap_iter_8.caffemodel", "-iterations=3"
    )
    assert status == 0
    assert "caffe.cpp:281 Running for 3 iterations." in lines
    batches = [line for line in lines if re.match(r"caffe.cpp:304 Batch \d, ", line)]
    assert len(batches) == 6
    losses = [float(line.split(" = ")[1]) for line in batches if "loss" in line]
    mean = sum(losses) / 3
    overall = next(line for line in lines if line.startswith("caffe.cpp:309 Loss: "))
    assert float(overall.split(": ")[1]) == pytest.approx(mean, rel=1e-4)
    last = re.fullmatch(r"caffe.cpp:321 loss = (\S+) \(\* 1 = (\S+) loss\)", lines[-1])
    assert float(last[1]) == float(last[2]) == pytest.approx(mean, rel=1e-4)
    assert re.fullmatch(r"caffe.cpp:321 accuracy = \S+", lines[-2])


# BVLC's own log of `caffe time -iterations 3`, its figures as #.
TIME_LOG = Path(__file__).parent.parent / "golden" / "logs" / "time.txt"


FIGURE = re.compile(r"(?<= )[-+\d.e]+(?= ms\.)")


@pytest.mark.parametrize("forward_only", [False, True])
def test_time_logs_as_caffe_does(command, folder, forward_only):
    (folder / "net.prototxt").write_text((TIME_LOG.parent / "lenet_small.prototxt").read_text())
    flags = ["-forward_only"] if forward_only else []
    status, _, lines = command("time", "-model", "net.prototxt", "-iterations", 3, *flags)
    assert status == 0
    got = [FIGURE.sub("#", line) for line in lines if line.startswith("caffe.cpp")]
    got = [re.sub(r"(Initial loss:) \S+", r"\1 #", line) for line in got]
    expected = TIME_LOG.read_text().splitlines()
    if forward_only:
        expected = [
            line.replace("forward-backward", "forward")
            for line in expected
            if not re.search(r"Forward-Backward|Backward|\tbackward", line)
        ]
    assert got == expected
    for line in lines:
        assert all(float(figure) >= 0 for figure in FIGURE.findall(line))
