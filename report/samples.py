"""Pictures of the validation split with their truth and with what each net makes of them."""

import importlib
from dataclasses import dataclass, field

import numpy as np

import caffe
import runfolder
from data.palette import voc_palette
from score import predict

VOID_COLOUR = (224, 224, 192)  # number 255 of VOC's palette


@dataclass
class Sample:
    """H x W x 3 uint8 RGB picture, H x W uint8 truth (255 void), {run name: H x W uint8}."""

    name: str
    picture: np.ndarray
    truth: np.ndarray
    found: dict = field(default_factory=dict)


def take(runs, count):
    """`count` Samples at even distances through the validation split (fewer if it is smaller)."""
    samples = {}
    for run in runs:
        paths = runfolder.trained_with(run.row, run.data)
        weights = str(runfolder.weights_of(run.name))
        reader = caffe.Net(str(paths["val"]), caffe.TEST).layers[0]
        net = caffe.Net(str(paths["deploy"]), weights, caffe.TEST)
        for index in even(len(reader.items), count):
            arrays = reader.sample(reader.items[index], 0)
            if index not in samples:
                samples[index] = shown(run.data, reader, index, arrays)
            samples[index].found[run.name] = segment(net, run.data, arrays)
    return list(samples.values())


def even(total, count):
    """`count` numbers below `total`, evenly spread."""
    count = min(count, total)
    return [(2 * i + 1) * total // (2 * count) for i in range(count)]


def segment(net, data, arrays):
    """The labels that a deploy net gives to the arrays of a data layer, for the first head."""
    for (top, _), values in zip(data.inputs, arrays, strict=False):
        net.blobs[top].reshape(1, *values.shape)
        net.blobs[top].data[...] = values
    net.forward()
    return predict(net.blobs[data.heads[0].score].data[0])


def shown(data, reader, index, arrays):
    item = reader.items[index]
    truth = arrays[len(data.inputs)][0].astype(np.uint8)
    return Sample(item if isinstance(item, str) else item[0], visible(data, arrays[0]), truth)


def visible(data, values):
    """The first input as RGB: mean added and channels turned; other than three, scaled as gray."""
    if len(values) != 3:
        gray = values.mean(axis=0)
        span = max(float(np.ptp(gray)), 1e-9)
        return np.repeat(((gray - gray.min()) / span * 255)[..., None], 3, axis=2).astype(np.uint8)
    module = importlib.import_module(data.module)
    first = [top for top in data.common.get("tops", ("color",)) if top != "label"][0]
    if first == "hha":  # stored as RGB, taken as it is
        mean, order = np.array(module.MEAN_HHA), slice(None)
    else:
        mean = data.common["mean"] if "mean" in data.common else module.MEAN_BGR
        mean, order = np.array(mean), slice(None, None, -1)
    return (
        np.clip(values + mean[:, None, None], 0, 255)[order]
        .round()
        .astype(np.uint8)
        .transpose(1, 2, 0)
    )


def coloured(label):
    """An H x W label map in VOC's colours, RGB."""
    return voc_palette()[label]
