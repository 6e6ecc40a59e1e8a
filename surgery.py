"""Net surgery: carry trained parameters into nets of another shape.

    python surgery.py convert vgg16 VGG_ILSVRC_16_layers.caffemodel vgg16-fcn.caffemodel

turns a published ILSVRC classifier (vgg16, caffenet or googlenet; any caffemodel version) into its
fully convolutional form and proves it: both nets score the same picture alike.

The functions work on `caffe.Net`s, in place, and return a report of what they did, one line
per parameter, which they also hand to `log` (default: print).
"""

import argparse
import sys
import tempfile
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent
sys.path[:0] = [str(ROOT)]


class SurgeryError(ValueError):
    """Parameters do not fit; the message names layer, blob and both shapes."""


def transplant(new_net, net, suffix="", log=print):
    """Copy the parameters of `net` into the layers of `new_net` called the same plus `suffix`.

    Shapes may differ where the counts agree (a fully connected O x I layer is a convolution's
    O x C x H x W in the same order); unequal counts raise SurgeryError. Parameters without a
    place are dropped. Every copy, coercion and drop is reported.
    """
    report = []

    def say(line):
        report.append(line)
        log(line)

    for name, blobs in net.params.items():
        target = name + suffix
        if target not in new_net.params:
            say(f"dropping {name}: no layer {target!r}")
            continue
        for i, blob in enumerate(blobs):
            if i >= len(new_net.params[target]):
                say(f"dropping {name}[{i}]: {target} has {len(new_net.params[target])} blobs")
                continue
            say(copy(new_net.params[target][i].data, blob.data, f"{name}[{i}]", f"{target}[{i}]"))
    return report


def copy(to, source, name, target):
    """Copy one array into another of equal count; says whether the shape was coerced."""
    if to.size != source.size:
        raise SurgeryError(
            f"{name} {source.shape} has {source.size} numbers, {target} {to.shape} has {to.size}: "
            "only equal counts can be coerced (for another class count use `change_classes`, "
            "for other input channels `inflate`)"
        )
    to[...] = source.reshape(to.shape)
    if to.shape == source.shape:
        return f"copying {name} -> {target}"
    return f"coercing {name} {source.shape} -> {target} {to.shape}"


def upsample_filt(size):
    """The size x size kernel of bilinear interpolation by the factor (size + 1) // 2.

    w[i, j] = (1 - |i - c| / f) (1 - |j - c| / f), f the factor, c the kernel's centre, which
    is f - 1 for odd sizes and f - 0.5 for even ones.
    """
    factor = (size + 1) // 2
    center = factor - 1 if size % 2 == 1 else factor - 0.5
    line = 1 - np.abs(np.arange(size) - center) / factor
    return np.outer(line, line)


def interp(net, layers):
    """Make each deconvolution in `layers` interpolate bilinearly, every channel by itself.

    For weights m x k x h x w: m = k (dense, set on the diagonal, zero elsewhere) or k = 1
    (one group per channel).
    """
    for name in layers:
        weights = net.params[name][0].data
        m, k, h, w = weights.shape
        if k not in (m, 1):
            raise SurgeryError(f"{name}: {m} x {k} channels; expected as many out as in, or groups")
        if h != w:
            raise SurgeryError(f"{name}: kernel {h} x {w}; expected a square")
        weights[...] = 0
        weights[range(m), range(m) if k == m else 0] = upsample_filt(h)


def interp_layers(net):
    """The upsampling layers of an FCN: those with `up` in their name, as in the reference."""
    return [name for name in net.params if "up" in name]


def expand_score(new_net, new_layer, net, layer):
    """Put a score layer of k classes into one of more: the first k classes are the old ones.

    Weights and biases of the new classes stay as they are.
    """
    for i, (new, old) in enumerate(zip(new_net.params[new_layer], net.params[layer], strict=False)):
        old, new = old.data, new.data
        # Models older than Caffe 1.0 store a bias of n numbers as 1 x 1 x 1 x n.
        old = old.reshape(-1) if i == 1 else old
        if len(old) > len(new) or old.shape[1:] != new.shape[1:]:
            raise SurgeryError(
                f"{layer}[{i}] {old.shape} does not fit into {new_layer}[{i}] {new.shape}: "
                "expected the same inputs and no more classes"
            )
        new[: len(old)] = old


def change_classes(new_net, net, classes, layers=None, log=print):
    """Transplant a net into one with other classes.

    `classes[j]` is the old class that new class j starts from, or None: such a class starts from
    the parameters `new_net` has. `layers` name the layers with one output per class (default:
    those called score* and the upsampling ones); all others are transplanted.
    """
    if layers is None:
        layers = {name for name in net.params if name.startswith("score")} | {*interp_layers(net)}
    report = []
    for name, blobs in net.params.items():
        for i, blob in enumerate(blobs):
            if name not in new_net.params or i >= len(new_net.params[name]):
                report.append(f"dropping {name}[{i}]")
                continue
            new = new_net.params[name][i].data
            label = f"{name}[{i}]"
            if name in layers:
                report.append(pick(new, blob.data, classes, label))
            else:
                report.append(copy(new, blob.data, label, label))
    for line in report:
        log(line)
    return report


def pick(new, old, classes, label):
    """Fill a per-class array (or a classes x classes deconvolution) from the old one's classes."""
    if len(new) != len(classes) or new.ndim != old.ndim:
        raise SurgeryError(
            f"{label}: {old.shape} -> {new.shape}; expected {len(classes)} classes first"
        )
    kept = [(j, k) for j, k in enumerate(classes) if k is not None]
    bad = [k for _, k in kept if not 0 <= k < len(old)]
    if bad:
        raise SurgeryError(f"{label}: old classes {bad} of {len(old)}")
    square = new.ndim == 4 and new.shape[1] == len(classes) and old.shape[1] == len(old)
    if not square and new.shape[1:] != old.shape[1:]:
        raise SurgeryError(f"{label}: {old.shape} -> {new.shape}: the inputs differ")
    for j, k in kept:
        if square:
            for j2, k2 in kept:
                new[j, j2] = old[k, k2]
        else:
            new[j] = old[k]
    return f"picking {len(kept)} of {len(old)} classes for {label} {new.shape}"


def inflate(new_net, new_layer, net, layer, gray="sum"):
    """Carry a first convolution over to another number of input channels.

    More channels: the old ones come first, each further filter is the mean of the old ones
    (as NYUDv2's depth). One channel: `gray` is 'sum' (the answer to a gray picture equals that to
    the same picture given in all channels) or 'mean'. Biases are copied.
    """
    new, old = new_net.params[new_layer][0].data, net.params[layer][0].data
    if new.shape[0] != old.shape[0] or new.shape[2:] != old.shape[2:]:
        raise SurgeryError(
            f"{layer} {old.shape} -> {new_layer} {new.shape}: only axis 1 may differ"
        )
    if gray not in ("sum", "mean"):
        raise SurgeryError(f"gray={gray!r}: expected 'sum' or 'mean'")
    channels, have = new.shape[1], old.shape[1]
    if channels == 1 and have > 1:
        new[:, 0] = old.sum(axis=1) if gray == "sum" else old.mean(axis=1)
    elif channels < have:
        raise SurgeryError(f"{layer} {old.shape} -> {new_layer} {new.shape}: fewer channels")
    else:
        new[:, :have] = old
        new[:, have:] = old.mean(axis=1, keepdims=True)
    for i in range(1, len(net.params[layer])):
        bias = net.params[layer][i].data
        copy(new_net.params[new_layer][i].data, bias, f"{layer}[{i}]", f"{new_layer}[{i}]")
    return f"inflating {layer} {old.shape} -> {new_layer} {new.shape}"


def convert(kind, model, out, log=print):
    """Write the fully convolutional form of an ILSVRC classifier's caffemodel; return the proof.

    Returns the largest difference of the two nets' scores on one picture, relative to the
    largest score; above 1e-4 SurgeryError is raised and nothing is written.
    """
    import caffe
    from nets.ilsvrc import CLASSIFIERS, prototxt

    if kind not in CLASSIFIERS:
        raise SurgeryError(f"classifier {kind!r}: expected one of {', '.join(CLASSIFIERS)}")
    if not Path(model).is_file():
        raise SurgeryError(f"{model}: no such caffemodel (`python -m data fetch ilsvrc-weights`)")
    side, last = CLASSIFIERS[kind]
    log(f"reading {model} as {kind}")
    with tempfile.TemporaryDirectory() as folder:
        for convolutional in (False, True):
            Path(folder, f"{convolutional}.prototxt").write_text(prototxt(kind, convolutional))
        classifier = caffe.Net(f"{folder}/False.prototxt", str(model), caffe.TEST)
        fcn = caffe.Net(f"{folder}/True.prototxt", caffe.TEST)
    untouched = untrained(classifier)
    if untouched:
        raise SurgeryError(f"{model} holds no parameters for {', '.join(untouched)}: not a {kind}?")
    transplant(fcn, classifier, log=log)
    picture = np.random.RandomState(0).uniform(-120, 120, (1, 3, side, side))
    want, got = (scores(net, picture, last) for net in (classifier, fcn))
    error = float(np.abs(got - want).max() / max(np.abs(want).max(), 1e-30))
    if not error <= 1e-4:
        raise SurgeryError(f"the converted net's scores differ by {error:.1e}; nothing written")
    Path(out).parent.mkdir(parents=True, exist_ok=True)
    fcn.save(str(out))
    log(f"equal scores on a {side} x {side} picture (difference {error:.1e}); wrote {out}")
    return error


def untrained(net):
    """Layers whose weights are all zero, the default filler: no model had anything for them."""
    # Of one axis are biases, scales and BatchNorm's statistics, which may well be zero.
    weights = {name: blobs[0].data for name, blobs in net.params.items()}
    return [name for name, w in weights.items() if w.ndim > 1 and not w.any()]


def scores(net, picture, last):
    net.blobs["data"].reshape(*picture.shape)
    net.blobs["data"].data[...] = picture
    net.forward()
    return net.blobs[last].data.ravel().copy()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("convert", help="classifier -> fully convolutional")
    command.add_argument("kind", choices=("vgg16", "caffenet", "googlenet"))
    command.add_argument("model", help="the classifier's caffemodel")
    command.add_argument("out", help="caffemodel to write")
    args = parser.parse_args()
    try:
        convert(args.kind, args.model, args.out)
    except SurgeryError as e:
        sys.exit(f"surgery: {e}")


if __name__ == "__main__":
    main()
