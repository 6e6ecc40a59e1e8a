"""Net surgery: carry trained parameters into nets of another shape.

The functions work on `caffe.Net`s, in place, and return a report of what they did, one line
per parameter, which they also hand to `log` (default: print).
"""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from data.errors import ProjectError

Net = Any  # caffe.Net; these functions take any caffe's
Log = Callable[[str], Any]


class SurgeryError(ProjectError, ValueError):
    """Parameters do not fit; the message names layer, blob and both shapes."""


def transplant(new_net: Net, net: Net, suffix: str = "", log: Log = print) -> list[str]:
    """Copy the parameters of `net` into the layers of `new_net` called the same plus `suffix`.

    Shapes may differ where the counts agree: a fully connected O x I layer is a convolution's
    O x C x H x W in the same order. Parameters without a layer to go to are dropped.

    Returns
    -------
    list of str
        One line per copy, coercion and drop.

    Raises
    ------
    SurgeryError
        Unequal counts.
    """
    report = []

    def note(line: str) -> None:
        report.append(line)
        log(line)

    for name, blobs in net.params.items():
        target = name + suffix
        if target not in new_net.params:
            note(f"dropping {name}: no layer {target!r}")
            continue
        for i, blob in enumerate(blobs):
            if i >= len(new_net.params[target]):
                note(f"dropping {name}[{i}]: {target} has {len(new_net.params[target])} blobs")
                continue
            note(copy(new_net.params[target][i].data, blob.data, f"{name}[{i}]", f"{target}[{i}]"))
    return report


def copy(to: np.ndarray, source: np.ndarray, name: str, target: str) -> str:
    """Copy one array into another of equal count; return whether the shape was coerced."""
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


def upsample_filt(size: int) -> np.ndarray:
    """Return the size x size kernel of bilinear interpolation by the factor (size + 1) // 2.

    w[i, j] = (1 - |i - c| / f) (1 - |j - c| / f), f the factor, c the kernel's centre, which
    is f - 1 for odd sizes and f - 0.5 for even ones.
    """
    factor = (size + 1) // 2
    center = factor - 1 if size % 2 == 1 else factor - 0.5
    line = 1 - np.abs(np.arange(size) - center) / factor
    return np.outer(line, line)


def interp(net: Net, layers: Iterable[str]) -> None:
    """Make each deconvolution in `layers` interpolate bilinearly, every channel by itself.

    Parameters
    ----------
    net : Net
        Changed in place.
    layers : iterable of str
        Deconvolutions with weights m x k x h x w: m = k (dense, set on the diagonal, zero
        elsewhere) or k = 1 (one group per channel).
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


def interp_layers(net: Net) -> list[str]:
    """Return the upsampling layers: those with `up` in their name, as in the reference."""
    return [name for name in net.params if "up" in name]


def expand_score(new_net: Net, new_layer: str, net: Net, layer: str) -> None:
    """Put a score layer of k classes into one of more: the first k classes are the old ones.

    Weights and biases of the new classes stay as they are.

    Raises
    ------
    SurgeryError
        Fewer classes, or other inputs.
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


def change_classes(
    new_net: Net,
    net: Net,
    classes: Sequence[int | None],
    layers: Iterable[str] | None = None,
    log: Log = print,
) -> list[str]:
    """Transplant a net into one with other classes.

    Parameters
    ----------
    new_net, net
        The net to fill and the one with the old classes.
    classes
        `classes[j]` is the old class that new class j starts from, or None: such a class keeps
        the parameters that `new_net` has.
    layers
        The layers with one output per class (default: those called score* and the upsampling
        ones); all others are transplanted.
    log
        Called with each line of the report.
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


def pick(new: np.ndarray, old: np.ndarray, classes: Sequence[int | None], label: str) -> str:
    """Fill a per-class array (or a classes x classes deconvolution) from the old one's classes."""
    if len(new) != len(classes) or new.ndim != old.ndim:
        raise SurgeryError(
            f"{label}: {old.shape} -> {new.shape}; expected {len(classes)} classes first"
        )
    chosen = [(j, k) for j, k in enumerate(classes) if k is not None]
    bad = [k for _, k in chosen if not 0 <= k < len(old)]
    if bad:
        raise SurgeryError(f"{label}: old classes {bad} of {len(old)}")
    square = new.ndim == 4 and new.shape[1] == len(classes) and old.shape[1] == len(old)
    if not square and new.shape[1:] != old.shape[1:]:
        raise SurgeryError(f"{label}: {old.shape} -> {new.shape}: the inputs differ")
    for j, k in chosen:
        if square:
            for j2, k2 in chosen:
                new[j, j2] = old[k, k2]
        else:
            new[j] = old[k]
    return f"picking {len(chosen)} of {len(old)} classes for {label} {new.shape}"


def inflate(new_net: Net, new_layer: str, net: Net, layer: str, gray: str = "sum") -> str:
    """Carry a first convolution over to another number of input channels; biases are copied.

    With more channels the old filters come first, each further one is the mean of the old ones (as
    NYUDv2's depth).

    Parameters
    ----------
    new_net, net : Net
        The first is changed.
    new_layer, layer : str
        The convolutions' names.
    gray : str
        With one channel: "sum" (the response to a gray picture equals that to the same picture in
        all channels) or "mean".

    Returns
    -------
    str
        What was done, for the log.
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


def thin(new_net: Net, new_layer: str, net: Net, layer: str) -> str:
    """Fill a convolution from one of more filters, inputs or taps: evenly spaced ones of each.

    So a stack of layers thinned alike stays one. DeepLab (v1, section 3.1) decimates VGG16's fc6
    and fc7 so; which filters its authors took is not published.

    Returns
    -------
    str
        What was done, for the log.

    Raises
    ------
    SurgeryError
        The new convolution is the larger one on some axis.
    """
    for i, (new, old) in enumerate(zip(new_net.params[new_layer], net.params[layer], strict=True)):
        new, old = new.data, old.data
        # Models older than Caffe 1.0 store a bias of n numbers as 1 x 1 x 1 x n.
        old = old.reshape(-1) if new.ndim == 1 else old
        if new.ndim != old.ndim or any(n > o for n, o in zip(new.shape, old.shape, strict=True)):
            raise SurgeryError(
                f"{layer}[{i}] {old.shape} cannot be thinned to {new_layer}[{i}] {new.shape}"
            )
        places = [
            np.linspace(0, have - 1, want).round().astype(int)
            for have, want in zip(old.shape, new.shape, strict=True)
        ]
        new[...] = old[np.ix_(*places)]
    before, after = net.params[layer][0].data.shape, new_net.params[new_layer][0].data.shape
    return f"thinning {layer} {before} -> {new_layer} {after}"


def untrained(net: Net) -> list[str]:
    """Return the layers whose weights are all zero, the default filler: no model filled them."""
    # Of one axis are biases, scales and BatchNorm's statistics, which may well be zero.
    weights = {name: blobs[0].data for name, blobs in net.params.items()}
    return [name for name, w in weights.items() if w.ndim > 1 and not w.any()]


def relative_difference(want: np.ndarray, got: np.ndarray) -> float:
    """Return the largest difference of two arrays, relative to the first one's largest value."""
    return float(np.abs(got - want).max() / max(np.abs(want).max(), 1e-30))


def save_equal(net: Net, out: str | Path, error: float, values: str) -> None:
    """Write a converted net's caffemodel; SurgeryError if its `values` differ by over 1e-4."""
    if not error <= 1e-4:
        raise SurgeryError(f"the new net's {values} differ by {error:.1e}; nothing written")
    try:
        Path(out).parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SurgeryError(f"{out}: cannot be written: {error.strerror}") from error
    net.save(str(out))
