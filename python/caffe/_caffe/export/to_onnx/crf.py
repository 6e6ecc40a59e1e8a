"""Dense CRFs: CRF-RNN's, DeepLab's and CCNN's."""

from ...layers.forks import ccnn, deeplab_crf
from ...layers.forks.crfasrnn import MultiStageMeanfield
from .graph import INT64, Graph
from .lattice import Lattice, grid_features
from .suppression import one_picture
from .table import converts


def _rows(g, x) -> str:
    """Return a map (1, C, H, W) as (H W, C)."""
    return g.node("Transpose", g.reshape(x, g.size(x, 1), -1), perm=[1, 0])


def _map(g, rows, like) -> str:
    """Return rows (H W, C) as a map of the size of `like`."""
    size = g.sizes(1, -1, g.size(like, 2, 4))
    return g.node("Reshape", g.node("Transpose", rows, perm=[1, 0]), size)


def _lattice(g, sigmas, size, image="") -> Lattice:
    return Lattice(g, grid_features(g, size, list(sigmas), image), len(sigmas))


@converts(MultiStageMeanfield)
def meanfield(g: Graph, layer: MultiStageMeanfield, unary: str, start: str, image: str):
    """CRF-RNN's iterations, one after another."""
    one_picture(g, layer, unary)
    size = g.size(unary, 2, 4)
    near, alike = _lattice(g, layer.spatial, size), _lattice(g, layer.bilateral, size, image)
    matrices = [g.node("Squeeze", g.param(i), g.ints(0, 1)) for i in range(3)]
    w_s, w_b, w_c = (g.node("Transpose", m, perm=[1, 0]) for m in matrices)
    score, current = _rows(g, unary), _rows(g, start)
    for _ in range(layer.iterations):
        prob = g.node("Softmax", current, axis=1)
        message = g.add(
            g.node("MatMul", near.average(prob), w_s), g.node("MatMul", alike.average(prob), w_b)
        )
        current = g.sub(score, g.node("MatMul", message, w_c))
    return _map(g, current, unary)


def _softmax(g, x) -> str:
    """Softmax over classes, terms below exp(-20) of the largest left out (core/dense_crf.py)."""
    below = g.sub(x, g.reduce("ReduceMax", x, (1,)))
    kept = g.node("Greater", below, g.scalar(-20))
    return g.node("Softmax", g.node("Where", kept, below, g.scalar(float("-inf"))), axis=1)


def _mean_field(g, score, kernels, iterations) -> str:
    prob = _softmax(g, score)
    for _ in range(iterations):
        total = score
        for weight, lattice in kernels:
            total = g.add(total, g.mul(lattice.average(prob), g.scalar(weight)))
        prob = _softmax(g, total)
    return prob


@converts(ccnn.DenseCRF)
def ccnn_crf(g: Graph, layer: ccnn.DenseCRF, score: str, image: str):
    """The labels after ten iterations."""
    one_picture(g, layer, score)
    g.decides = True
    size = g.size(score, 2, 4)
    red_first = g.node("Gather", image, g.ints(2, 1, 0), axis=1)
    # Cut to whole numbers, then to the lowest byte.
    whole = g.node("Mod", g.cast(red_first, INT64), g.ints(256))
    kernels = [
        (layer.weights[0], _lattice(g, layer.place, size)),
        (layer.weights[1], _lattice(g, layer.colour, size, g.cast(whole))),
    ]
    prob = _mean_field(g, _rows(g, score), kernels, layer.iterations)
    label = g.node("ArgMax", prob, axis=1, keepdims=1)
    return _map(g, g.cast(label), score)


@converts(deeplab_crf.DenseCRF)
def deeplab_crf_(g: Graph, layer: deeplab_crf.DenseCRF, score: str, dim: str, *image: str):
    """Q within dim, zeros outside it."""
    one_picture(g, layer, score)
    p, size = layer.settings, g.size(score, 2, 4)
    given = g.slice(g.reshape(g.cast(dim, INT64), -1), 0, 2, 0)
    inside = g.node("Min", given, size)
    cut = g.slice(score, g.ints(0, 0), inside, 2, 3)
    kernels = [
        (weight, _lattice(g, (std, std), inside))
        for weight, std in zip(p.pos_w, p.pos_xy_std, strict=True)
    ]
    if image:
        picture = g.slice(image[0], g.ints(0, 0), inside, 2, 3)
        for weight, place, colour in zip(p.bi_w, p.bi_xy_std, p.bi_rgb_std, strict=True):
            sigmas = [place] * 2 + [colour] * 3
            kernels.append((weight, _lattice(g, sigmas, inside, picture)))
    prob = _mean_field(g, _rows(g, cut), kernels, p.max_iter)
    if not p.output_probability:
        prob = g.node("Log", g.node("Max", prob, g.scalar(deeplab_crf.FLT_MIN)))
    pads = g.sizes(0, 0, g.sub(size, inside))
    return g.node("Pad", _map(g, prob, cut), pads, g.scalar(0), g.ints(2, 3))


@converts(deeplab_crf.DomainTransformForwardOnly)
def domain_transform(
    g: Graph, layer: deeplab_crf.DomainTransformForwardOnly, x: str, gradient: str, dim: str
):
    """Passes over columns and rows, each a Scan, whose weights are 0 outside dim."""
    inside = ""
    given = g.reshape(dim, g.size(x, 0), -1)
    for i, shape in enumerate(((1, 1, -1, 1), (1, 1, 1, -1))):
        limit = g.reshape(g.cast(g.slice(given, i, i + 1, 1), INT64), -1, 1, 1, 1)
        on = g.node("Less", g.reshape(g.range(g.size(x, 2 + i)), *shape), limit)
        inside = g.node("And", inside, on) if inside else on
    reach = g.add(g.mul(gradient, g.scalar(layer.edge)), g.scalar(1))
    for exponent in layer.exponents:
        weight = g.node("Exp", g.mul(reach, g.scalar(exponent)))
        if isinstance(layer, deeplab_crf.DomainTransform):
            bounded = g.node("Max", weight, g.scalar(layer.min_weight))
            weight = g.node("Min", bounded, g.scalar(1))
        weight = g.node("Where", inside, weight, g.scalar(0))
        for axis in (3, 2):
            for backward in (0, 1):
                x = _pass(g, x, weight, axis, backward)
    return x


def _pass(g, x, weight, axis, backward):
    """Return y[p] = x[p] + weight (y[the pixel before] - x[p]) along an axis."""
    start = g.slice(x, -1 if backward else 0, 2**62 if backward else 1, axis)
    if backward:  # the weight between two pixels is that of the later one
        rest = g.slice(weight, 1, 2**62, axis)
        weight = g.node("Concat", rest, g.slice(weight, 0, 1, axis), axis=axis)
    return g.scan(_step, g.node("Squeeze", start, g.ints(axis)), (x, weight), axis, backward)


def _step(g, before, x, weight):
    return g.add(x, g.mul(weight, g.sub(before, x)))
