"""caffe upgrade: Python 2 modules in Python 3 copies, and Crop layers aligned."""

import sys

import numpy as np
import pytest
from google.protobuf import text_format

import caffe
import caffe_cli
from caffe_cli.options import CommandError
from caffe_cli.python2 import translate, upgrade_modules
from caffe_cli.upgrade import align_crops

OLD_LAYER = """\
# coding: latin-1
import caffe, yaml, cPickle
import numpy as np
from StringIO import StringIO

class OldLayer(caffe.Layer):
    def setup(self, bottom, top):
        params = yaml.load(self.param_str)
        self.half = params['size'] / 2
        self.share = params['size'] / 2.0
\tprint "half", self.half
        if params.has_key('size') and not params.has_key('none'):
            self.rows = [i for i in xrange(params['size'])]
        self.note = StringIO(u'caf\xe9').read()

    def reshape(self, bottom, top):
        num = bottom[0].data.shape[0]
        top[0].reshape(num / 2, 1)

    def forward(self, bottom, top):
        top[0].data[...] = np.zeros(1, np.float) + np.float32(len(self.rows))

    def backward(self, top, propagate_down, bottom):
        pass
"""


@pytest.fixture
def module(tmp_path):
    pytest.importorskip("fissix")
    path = tmp_path / "old_layer.py"
    path.write_bytes(OLD_LAYER.encode("latin-1"))
    return path


def test_the_copy_runs_as_a_layer(module, tmp_path, capfd, monkeypatch):
    pytest.importorskip("yaml")
    before = module.read_bytes()
    assert caffe_cli.main(["upgrade", str(module)]) == 0
    assert module.read_bytes() == before
    copy = tmp_path / "python3" / "old_layer.py"
    assert f"PYTHONPATH={copy.parent}" in capfd.readouterr().err
    copy.write_text(copy.read_text("latin-1").replace("num / 2", "num // 2"), "latin-1")
    monkeypatch.syspath_prepend(str(copy.parent))
    monkeypatch.delitem(sys.modules, "old_layer", raising=False)
    (tmp_path / "net.prototxt").write_text(
        'layer { name: "in" type: "Input" top: "x" input_param { shape { dim: 4 dim: 3 } } } '
        'layer { name: "old" type: "Python" bottom: "x" top: "y" '
        'python_param { module: "old_layer" layer: "OldLayer" param_str: "{size: 6}" } }'
    )
    net = caffe.Net(str(tmp_path / "net.prototxt"), caffe.TEST)
    np.testing.assert_array_equal(net.forward()["y"], np.full((2, 1), 6.0))


def test_what_is_rewritten_and_what_is_only_remarked(module):
    done = translate(str(module))
    compile(done.text.encode(done.encoding), "copy", "exec")
    assert "np.zeros(1, float) + np.float32(len(self.rows))" in done.text
    assert "yaml.safe_load(self.param_str)" in done.text
    assert "'size' in params" in done.text and "has_key" not in done.text
    assert "import caffe, yaml, pickle" in done.text and "from io import StringIO" in done.text
    assert "caf\xe9" in done.text
    assert "params['size'] / 2\n" in done.text and "num / 2" in done.text  # never silently
    remarks = {OLD_LAYER.splitlines()[line - 1].strip(): said for line, said in done.remarks}
    assert "//" in remarks["top[0].reshape(num / 2, 1)"]
    assert "//" in remarks["self.half = params['size'] / 2"]
    assert "safe_load" in remarks["params = yaml.load(self.param_str)"]
    assert not any("2.0" in line for line in remarks)


def test_a_module_that_divides_floats_gets_no_remark(module):
    module.write_text("from __future__ import division\nwidth = 3\nhalf = width / 2\n")
    assert translate(str(module)).remarks == []
    module.write_text("width = 3\nhalf = width / 2\n")
    assert [line for line, _ in translate(str(module)).remarks] == [2]


def test_folders_and_what_cannot_be_translated(tmp_path, capfd):
    pytest.importorskip("fissix")
    lib = tmp_path / "lib"
    (lib / "rpn").mkdir(parents=True)
    (lib / "rpn" / "__init__.py").write_text("")
    (lib / "rpn" / "layer.py").write_text("print 'x'\n")
    (lib / "rpn" / "broken.py").write_text("def f(:\n")
    assert upgrade_modules(str(lib), None) == 1
    copies = tmp_path / "lib_python3" / "rpn"
    assert sorted(path.name for path in copies.iterdir()) == ["__init__.py", "layer.py"]
    assert (copies / "layer.py").read_text() == "print('x')\n"
    said = capfd.readouterr().err
    assert "broken.py: not translated" in said and f"PYTHONPATH={tmp_path / 'lib_python3'}" in said


def test_never_in_place_and_what_is_missing(module, tmp_path, monkeypatch):
    with pytest.raises(CommandError, match="itself"):
        upgrade_modules(str(module), str(module))
    (tmp_path / "empty").mkdir()
    with pytest.raises(CommandError, match="no Python module"):
        upgrade_modules(str(tmp_path / "empty"), None)
    monkeypatch.setitem(sys.modules, "fissix", None)
    with pytest.raises(CommandError, match="pip install fissix"):
        upgrade_modules(str(module), None)


# FCN's ends: what is cropped reaches further by half of the first pad's surplus.
FCN = """
layer { name: "data" type: "Input" top: "data" input_param { shape {
  dim: 1 dim: 3 dim: 20 dim: 24 } } }
layer { name: "conv" type: "Convolution" bottom: "data" top: "conv"
  convolution_param { num_output: 2 kernel_size: 3 pad: 10 } }
layer { name: "relu" type: "ReLU" bottom: "conv" top: "conv" }
layer { name: "pool" type: "Pooling" bottom: "conv" top: "pool"
  pooling_param { kernel_h: 2 kernel_w: 2 stride: 2 } }
layer { name: "up" type: "Deconvolution" bottom: "pool" top: "up"
  convolution_param { num_output: 2 kernel_size: 4 stride: 2 bias_term: false } }
layer { name: "crop" type: "Crop" bottom: "up" bottom: "data" top: "crop" }
"""


def test_crops_are_aligned(tmp_path):
    (tmp_path / "old.prototxt").write_text(FCN)
    old, new = str(tmp_path / "old.prototxt"), str(tmp_path / "new.prototxt")
    assert caffe_cli.main(["upgrade", "-align_crops", old, new]) == 0
    net = text_format.Parse(
        (tmp_path / "new.prototxt").read_text(), caffe.proto.caffe_pb2.NetParameter()
    )
    # conv: y = x + 10 - 1; pooled 2 by 2: y / 2 - 1/4; upsampled by 4 at 2: 2 y + 3/2.
    assert list(net.layer[-1].crop_param.offset) == [10, 10] and net.layer[-1].crop_param.axis == 2
    built = caffe.Net(new, caffe.TEST)
    assert built.blobs["crop"].data.shape == (1, 2, 20, 24)
    with pytest.raises(CommandError, match="itself"):
        align_crops(old, old)


def test_aligned_values_stand_at_their_own_pixels(tmp_path):
    """A bright pixel of the picture is bright at its own place in the cropped map."""
    net = text_format.Parse(FCN, caffe.proto.caffe_pb2.NetParameter())
    assert caffe.align_crops(net) == {5: (10, 10)}
    (tmp_path / "net.prototxt").write_text(str(net))
    built = caffe.Net(str(tmp_path / "net.prototxt"), caffe.TEST)
    built.params["conv"][0].data[:, :, 1, 1] = 1
    built.params["up"][0].data[...] = np.outer([1, 3, 3, 1], [1, 3, 3, 1])
    built.blobs["data"].data[...] = 0
    built.blobs["data"].data[0, :, 10:12, 6:8] = 1
    crop = built.forward()["crop"][0, 0]
    rows, columns = np.nonzero(crop == crop.max())
    assert (rows.mean(), columns.mean()) == (10.5, 6.5)


def test_crops_that_cannot_be_aligned_are_named(tmp_path, capfd):
    (tmp_path / "old.prototxt").write_text(
        FCN.replace("kernel_size: 4 stride: 2", "kernel_size: 4")
    )
    old, new = str(tmp_path / "old.prototxt"), str(tmp_path / "new.prototxt")
    assert caffe_cli.main(["upgrade", "-align_crops", old, new]) == 1
    assert "layer 'crop' (Crop): left at offset 0" in capfd.readouterr().err
    assert "crop_param" not in (tmp_path / "new.prototxt").read_text()


@pytest.mark.parametrize(
    "source", ["print 'old'\n", "if True:\n        x = 1\n\ty = 2\n", "import cPickle\n"]
)
def test_the_error_of_a_python_2_layer_names_the_command(tmp_path, source):
    (tmp_path / "old_layers.py").write_text(source)
    net = tmp_path / "net.prototxt"
    net.write_text(
        'layer { name: "x" type: "Python" top: "x" '
        'python_param { module: "old_layers" layer: "Old" } }'
    )
    with pytest.raises(caffe.LayerError, match=r"is Python 2: `caffe upgrade .*old_layers\.py`"):
        caffe.Net(str(net), caffe.TEST)
    sys.modules.pop("old_layers", None)


def test_a_module_of_a_package_is_translated_with_the_whole(tmp_path, monkeypatch):
    package = tmp_path / "old_lib" / "old_rpn"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "names.py").write_text("NAME = 'y'\n")
    (package / "layer.py").write_text(
        "import caffe\nfrom names import NAME\n\n\nclass Old(caffe.Layer):\n"
        "    def setup(self, bottom, top):\n        print NAME\n        top[0].reshape(1)\n"
    )
    net = tmp_path / "net.prototxt"
    net.write_text(
        'layer { name: "x" type: "Python" top: "x" '
        'python_param { module: "old_rpn.layer" layer: "Old" } }'
    )
    monkeypatch.syspath_prepend(str(package.parent))
    with pytest.raises(caffe.LayerError, match="is Python 2: `caffe upgrade .*old_lib`"):
        caffe.Net(str(net), caffe.TEST)
    assert upgrade_modules(str(package.parent), None) == 0
    for name in [name for name in sys.modules if name.startswith("old_rpn")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.syspath_prepend(f"{package.parent}_python3")
    assert caffe.Net(str(net), caffe.TEST).blobs["x"].data.shape == (1,)


def test_roundings_that_numpy_once_took_as_sizes_are_named(tmp_path):
    module = tmp_path / "sizes.py"
    module.write_text(
        "import numpy as np\na = np.round(0.25 * 128)\nb = int(np.floor(1.5))\n"
        "c = np.ceil(x).astype(int)\n"
    )
    remarks = translate(str(module)).remarks
    assert [line for line, _ in remarks] == [2]
    assert "np.round(0.25 * 128) is a float" in remarks[0][1]


@pytest.mark.parametrize(
    "line", ["np.zeros(4)[:np.round(2.2)]", "np.zeros(4)[np.floor(1.0)]", "np.zeros(np.ceil(2.5))",
             "np.random.choice(4, size=np.round(2.2))"],
)  # fmt: skip
def test_floats_that_numpy_no_longer_takes_are_explained(tmp_path, monkeypatch, line):
    (tmp_path / "float_layers.py").write_text(
        "import caffe\nimport numpy as np\n\n\nclass Old(caffe.Layer):\n"
        f"    def setup(self, bottom, top):\n        {line}\n"
    )
    net = tmp_path / "net.prototxt"
    net.write_text(
        'layer { name: "x" type: "Python" top: "x" '
        'python_param { module: "float_layers" layer: "Old" } }'
    )
    monkeypatch.delitem(sys.modules, "float_layers", raising=False)
    with pytest.raises((TypeError, IndexError), match=r"layer 'x'.*write int\(\.\.\.\)"):
        caffe.Net(str(net), caffe.TEST)
    monkeypatch.delitem(sys.modules, "float_layers")
