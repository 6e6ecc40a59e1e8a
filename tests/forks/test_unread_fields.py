"""A fork's field that nothing here reads is refused: its net would compute other numbers."""

import numpy as np
import pytest
from netkit import net_of

import caffe
from caffe._caffe.formats.prototxt import parse_solver


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        (
            "type: 'EuclideanLoss' loss_param { label_smoothing: 0.1 }",
            r"\(EuclideanLoss\): LossParameter's 'label_smoothing' .*NVCaffe",
        ),
        # Parameters of a fork's layer whose type name another layer has.
        (
            "type: 'EuclideanLoss' euclidean_loss_param { type: L2sqrt }",
            r"\(EuclideanLoss\): LayerParameter's 'euclidean_loss_param' .*DeepLab v1",
        ),
    ],
)
def test_a_layers_when_it_is_made(tmp_path, layer, message):
    """So that the net can be read, and built in the other phase."""
    path = tmp_path / "net.prototxt"
    path.write_text(
        "layer { name: 'a' type: 'Input' top: 'a' input_param { shape { dim: 2 } } }"
        f"layer {{ name: 'l' bottom: 'a' bottom: 'a' include {{ phase: TRAIN }} {layer} }}"
    )
    caffe.Net(str(path), caffe.TEST)
    with pytest.raises(caffe.LayerError, match=f"layer 'l' {message}"):
        caffe.Net(str(path), caffe.TRAIN)


def test_normalize_of_early_files(caplog):
    """caffe-windows' Normalize: L2 is its default, and SSD's would be another layer."""
    text = (
        "layer {{ name: 'a' type: 'Input' top: 'a' input_param {{ shape {{ dim: 2 dim: 3 }} }} }}"
        "layer {{ name: 'n' type: '{}' bottom: 'a' top: 'n' softmax_param "
        "{{ normalize_type: '{}' }} }}"
    )
    with caplog.at_level("INFO", "caffe"):
        net = net_of(text.format("Normalize", "L2"))
    assert "'n' (Normalize): read as caffe-windows's: its softmax_param has" in caplog.text
    net.blobs["a"].data[...] = [3, 4, 0]
    np.testing.assert_allclose(net.forward()["n"].squeeze(), [[0.6, 0.8, 0]] * 2, rtol=1e-6)
    for kind, value in (("Normalize", "L1"), ("Softmax", "L2")):
        with pytest.raises(caffe.LayerError, match="SoftmaxParameter's 'normalize_type'"):
            net_of(text.format(kind, value))


def test_a_solvers_at_once():
    with pytest.raises(caffe.CaffeError, match=r"f: SolverParameter's 'larc' .*known from NVCaffe"):
        parse_solver("net: 'n' larc: true", "f")
