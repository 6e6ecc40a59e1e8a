"""caffe.importing.torchvision, against modules of torchvision's names, shapes and order."""

import numpy as np
import pytest
import torch
from torchvision_kit import VGG, Segmentation, trained

import caffe
import caffe_cli
from caffe._caffe.importing import torchvision

MEAN, DEVIATION = np.array((0.485, 0.456, 0.406)), np.array((0.229, 0.224, 0.225))


def both(net, module, size, top):
    """Return what the net and the module make of one RGB picture of bytes."""
    picture = np.random.default_rng(3).integers(0, 256, (3, *size))
    net.blobs["data"].reshape(1, 3, *size)
    net.blobs["data"].data[...] = (picture - 255 * MEAN[:, None, None])[::-1]
    net.forward()
    scaled = (picture / 255 - MEAN[:, None, None]) / DEVIATION[:, None, None]
    with torch.no_grad():
        wanted = module(torch.from_numpy(scaled[None]).float()).numpy()
    return net.blobs[top].data, wanted


def imported(tmp_path, kind, module, name="state.pth"):
    state = module.state_dict()
    if name.endswith(".safetensors"):
        pytest.importorskip("safetensors.torch").save_file(state, tmp_path / name)
    else:
        torch.save(state, tmp_path / name)
    files = tmp_path / "net.prototxt", tmp_path / "net.caffemodel"
    assert caffe.importing.torchvision(kind, tmp_path / name, *files) < 1e-5
    return caffe.Net(str(files[0]), caffe.TEST, weights=str(files[1]))


@pytest.mark.parametrize("name", ["state.pth", "state.safetensors"])
@pytest.mark.parametrize("kind", ["fcn_resnet50", "deeplabv3_resnet50"])
def test_segmentation_nets_give_torchvision_s_maps(kind, name, tmp_path):
    module = trained(Segmentation(kind.startswith("deeplab")))
    net = imported(tmp_path, kind, module, name)
    for size in ((64, 88), (104, 56)):
        found, wanted = both(net, module, size, "score")
        assert found.shape == wanted.shape
        inner = np.s_[..., 4:-4, 4:-4]
        assert np.abs(found - wanted)[inner].max() < 1e-5 * np.abs(wanted).max()
        assert np.array_equal(found.argmax(1)[..., 4:-4, 4:-4], wanted.argmax(1)[..., 4:-4, 4:-4])


def test_vgg16_s_names_are_those_of_the_published_net(tmp_path):
    module = trained(VGG())
    net = imported(tmp_path, "vgg16", module)
    assert [*net.params][:3] + [*net.params][-4:] == [
        "conv1_1", "conv1_2", "conv2_1", "conv5_3", "fc6", "fc7", "fc8",
    ]  # fmt: skip
    found, wanted = both(net, module, (224, 224), "fc8")
    np.testing.assert_allclose(found, wanted, atol=1e-5 * np.abs(wanted).max())


def test_refusals(tmp_path, monkeypatch):
    module = trained(Segmentation(False))
    out = tmp_path / "o.prototxt", tmp_path / "o.caffemodel"
    path = tmp_path / "s.pth"
    torch.save(module.state_dict(), path)
    with pytest.raises(caffe.CaffeError, match="did you mean 'fcn_resnet50'"):
        caffe.importing.torchvision("fcn_resnet5", path, *out)
    with pytest.raises(caffe.NetError, match="is no deeplabv3_resnet50: it has no 'classifier.0.c"):
        caffe.importing.torchvision("deeplabv3_resnet50", path, *out)
    torch.save({**module.state_dict(), "more.weight": torch.ones(1)}, path)
    with pytest.raises(caffe.NetError, match="is no fcn_resnet50: it has more.weight besides"):
        caffe.importing.torchvision("fcn_resnet50", path, *out)
    torch.save(module, path)  # a pickled module: code
    with pytest.raises(caffe.FormatError, match="no state dict that can be read without running"):
        caffe.importing.torchvision("fcn_resnet50", path, *out)
    torch.save(module.state_dict(), path)
    monkeypatch.setattr(
        torchvision.Plain, "scores", lambda self, kind, x: torch.zeros(1, 5, 13, 13)
    )
    with pytest.raises(caffe.NetError, match="differ from torch's by .*; nothing written"):
        caffe.importing.torchvision("fcn_resnet50", path, *out)
    assert not any(file.exists() for file in out)


def test_the_command(tmp_path, capfd):
    torch.save(trained(Segmentation(False)).state_dict(), tmp_path / "s.pth")
    words = ["s.pth", "n.prototxt", "n.caffemodel"]
    argv = ["import", "torchvision", "fcn_resnet50", *(str(tmp_path / w) for w in words)]
    assert caffe_cli.main(argv) == 0
    assert "differ by at most" in capfd.readouterr().err
    assert caffe_cli.main(["import", "tensorflow", *argv[2:]]) == 1
    assert "the form is onnx or torchvision, got 'tensorflow'" in capfd.readouterr().err
    assert caffe_cli.main(argv[:-1]) == 1
    wanted = "expected caffe import torchvision MODEL STATE PROTOTXT WEIGHTS"
    assert wanted in capfd.readouterr().err
