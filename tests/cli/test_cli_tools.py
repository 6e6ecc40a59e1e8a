"""caffe draw, inspect and upgrade, and the log's own settings."""

import io
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from cli_kit import LINE, NET
from google.protobuf import text_format

import caffe
import caffe_cli
from caffe._caffe import log
from caffe.proto import caffe_pb2


@pytest.fixture
def command(command):
    """As the folder's `command`, without the log lines."""
    return lambda *argv: command(*argv)[:2]


def test_draw_writes_pictures(command, folder):
    assert command("draw", "net.prototxt", "net.png")[0] == 0
    assert (folder / "net.png").read_bytes().startswith(b"\x89PNG")
    assert command("draw", "net.prototxt", "net.svg", "-rankdir", "tb", "-phase", "TRAIN")[0] == 0
    assert "accuracy" not in (folder / "net.svg").read_text()


def test_inspect_counts(command):
    status, output = command("inspect", "net.prototxt")
    assert status == 0
    rows = {line.split()[0]: line.split() for line in output.splitlines() if line.strip()}
    # 2 x 3 x 3 x 3 weights and 3 biases; every weight at 2 x 2 places in 4 images.
    assert rows["conv"] == "conv Convolution 4x3x2x2 57 864 192 B 3 / 2".split()
    assert rows["relu"] == "relu ReLU 4x3x2x2 0 B 3 / 2".split()
    assert rows["ip"] == "ip InnerProduct 4x5 65 240 80 B".split()
    assert "\nTiny: 6 layers, 122 parameters (488 B), 1.1 k multiply-adds" in output
    assert "Split" not in output and "accuracy" in rows


def test_inspect_recurrent_and_global_layers(command, folder):
    (folder / "net.prototxt").write_text("""
layer { name: "in" type: "Input" top: "x" top: "c"
  input_param { shape { dim: 5 dim: 2 dim: 3 } shape { dim: 5 dim: 2 } } }
layer { name: "rnn" type: "RNN" bottom: "x" bottom: "c" top: "y"
  recurrent_param { num_output: 4 } }
layer { name: "im" type: "Input" top: "im" input_param { shape { dim: 1 dim: 1 dim: 8 dim: 8 } } }
layer { name: "all" type: "Pooling" bottom: "im" top: "all" pooling_param { global_pooling: true } }
layer { name: "cut" type: "Crop" bottom: "im" bottom: "all" top: "cut" }
""")
    status, output = command("inspect", "net.prototxt")
    assert status == 0
    rows = {line.split()[0]: " ".join(line.split()) for line in output.splitlines() if line.strip()}
    # Weights of input, hidden state and output, each used at 5 steps of 2 streams.
    assert rows["rnn"] == "rnn RNN 5x2x4 52 440 160 B"
    assert rows["all"] == "all Pooling 1x1x1x1 4 B"
    assert rows["cut"] == "cut Crop 1x1x1x1 4 B 1 / 1"


def test_inspect_costs_of_other_layers(command, folder):
    (folder / "net.prototxt").write_text("""
layer { name: "in" type: "Input" top: "x" input_param { shape { dim: 1 dim: 2 dim: 32 dim: 32 } } }
layer { name: "pool" type: "Pooling" bottom: "x" top: "pool"
  pooling_param { kernel_size: 2 stride: 2 } }
layer { name: "dil" type: "Convolution" bottom: "pool" top: "dil"
  convolution_param { num_output: 4 group: 2 kernel_size: 3 dilation: 2 pad: 2 bias_term: false } }
layer { name: "up" type: "Deconvolution" bottom: "dil" top: "up"
  convolution_param { num_output: 1 kernel_size: 4 stride: 2 pad: 1 bias_term: false } }
layer { name: "again" type: "InnerProduct" bottom: "pool" top: "a" param { name: "w" }
  inner_product_param { num_output: 2 bias_term: false axis: 3 transpose: true } }
layer { name: "shared" type: "InnerProduct" bottom: "pool" top: "b" param { name: "w" }
  inner_product_param { num_output: 2 bias_term: false axis: 3 transpose: true } }
""")
    status, output = command("inspect", "net.prototxt")
    assert status == 0
    rows = {line.split()[0]: " ".join(line.split()) for line in output.splitlines() if line.strip()}
    assert rows["dil"] == "dil Convolution 1x4x16x16 36 9.2 k 4.1 kB 10 / 2"
    assert rows["up"] == "up Deconvolution 1x1x32x32 64 16.4 k 4.1 kB 12 / 1"
    assert rows["again"] == "again InnerProduct 1x2x16x2 32 1.0 k 256 B"
    assert rows["shared"] == "shared InnerProduct 1x2x16x2 1.0 k 256 B"


OLD_NET = """
input: "data" input_dim: 1 input_dim: 3 input_dim: 8 input_dim: 8
layers { name: "conv" type: CONVOLUTION bottom: "data" top: "conv" blobs_lr: 1 blobs_lr: 2
  convolution_param { num_output: 2 kernel_size: 3 } }
"""


def test_upgrade_nets(command, folder):
    (folder / "old.prototxt").write_text(OLD_NET)
    assert command("upgrade", "old.prototxt", "new.prototxt")[0] == 0
    new = text_format.Parse((folder / "new.prototxt").read_text(), caffe_pb2.NetParameter())
    assert [layer.type for layer in new.layer] == ["Input", "Convolution"]
    assert not new.layers and not new.input
    assert [p.lr_mult for p in new.layer[1].param] == [1, 2]
    assert caffe.Net("new.prototxt", caffe.TEST).blobs["conv"].data.shape == (1, 2, 6, 6)


def test_upgrade_solvers(command, folder):
    (folder / "old.prototxt").write_text('train_net: "net.prototxt"\nsolver_type: ADAGRAD\n')
    assert command("upgrade", "old.prototxt", "new.prototxt")[0] == 0
    new = text_format.Parse((folder / "new.prototxt").read_text(), caffe_pb2.SolverParameter())
    assert new.type == "AdaGrad" and not new.HasField("solver_type")


def test_upgrade_weights(command, folder):
    old = text_format.Parse(OLD_NET, caffe_pb2.NetParameter())
    old.layers[0].blobs.add(num=2, channels=3, height=3, width=3, data=[0.5] * 54)
    old.layers[0].blobs.add(num=1, channels=1, height=1, width=2, data=[1, 2])
    (folder / "old.caffemodel").write_bytes(old.SerializeToString())
    assert command("upgrade", "old.caffemodel", "new.caffemodel")[0] == 0
    new = caffe_pb2.NetParameter.FromString((folder / "new.caffemodel").read_bytes())
    assert [layer.type for layer in new.layer] == ["Input", "Convolution"]
    assert list(new.layer[1].blobs[1].data) == [1, 2]
    (folder / "junk.caffemodel").write_bytes(b"\x00\x01\x02" * 9)
    status, output = command("upgrade", "junk.caffemodel", "out.caffemodel")
    assert status == 1 and "junk.caffemodel" in output and not (folder / "out.caffemodel").exists()


def test_glog_level_and_format(folder):
    code = (
        "import caffe; from caffe._caffe import log;"
        "caffe.log('low'); log.warning('high', 'a.cpp:7')"
    )
    environment = os.environ | {
        "PYTHONPATH": str(Path(caffe_cli.__file__).parents[1]),
        "GLOG_minloglevel": "1",
    }
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True
    )
    (line,) = done.stderr.splitlines()
    match = LINE.fullmatch(line)
    assert (match["level"], match["src"], match["text"]) == ("W", "a.cpp:7", "high")
    assert match["day"] == time.strftime("%m%d")


def test_log_levels_and_streams(capfd):
    stream = io.StringIO()
    try:
        log.enable_logging(stream, minloglevel=1)
        log.info("low")
        log.warning("mid", src="net.cpp:1")
        log.error("high")
        lines = [LINE.fullmatch(line) for line in stream.getvalue().splitlines()]
        assert [(m["level"], m["text"]) for m in lines] == [("W", "mid"), ("E", "high")]
        caffe.init_log(2)
        caffe.log("low")
        log.error("high")
        caffe.init_log(0)
        caffe.set_logging_disabled()  # FlowNet2's
        log.warning("mid")
        caffe.init_log(0, False)
        log.warning("mid")
        assert LINE.fullmatch(capfd.readouterr().err.strip())["text"] == "high"
        with pytest.raises(ValueError, match="7"):
            caffe.init_log(7)
        stream = io.StringIO()
        log.enable_logging(stream)
        try:
            raise KeyError("why")
        except KeyError:
            log.logger.exception("failed")
        assert "failed" in stream.getvalue() and "KeyError: 'why'" in stream.getvalue()
    finally:
        log.enable_logging()


def test_time_computes_gradients_without_a_loss(command, folder, monkeypatch):
    """A deploy net has no loss that would ask for them; BVLC's tool calls every backward."""
    text = NET[: NET.index('layer { name: "accuracy"')].replace('top: "label"', "")
    deploy = text.replace("shape { dim: 4 }", "").replace(
        'data_filler { type: "constant" value: 1 }', ""
    )
    (folder / "net.prototxt").write_text(deploy)
    made = []
    build = caffe_cli.measure.make_net
    monkeypatch.setattr(
        caffe_cli.measure, "make_net", lambda *args: made.append(build(*args)) or made[-1]
    )
    status, output = command("time", "-model", "net.prototxt", "-iterations", "1")
    assert status == 0 and "Initial loss: 0\n" in output
    # The bias's gradient sums 4 images' worth of the output's weight, 1, in each of two passes.
    assert (made[-1].params["ip"][1].diff == 8).all()


LAYER_MODULE = """
import caffe

class Ones(caffe.Layer):
    def setup(self, bottom, top):
        pass

    def reshape(self, bottom, top):
        top[0].reshape(1)

    def forward(self, bottom, top):
        top[0].data[...] = 1

    def backward(self, top, propagate_down, bottom):
        pass
"""


@pytest.mark.parametrize("place", ["", "layers", "nets", "solvers"])
def test_python_layers_are_found_from_the_current_folder(folder, place):
    """Beside the net and the solver, here, and in layers/ here; in a process as a shell's."""
    for name in ("layers", "nets", "solvers"):
        (folder / name).mkdir()
    (folder / place / "ones_layer.py").write_text(LAYER_MODULE)
    (folder / "nets" / "net.prototxt").write_text(
        'layer { name: "x" type: "Python" top: "x" '
        'python_param { module: "ones_layer" layer: "Ones" } }'
    )
    (folder / "solvers" / "solver.prototxt").write_text(
        'net: "nets/net.prototxt" base_lr: 1 lr_policy: "fixed" max_iter: 1 snapshot_prefix: "s"'
    )
    console_script = "import sys, caffe_cli; sys.path.remove(''); sys.exit(caffe_cli.main())"
    environment = os.environ | {"PYTHONPATH": str(Path(caffe_cli.__file__).parents[1])}
    for argv in (
        ["train", "-solver", "solvers/solver.prototxt"],
        ["time", "-model", "nets/net.prototxt", "-iterations", "1"],
    ):
        if place == "solvers" and argv[0] == "time":
            continue
        done = subprocess.run(
            [sys.executable, "-c", console_script, *argv],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
