"""What the tests of the data layers share: nets of one data layer, and their blobs."""

import caffe
from caffe import layers as L

MEAN = (104.00699, 116.66877, 122.67892)


def net_of(tmp_path, module, layer, outputs=("data", "label"), /, **params):
    n = caffe.NetSpec()
    made = L.Python(
        module=f"layers.{module}", layer=layer, ntop=len(outputs), param_str=str(params)
    )
    for top, blob in zip(outputs, made if len(outputs) > 1 else [made], strict=True):
        n[top] = blob
    path = tmp_path / f"{layer}.prototxt"
    path.write_text(str(n.to_proto()))
    return caffe.Net(str(path), caffe.TRAIN)


def voc(data, **params):
    params = dict(voc_dir="pascal/VOC2011", split="train", mean=MEAN, seed=1337) | params
    return net_of(data.folder, "voc_layers", "VOCSegDataLayer", **params)


def forward(net):
    net.forward()
    return {top: net.blobs[top].data.copy() for top in net.blobs}
