"""Convolutions in plain numpy."""

import itertools

import numpy as np

GAUSSIAN = 'weight_filler { type: "gaussian" std: 0.5 } bias_filler { type: "gaussian" std: 0.5 }'


def tap_slices(tap, stride, dilation, outputs):
    return tuple(
        slice(t * d, t * d + s * (o - 1) + 1, s)
        for t, s, d, o in zip(tap, stride, dilation, outputs, strict=True)
    )


def extents(kernel, dilation):
    return [d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True)]


def columns(x, kernel, stride, pad, dilation):
    """Return {tap: the values that tap sees}, each (N, C, *outputs), and the output sizes."""
    sizes = x.shape[2:]
    outputs = [
        int((n + 2 * p - e) / s) + 1
        for n, p, e, s in zip(sizes, pad, extents(kernel, dilation), stride, strict=True)
    ]
    # Room behind the map too, for a filter that overhangs it.
    behind = [p + e for p, e in zip(pad, extents(kernel, dilation), strict=True)]
    x = np.pad(x, [(0, 0), (0, 0), *zip(pad, behind, strict=True)])
    taps = itertools.product(*(range(k) for k in kernel))
    return {t: x[(..., *tap_slices(t, stride, dilation, outputs))] for t in taps}, outputs


def repeated(name, values):
    return " ".join(f"{name}: {v}" for v in values)


def random_filters(seed, axes):
    """Return sizes and settings that fit together."""
    random = np.random.default_rng(seed)
    draw = lambda low, high: [int(v) for v in random.integers(low, high, axes)]  # noqa: E731
    kernel, stride, pad, dilation = draw(1, 4), draw(1, 4), draw(0, 5), draw(1, 3)
    sizes = [
        n + max(0, e - 2 * p)
        for n, e, p in zip(draw(0, 4), extents(kernel, dilation), pad, strict=True)
    ]
    sizes = [max(1, n) for n in sizes]
    group = int(random.choice([1, 1, 2, 3]))
    channels, outputs = group * int(random.integers(1, 3)), group * int(random.integers(1, 3))
    bias = bool(random.integers(0, 2))
    text = " ".join(
        repeated(name, values)
        for name, values in (
            ("kernel_size", kernel),
            ("stride", stride),
            ("pad", pad),
            ("dilation", dilation),
        )
    )
    text += f" group: {group} num_output: {outputs} bias_term: {str(bias).lower()} {GAUSSIAN}"
    return text, (2, channels, *sizes), (stride, pad, dilation, group)
