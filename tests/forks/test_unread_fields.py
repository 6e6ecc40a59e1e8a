"""A fork's field that nothing here reads is refused: its net would compute other numbers."""

import pytest

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
        (
            "type: 'L1Loss' l1_loss_param { l2_per_location: true }",
            r"\(L1Loss\): LayerParameter's 'l1_loss_param' .*FlowNet2",
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


def test_a_solvers_at_once():
    with pytest.raises(caffe.CaffeError, match=r"f: SolverParameter's 'larc' .*known from NVCaffe"):
        parse_solver("net: 'n' larc: true", "f")
