"""PSPNet's BN layers as BVLC's BatchNorm and Scale, which every Caffe has.

BN keeps slope, bias, mean and variance; BatchNorm takes mean and variance (and a factor of 1),
Scale slope and bias. Both compute slope (x - mean) / sqrt(variance + eps) + bias.
"""

import copy
from pathlib import Path

from caffe.proto import caffe_pb2
from nets.fold import filled, pspnet_blobs, save_both
from nets.load import net_of_text
from nets.surgery import Log, SurgeryError


def convert_bn(prototxt: str | Path, model: str | Path, out: str | Path, log: Log = print) -> float:
    """Write a caffemodel with each BN of four parameters made BatchNorm and Scale, and its net.

    Parameters and result are those of `nets.fold.convert_folded`.

    Raises
    ------
    SurgeryError
        The model does not fill the net, there is no BN, one has other parameters (SegNet's has
        two), or the difference exceeds 1e-4; nothing is written.
    """
    param, net = filled(prototxt, model)
    made, names = split(param)
    new = net_of_text(str(made))
    for name, blobs in net.params.items():
        if name not in names:
            for to, blob in zip(new.params[name], blobs, strict=True):
                to.data[...] = blob.data
            continue
        slope, bias, mean, variance = pspnet_blobs(name, [blob.data for blob in blobs])
        for to, values in zip(new.params[name], (mean, variance, 1), strict=True):
            to.data[...] = values
        for to, values in zip(new.params[names[name]], (slope, bias), strict=True):
            to.data[...] = values
    log(f"{len(names)} BN layers are BatchNorm and Scale now")
    return save_both(net, new, made, out, log)


def split(param: caffe_pb2.NetParameter) -> tuple[caffe_pb2.NetParameter, dict[str, str]]:
    """Return the net with BatchNorm and Scale instead of BN, and {BatchNorm: Scale}."""
    made = copy.deepcopy(param)
    del made.layer[:]
    names = {}
    for layer in param.layer:
        if layer.type != "BN":
            made.layer.add().CopyFrom(layer)
            continue
        normal = made.layer.add(name=layer.name, type="BatchNorm", bottom=layer.bottom)
        normal.top.extend(layer.top)
        normal.batch_norm_param.eps = layer.bn_param.eps
        if layer.bn_param.frozen:
            normal.batch_norm_param.use_global_stats = True
        else:
            normal.batch_norm_param.moving_average_fraction = layer.bn_param.momentum
        for _ in range(3):
            normal.param.add(lr_mult=0, decay_mult=0)
        scale = made.layer.add(type="Scale", bottom=layer.top, top=layer.top)
        scale.name = names[layer.name] = layer.name.removesuffix("/bn") + "/scale"
        scale.scale_param.bias_term = True
        for spec in layer.param[:2]:
            scale.param.add(
                lr_mult=0 if layer.bn_param.frozen else spec.lr_mult, decay_mult=spec.decay_mult
            )
    if not names:
        raise SurgeryError(f"{param.name or 'the net'} has no BN layers")
    return made, names
