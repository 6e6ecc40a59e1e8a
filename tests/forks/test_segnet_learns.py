"""A small SegNet that learns."""

import numpy as np
from netkit import input_layer, net_of

import caffe
from data.sets import shapes_draw

ONE = "scale_filler { type: 'constant' value: 1 }"


def test_a_segnet_learns_through_its_pooling_masks():
    """Objects against the ground in generated pictures; all that learns is below the mask."""
    scenes = [shapes_draw.scene(np.random.RandomState(i), 32, 40, (1, 2)) for i in range(4)]
    data = np.stack([np.asarray(image, np.float32) for image, _ in scenes]).transpose(0, 3, 1, 2)
    label = np.stack([each for _, each in scenes])[:, None]
    text = input_layer("data", *data.shape) + input_layer("label", *label.shape)
    conv = 'weight_filler { type: "msra" } kernel_size: 3 pad: 1'
    for name, bottom in (("c1", "data"), ("c2", "c1")):
        text += f"""
            layer {{ name: "{name}" type: "Convolution" bottom: "{bottom}" top: "{name}"
              convolution_param {{ num_output: 8 {conv} }} }}
            layer {{ name: "{name}_bn" type: "BN" bottom: "{name}" top: "{name}"
              bn_param {{ {ONE} }} }}
            layer {{ name: "{name}_relu" type: "ReLU" bottom: "{name}" top: "{name}" }}"""
    text += f"""
        layer {{ name: "pool" type: "Pooling" bottom: "c2" top: "pool" top: "mask"
          pooling_param {{ pool: MAX kernel_size: 2 stride: 2 }} }}
        layer {{ name: "up" type: "Upsample" bottom: "pool" bottom: "mask" top: "up" }}
        layer {{ name: "score" type: "Convolution" bottom: "up" top: "score"
          convolution_param {{ num_output: 2 {conv} }} }}
        layer {{ name: "loss" type: "SoftmaxWithLoss" bottom: "score" bottom: "label" top: "loss"
          loss_param {{ weight_by_label_freqs: true class_weighting: 1 class_weighting: 2
          ignore_label: 255 }} }}"""
    caffe.set_random_seed(1)
    net = net_of(text)
    net.blobs["data"].data[...] = data / 64 - 2
    net.blobs["label"].data[...] = np.where((label > 0) & (label < 255), 1, label)
    losses = []
    for _ in range(40):
        losses.append(float(net.forward()["loss"]))
        net.clear_param_diffs()
        net.backward()
        for name in ("c1", "c1_bn", "c2", "c2_bn"):
            for blob in net.params[name]:
                blob.data[...] -= blob.diff
    # 0.63 of the first; 0.73 if the mask were one pixel off, 1 without its gradient.
    assert losses[-1] < 0.68 * losses[0]
