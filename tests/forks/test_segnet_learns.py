"""A small SegNet that learns."""

import numpy as np
from netkit import input_layer, net_of

import caffe

ONE = "scale_filler { type: 'constant' value: 1 }"


def test_a_segnet_learns():
    """Pooling masks, BN of the batch and weighted loss: bright pixels against dark ones."""
    size = (2, 1, 10, 12)
    text = input_layer("data", *size) + input_layer("label", *size)
    conv = 'weight_filler { type: "msra" } kernel_size: 3 pad: 1'
    for name, bottom, outputs in (("c1", "data", 6), ("c2", "p1", 6)):
        text += f"""
            layer {{ name: "{name}" type: "Convolution" bottom: "{bottom}" top: "{name}"
              convolution_param {{ num_output: {outputs} {conv} }} }}
            layer {{ name: "{name}_bn" type: "BN" bottom: "{name}" top: "{name}"
              bn_param {{ {ONE} }} }}
            layer {{ name: "{name}_relu" type: "ReLU" bottom: "{name}" top: "{name}" }}
            layer {{ name: "pool{name[1]}" type: "Pooling" bottom: "{name}" top: "p{name[1]}"
              top: "m{name[1]}" pooling_param {{ pool: MAX kernel_size: 2 stride: 2 }} }}"""
    text += f"""
        layer {{ name: "u2" type: "Upsample" bottom: "p2" bottom: "m2" top: "u2"
          upsample_param {{ upsample_h: 5 upsample_w: 6 }} }}
        layer {{ name: "u1" type: "Upsample" bottom: "u2" bottom: "m1" top: "u1" }}
        layer {{ name: "score" type: "Convolution" bottom: "u1" top: "score"
          convolution_param {{ num_output: 2 {conv} }} }}
        layer {{ name: "loss" type: "SoftmaxWithLoss" bottom: "score" bottom: "label" top: "loss"
          loss_param {{ weight_by_label_freqs: true class_weighting: 1 class_weighting: 2 }} }}"""
    caffe.set_random_seed(1)
    net = net_of(text)
    random = np.random.default_rng(6)
    net.blobs["data"].data[...] = random.standard_normal(size)
    net.blobs["label"].data[...] = net.blobs["data"].data > 0
    losses = []
    for _ in range(60):
        losses.append(float(net.forward()["loss"]))
        net.clear_param_diffs()
        net.backward()
        for name in net.params:
            for blob in net.params[name]:
                blob.data[...] -= 0.1 * blob.diff
    assert losses[-1] < 0.8 * losses[0]
