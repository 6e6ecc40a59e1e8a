"""Fold normalisation into the convolutions before it, which then compute the same alone.

A BatchNorm that uses its stored statistics and the Scale behind it, or PSPNet's BN by itself, are
one factor and one offset for each channel: scale (w x + b - mean) / sqrt(variance + eps) + shift.
Folded, a trunk whose statistics stay as they are trains and runs without the time and memory of
either layer, and no channel's rate depends on how small its weights were before they were divided
by its deviation.
"""

import copy
from pathlib import Path

import numpy as np
from google.protobuf import text_format

from caffe.proto import caffe_pb2
from data.files import write_text
from nets.load import net_of_text, read_net
from nets.surgery import Log, Net, SurgeryError, relative_difference, save_equal, untrained

FOLDS = ("BatchNorm", "Scale", "BN")


def convert_folded(prototxt: str | Path, model: str | Path, out: str | Path, log: Log = print):
    """Write a caffemodel with each BatchNorm, Scale and BN folded into the convolution before it.

    Parameters
    ----------
    prototxt
        The net, which normalises in place and whose BatchNorm layers use their stored statistics.
    model
        Its caffemodel.
    out
        The caffemodel to write; its convolutions have their old names, and biases. Its net becomes
        the prototxt of the same stem beside it.
    log
        Called with each line of the report.

    Returns
    -------
    float
        The largest difference, on one picture, of any blob that both nets have, relative to the
        blob's largest value.

    Raises
    ------
    SurgeryError
        The model does not fill the net, a layer cannot be folded, or the difference exceeds 1e-4;
        nothing is written.
    """
    param, net = filled(prototxt, model)
    values = folded_params(param, net)
    made = without_normalisation(param)
    plain = net_of_text(str(made))
    for name, blobs in net.params.items():
        for i, blob in enumerate(plain.params.get(name, [])):
            blob.data[...] = values[name][i] if name in values else blobs[i].data
    log(f"folded {len(net.params) - len(plain.params)} layers into {len(values)} convolutions")
    return save_both(net, plain, made, out, log)


def filled(prototxt: str | Path, model: str | Path) -> tuple[caffe_pb2.NetParameter, Net]:
    """Return a net's description and the net with its weights; SurgeryError if some are missing."""
    param = read_net(prototxt)
    net = net_of_text(str(param), model)
    if empty := untrained(net):
        raise SurgeryError(f"{model} holds no parameters for {', '.join(empty)} of {prototxt}")
    return param, net


def save_both(
    net: Net, made: Net, param: caffe_pb2.NetParameter, out: str | Path, log: Log
) -> float:
    """Write `made` and its prototxt `param` if it computes what `net` does; return the error."""
    error = difference(net, made)
    save_equal(made, out, error, "blobs")
    write_text(Path(out).with_suffix(".prototxt"), text_format.MessageToString(param))
    log(f"equal blobs on one picture (difference {error:.1e}); wrote {out} and its prototxt")
    return error


def folded_params(param: caffe_pb2.NetParameter, net: Net) -> dict[str, list[np.ndarray]]:
    """Return {convolution: [weights, biases]}, float64, of those that something was folded into."""
    found: dict[str, list[np.ndarray]] = {}
    convolution: dict[str, str] = {}  # blob: the layer that wrote it, if nothing came in between
    changed = set()
    for layer in param.layer:
        blobs = [b.data.astype(np.float64) for b in net.params.get(layer.name, [])]
        if layer.type == "Convolution":
            found[layer.name] = blobs if len(blobs) > 1 else [*blobs, np.zeros(len(blobs[0]))]
            convolution[layer.top[0]] = layer.name
        elif layer.type in FOLDS:
            name = convolution.get(layer.bottom[0])
            if name is None or layer.bottom[0] != layer.top[0]:
                raise SurgeryError(
                    f"layer {layer.name!r} ({layer.type}): expected in place, behind a Convolution"
                )
            factor, offset = affine(layer, blobs)
            weights, biases = found[name]
            weights *= factor.reshape(-1, 1, 1, 1)
            biases[:] = biases * factor + offset
            changed.add(name)
        else:
            for top in layer.top:
                convolution.pop(top, None)
    return {name: blobs for name, blobs in found.items() if name in changed}


def affine(layer: caffe_pb2.LayerParameter, blobs: list[np.ndarray]) -> tuple[np.ndarray, ...]:
    """Return what a BatchNorm or Scale multiplies each channel by, and what it adds."""
    if layer.type == "Scale":
        return blobs[0], blobs[1] if len(blobs) > 1 else np.zeros(len(blobs[0]))
    if layer.type == "BN":
        slope, bias, mean, variance = pspnet_blobs(layer.name, blobs)
        factor = slope / np.sqrt(variance + layer.bn_param.eps)
        return factor, bias - mean * factor
    mean, variance, weight = blobs[:3]
    scale = 1 / weight[0] if weight[0] else 0.0  # as batch_norm_layer.cpp
    factor = 1 / np.sqrt(variance * scale + layer.batch_norm_param.eps)
    return factor, -mean * scale * factor


def pspnet_blobs(name: str, blobs: list[np.ndarray]) -> list[np.ndarray]:
    """Return slope, bias, mean and variance of PSPNet's BN, flat; SurgeryError for another BN."""
    if len(blobs) != 4:
        raise SurgeryError(f"{name}: {len(blobs)} parameters, expected 4: PSPNet's BN")
    return [blob.ravel() for blob in blobs]


def without_normalisation(param: caffe_pb2.NetParameter) -> caffe_pb2.NetParameter:
    """Return the net without its BatchNorm and Scale layers, its convolutions with biases."""
    made = copy.deepcopy(param)
    del made.layer[:]
    made.layer.extend(layer for layer in param.layer if layer.type not in FOLDS)
    for layer in made.layer:
        if layer.type == "Convolution":
            layer.convolution_param.ClearField("bias_term")
    return made


def difference(net: Net, plain: Net) -> float:
    """Return the largest relative difference of the blobs of two nets, for one picture."""
    for each in (net, plain):
        data = each.blobs[each.inputs[0]].data
        data[...] = np.random.RandomState(0).uniform(-120, 120, data.shape)
        each.forward()
    return max(
        relative_difference(net.blobs[name].data, blob.data) for name, blob in plain.blobs.items()
    )
