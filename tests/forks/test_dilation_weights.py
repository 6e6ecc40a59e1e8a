"""caffe-dilation's caffemodel: the context module, beside a data layer that only the fork has."""

import numpy as np
from test_fork_weights import layer, message, number

import caffe
from caffe import layers as L
from nets.dilation import context_module
from nets.load import net_of_text


def test_the_context_module_loads_by_name(tmp_path):
    rs = np.random.RandomState(0)
    names = [*(f"ctx_conv{n}" for n in ("1_1", "1_2", "2_1", "3_1")), "ctx_fc1", "ctx_final"]
    blobs = {
        name: [rs.standard_normal((3, 3, *((1, 1) if name == "ctx_final" else (3, 3)))), rs.rand(3)]
        for name in names
    }
    # image_label_data_param is 1000 there, and num_groups 9 of a filler in convolution_param (106).
    filler = message(1, b"identity") + number(9, 3)
    extra = message(106, number(1, 3) + message(7, filler) + number(18, 4))
    data = layer("data", "ImageLabelData", [], message(1000, message(1, b"list.txt")))
    path = tmp_path / "dilation.caffemodel"
    path.write_bytes(
        message(1, b"dilation") + data
        + b"".join(layer(name, "Convolution", pair, extra) for name, pair in blobs.items())
    )  # fmt: skip
    n = caffe.NetSpec()
    n.data = L.Input(shape=[dict(dim=[1, 3, 9, 9])])
    context_module(n, n.data, 3, dilations=(1, 1, 2, 4, 1))
    net = net_of_text(str(n.to_proto()), path)
    assert list(net.params) == names
    for name, pair in blobs.items():
        for blob, array in zip(net.params[name], pair, strict=True):
            np.testing.assert_allclose(blob.data, array, rtol=1e-6)
