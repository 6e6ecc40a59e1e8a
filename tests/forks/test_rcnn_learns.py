"""The R-CNN family's Python layers and dialects, and a head that learns."""

import numpy as np
import pytest
from gradcheck import build
from losskit import close, normal
from netkit import input_layer, net_of

import caffe
from caffe._caffe.errors import CaffeError


class OldLayer(caffe.Layer):
    """As py-faster-rcnn's proposal layer reads its settings."""

    def setup(self, bottom, top):
        self.settings = {"TRAIN": 2000, "TEST": 300}[str(self.phase)]
        assert self.param_str_ == self.param_str == "'feat_stride': 16"

    def reshape(self, bottom, top):
        top[0].reshape(1)

    def forward(self, bottom, top):
        top[0].data[0] = self.settings

    def backward(self, top, propagate_down, bottom):
        pass


@pytest.mark.parametrize("phase, value", [(caffe.TRAIN, 2000), (caffe.TEST, 300)])
def test_python_layers_of_py_faster_rcnn(phase, value):
    net = net_of(
        "layer { name: 'p' type: 'Python' top: 'p' python_param { module: 'test_rcnn_learns' "
        "layer: 'OldLayer' param_str: \"'feat_stride': 16\" } }",
        phase,
    )
    net.forward()
    assert net.blobs["p"].data[0] == value
    assert net.layers[0].phase == phase and f"{net.layers[0].phase:d}" == str(int(phase))


def test_netspec_as_ssd_uses_it():
    n = caffe.NetSpec()
    n.data = caffe.layers.Input(shape=dict(dim=[1, 3, 4, 4]))
    n.conv = caffe.layers.Convolution(n.data, num_output=2, kernel_size=1)
    assert n.keys() == ["data", "conv"] and n.vals()[1] is n.conv
    n.update("conv", dict(num_output=5))
    assert n.to_proto().layer[1].convolution_param.num_output == 5
    del n["conv"]
    assert n.keys() == ["data"]
    with pytest.raises((AttributeError, KeyError), match="conv"):
        del n["conv"]


def pictures(rng, count):
    """Pictures of three coloured rectangles each, their regions (enlarged a little), labels."""
    images, rois, label = np.zeros((count, 3, 32, 32), np.float32), [], []
    for i in range(count):
        for corner in ((1, 1), (17, 2), (6, 17)):
            y, x = corner + rng.integers(0, 4, 2)
            height, width, colour = *rng.integers(6, 11, 2), rng.integers(0, 3)
            images[i, colour, y : y + height, x : x + width] = 1
            rois.append((i, x - 1, y - 1, x + width, y + height))
            label.append(colour)
    images += 0.2 * rng.standard_normal(images.shape)
    return images, np.array(rois, np.float32), np.array(label, np.float32)


@pytest.mark.parametrize("pool", ["ROIPooling", "PSROIPooling"])
def test_a_head_learns_to_tell_rectangles_by_their_boxes(pool, tmp_path):
    convolution = (
        'layer {{ name: "{0}" type: "Convolution" bottom: "{1}" top: "{0}" convolution_param {{ '
        'num_output: {2} kernel_size: 3 pad: 1 weight_filler {{ type: "xavier" }} }} }}'
    )
    if pool == "ROIPooling":
        head = (
            'layer { name: "pool" type: "ROIPooling" bottom: "c" bottom: "rois" top: "pool" '
            "roi_pooling_param { pooled_h: 3 pooled_w: 3 spatial_scale: 1 } }"
            # Not learned: what is learned comes through the pooling's gradient.
            'layer { name: "fc" type: "InnerProduct" bottom: "pool" top: "score" '
            "param { lr_mult: 0 } param { lr_mult: 0 } "
            'inner_product_param { num_output: 3 weight_filler { type: "xavier" } } }'
        )
        convolution = convolution.format("c", "data", 8)
    else:
        head = (
            'layer { name: "pool" type: "PSROIPooling" bottom: "c" bottom: "rois" top: "pool" '
            "psroi_pooling_param { spatial_scale: 1 output_dim: 3 group_size: 2 } }"
            'layer { name: "vote" type: "Pooling" bottom: "pool" top: "score" '
            "pooling_param { pool: AVE global_pooling: true } }"
        )
        convolution = convolution.format("c", "data", 12)
    (tmp_path / "net.prototxt").write_text(
        input_layer("data", 4, 3, 32, 32)
        + input_layer("rois", 12, 5)
        + input_layer("label", 12)
        + convolution
        + 'layer { name: "relu" type: "ReLU" bottom: "c" top: "c" }'
        + head
        + 'layer { name: "loss" type: "SoftmaxWithLoss" bottom: "score" bottom: "label" }'
        + 'layer { name: "accuracy" type: "Accuracy" bottom: "score" bottom: "label" '
        'top: "accuracy" }'
    )
    (tmp_path / "solver.prototxt").write_text(
        f'net: "{tmp_path}/net.prototxt" base_lr: 0.05 momentum: 0.9 lr_policy: "fixed" '
        "random_seed: 3 max_iter: 100 snapshot_after_train: false"
    )
    solver, rng = caffe.get_solver(str(tmp_path / "solver.prototxt")), np.random.default_rng(5)
    for _ in range(80):
        for name, values in zip(("data", "rois", "label"), pictures(rng, 4), strict=True):
            solver.net.blobs[name].data[...] = values
        solver.step(1)
    right = []
    for _ in range(5):
        for name, values in zip(("data", "rois", "label"), pictures(rng, 4), strict=True):
            solver.net.blobs[name].data[...] = values
        solver.net.forward()
        right.append(float(solver.net.blobs["accuracy"].data))
    assert np.mean(right) > 0.95


def test_a_dialect_decides_between_smooth_l1s():
    x, target = normal(2, 4, 2, 3), normal(2, 4, 2, 3)
    found = {}
    for dialect in ("", "rfcn", "ssd"):
        caffe.set_dialect(dialect)
        try:
            run = build('type: "SmoothL1Loss"', x, target)
            found[dialect] = run.forward()[0]
            if dialect == "ssd":
                with pytest.raises(CaffeError, match="takes 2 bottom blobs, 3 given"):
                    build('type: "SmoothL1Loss"', x, target, target)
        finally:
            caffe.set_dialect("")
    close(found["ssd"], found[""])
    close(found["rfcn"], found[""] / 6)  # over N H W, not N
