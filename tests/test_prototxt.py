"""Prototxt as people write it: what must parse, and what must be refused in which words."""

import os
import time

import pytest
from google.protobuf import text_format
from hypothesis import given, settings
from hypothesis import strategies as st

from caffe._caffe.errors import FormatError
from caffe._caffe.formats import prototxt
from caffe._caffe.formats.prototxt import (
    parse_net,
    parse_solver,
    read_net,
    read_solver,
)
from caffe.proto import caffe_pb2 as pb


def first(text):
    return parse_net(text).layer[0]


def refusal(text, parse=parse_net):
    with pytest.raises(FormatError) as error:
        parse(text, "f.prototxt")
    return str(error.value)


@pytest.mark.parametrize(
    "text, field, value",
    [
        ("layer: { name: 'a' }", "name", "a"),
        ('layer { name: "it\'s \\"x\\"" }', "name", 'it\'s "x"'),
        ('layer { name: "a" "b" }', "name", "ab"),
        ('layer < name: "a" >', "name", "a"),
        ('layer { name: "a", type: "ReLU"; } # end', "type", "ReLU"),
        ("# first\nlayer { # inside { }\n type: 'ReLU' }", "type", "ReLU"),
        ("\ufefflayer { type: 'ReLU' }", "type", "ReLU"),
        ("layer {\r\n type: 'ReLU'\r\n}\r\n", "type", "ReLU"),
        ("layer {\r type: 'ReLU'\r}", "type", "ReLU"),
        ("layer { phase: 1 }", "phase", pb.TEST),
        ("layer { loss_weight: [1, 2.5e-1] }", "loss_weight", [1, 0.25]),
        ("layer { loss_weight: 0.5f }", "loss_weight", [0.5]),
        ("layer { type: 'Python' python_param { } }", "name", ""),
        ("layer { name: '\u5c42' }", "name", "\u5c42"),
        ("layer { propagate_down: true propagate_down: 0 }", "propagate_down", [True, False]),
    ],
)
def test_text_quirks_parse(text, field, value):
    assert getattr(first(text), field) == value


def test_param_str_with_escaped_quotes():
    layer = first(
        r"""layer { python_param { module: "voc_layers" layer: "VOCSegDataLayer"
            param_str: "{\'seed\': 1337, \'mean\': (104.00699, 116.66877), \"a\": \"${HOME}\"}" }
          }"""
    )
    assert layer.python_param.param_str == (
        "{'seed': 1337, 'mean': (104.00699, 116.66877), \"a\": \"${HOME}\"}"
    )


def test_colon_before_brace_everywhere():
    layer = first(
        "layer: { param : { lr_mult: 1 } convolution_param: { weight_filler: { std: 2 } } }"
    )
    assert layer.convolution_param.weight_filler.std == 2 and layer.param[0].lr_mult == 1


def test_repeated_and_missing_names_are_the_nets_business():
    assert len(parse_net("layer { name: 'crop' } layer { name: 'crop' } layer { }").layer) == 3


@pytest.mark.parametrize("spelling", ["hole: 2", "hole :2", "hole:2 # hole"])
def test_hole_is_dilation(spelling):
    layer = first(f"layer {{ convolution_param {{ num_output: 1 {spelling}\n}} name: 'hole' }}")
    assert list(layer.convolution_param.dilation) == [2] and layer.name == "hole"


def test_hole_per_axis():
    for text in ("hole_h: 3 hole_w: 4", "hole_w: 4 hole_h: 3"):
        layer = first(f"layers {{ type: CONVOLUTION convolution_param {{ {text} }} }}")
        assert list(layer.convolution_param.dilation) == [3, 4]
    for text in ("hole_h: 3", "hole: 2 hole_h: 3 hole_w: 3", "hole: 2 dilation: 2"):
        assert "give hole alone, hole_h and hole_w, or dilation" in refusal(
            f"layer {{ convolution_param {{ {text} }} }}"
        )
    assert "LayerParameter has no field 'hole'" in refusal("layer { hole: 1 }")


@pytest.mark.parametrize(
    "text, line, complaint",
    [
        (
            "layer {\n type: 'Convolution'\n convolution_param { kernal_size: 3 } }",
            3,
            "ConvolutionParameter has no field 'kernal_size'; did you mean 'kernel_size'?",
        ),
        ("layer { }\nlayer { custom_data_param { } }", 2, "known from FlowNet2"),
        (
            "layer { weight_filler { } }",
            1,
            "no field 'weight_filler'; it belongs in convolution_param or embed_param or "
            "inner_product_param or recurrent_param",
        ),
        ("layer { force_backward: true }", 1, "; it belongs in the net, outside its layers"),
        ("layer { multinode_param { } }", 1, "known from Intel Caffe"),
        ("layers { type: IMAGE_SEG_DAT }", 1, "no value 'IMAGE_SEG_DAT'; did you mean"),
        ("layer { pooling_param { pool: 7 } }", 1, "no value '7'; known: MAX, AVE, STOCHASTIC"),
        ("layer {\n name: 'a'\n name: 'b'\n}", 3, "LayerParameter takes one 'name'"),
        ("layer {\n relu_param { }\n relu_param { } }", 3, "LayerParameter takes one 'relu_param'"),
        ("layer { name: 'a }", 1, "String missing ending quote"),
        ("layer {\n name: 'a'\n", 2, 'Expected "}"'),
        ("layer { inner_product_param { num_output: -1 } }", 1, "Value out of range: -1"),
        (
            "layer { inner_product_param { num_output: cls3x } }",
            1,
            "Couldn't parse integer: cls3x; 'cls3x' looks like a template's placeholder",
        ),
        ("layer {\n relu_param { negative_slope: true } }", 2, "parse float: true"),
        (
            "name: 'n'\nINPUT\nlayer { }",
            2,
            "NetParameter has no field 'INPUT'; 'INPUT' looks like a template's placeholder",
        ),
        ("name: 'n'\nlayer { type: ReLU }", 2, "; 'layer' takes \"ReLU\", 'layers' takes RELU"),
        ("layer { type: RELU }", 1, "; 'layer' takes \"ReLU\", 'layers' takes RELU"),
        ("layers { type: 'ReLU' }", 1, "'ReLU'; 'layers' takes RELU, 'layer' takes \"ReLU\""),
        ("layer {\n convolution_param { num_output: ${NUM_LABELS} } }", 2, "${NUM_LABELS}"),
        ("# ${OK}\nlayer { data_param { source: '${ROOT}/x' } }", 2, "${ROOT} is not filled in"),
        ("num_output: $N", 1, "placeholder $N is not filled in"),
    ],
)
def test_refused_with_line_and_reason(text, line, complaint):
    message = refusal(text)
    assert message.startswith(f"f.prototxt:{line}: ") and complaint in message


def test_required_fields():
    assert "layer[1].clip_param.max" in refusal("layer { } layer { clip_param { min: 1 } }")


@pytest.mark.parametrize("text", ["", " \n\t", "# nothing\n", "\ufeff"])
def test_empty_text(text):
    assert refusal(text) == "f.prototxt: empty, expected a net prototxt"


def test_solver_and_net_given_for_each_other():
    solver = 'net: "n.prototxt"\nbase_lr: 0.1'
    assert refusal(solver) == "f.prototxt:1: 'net' belongs in a solver; expected a net prototxt"
    message = refusal("# my net\nlayer { }", parse_solver)
    assert message == "f.prototxt:2: 'layer' belongs in a net; expected a solver prototxt"


@pytest.mark.parametrize("read, kind", [(read_net, "net"), (read_solver, "solver")])
def test_files_that_are_no_prototxt(tmp_path, read, kind):
    golden = os.path.join(os.path.dirname(__file__), "golden", "solvers")
    path = tmp_path / "x.prototxt"

    def message(content=None, at=path):
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(FormatError) as error:
            read(at)
        assert str(error.value).startswith(str(at))
        return str(error.value)

    assert "no such file" in message()
    assert "is a folder" in message(at=tmp_path)
    assert "is empty" in message(b"")
    assert "HTML" in message(b"\n<!DOCTYPE html><html><body>404</body></html>")
    lfs = b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n"
    assert "Git LFS pointer" in message(lfs)
    weights = os.path.join(golden, "snapshot-binary", "snap_iter_10.caffemodel")
    assert f"is a binary file, expected a {kind} prototxt" in message(at=weights)
    hdf5 = os.path.join(golden, "snapshot-hdf5", "snap_iter_10.caffemodel.h5")
    assert "is an HDF5 file" in message(at=hdf5)
    assert ":2: byte 0xb2 is not UTF-8" in message(b"name: 'a'\ntype: '\xb2\xe3'\n")
    assert "is larger than" in message(b"#" * (prototxt.MAX_BYTES + 1))
    assert "is a binary file" in message(at="/dev/zero")


def test_comments_in_another_encoding(tmp_path):
    path = tmp_path / "gbk.prototxt"
    path.write_bytes(b"# \xb2\xe3\r\nname: 'a#b' # \xe9\r\nlayer { } # '\xe9'")
    with pytest.raises(FormatError, match=":2: byte 0xe9"):
        read_net(path)
    path.write_bytes(b"# \xb2\xe3\nname: 'a#b'\nlayer { } # '\xe9'")
    assert read_net(path).name == "a#b"


def test_unreadable_file(tmp_path):
    path = tmp_path / "loop"
    path.symlink_to(path)
    with pytest.raises(FormatError, match="cannot be read"):
        read_net(path)


@pytest.mark.parametrize(
    "text",
    [
        "{" * 100_000,
        "layer {" * 100_000,
        "layer { layer {" * 50_000,
        "layer { name: " + '"\\' * 100_000 + " hole $",
        "layer { inner_product_param { num_output: " + "9" * 100_000 + " } }",
        "name" * 100_000,
        "[" * 100_000,
        "#" * (prototxt.MAX_BYTES + 1),
    ],
    ids=lambda text: text[:20],
)
def test_absurd_text_ends_soon(text):
    start = time.process_time()
    assert len(refusal(text)) < 1000
    assert time.process_time() - start < 5


PIECES = [
    "layer",
    "layers",
    "{",
    "}",
    ":",
    "name",
    '"a"',
    "'",
    '"',
    "type",
    "CONVOLUTION",
    "1",
    "-",
]
PIECES += [
    "input",
    "input_dim",
    "convolution_param",
    "hole",
    "hole_h",
    "dilation",
    "${X}",
    "#",
    "\n",
]
PIECES += [
    "blobs",
    "data",
    "0x1f",
    "1e400",
    "nan",
    "[",
    "]",
    "<",
    ">",
    ",",
    ";",
    "\0",
    "\ud7ff",
    ".",
]


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=30).map(" ".join) | st.text(max_size=60))
def test_any_text_parses_or_is_refused(text):
    """Whatever is written: a net, or a FormatError that names the place."""
    for parse in (parse_net, parse_solver):
        try:
            parse(text, "f")
        except FormatError as error:
            assert str(error).startswith("f:")


def test_what_is_written_reads_back():
    net = parse_net(
        """name: "n\\"\u5c42" layer { name: "l" type: "LRN" lrn_param { alpha: 0.0001 beta: 0.75 }
           blobs { data: 0.1 data: 3e-38 data: -1234567.8 } }"""
    )
    assert parse_net(text_format.MessageToString(net, as_utf8=True)) == net


def test_solver_file(tmp_path):
    path = tmp_path / "solver.prototxt"
    path.write_text("net: 'a'\nbase_lr: 1e-3 lr_policy: 'poly'\nstepvalue: 1 stepvalue: 2")
    solver = read_solver(path)
    assert solver.net == "a" and list(solver.stepvalue) == [1, 2]
    assert solver.base_lr == pytest.approx(1e-3) and solver.type == "SGD"
    path.write_text("base_lr: 1\nlearning_rate: 1")
    with pytest.raises(FormatError, match=r"solver.prototxt:2: SolverParameter has no field"):
        read_solver(path)
