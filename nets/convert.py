"""`surgery.py convert`: an ILSVRC classifier made fully convolutional, with a proof."""

from pathlib import Path

import numpy as np

from nets import surgery
from nets.ilsvrc import CLASSIFIERS, prototxt
from nets.load import CAFFE_ERROR, forward, net_of_text
from nets.surgery import Log, Net, SurgeryError


def convert(kind: str, model: str | Path, out: str | Path, log: Log = print) -> float:
    """Write the fully convolutional form of an ILSVRC classifier's caffemodel.

    Parameters
    ----------
    kind
        vgg16, caffenet, googlenet, resnet50 or resnet101.
    model
        The classifier's caffemodel, of any version.
    out
        The caffemodel to write.
    log
        Called with each line of the report.

    Returns
    -------
    float
        The largest difference of the two nets' scores on one picture, relative to the largest
        score.

    Raises
    ------
    SurgeryError
        `model` is not that classifier's, or the difference exceeds 1e-4; nothing is written.
    """
    if kind not in CLASSIFIERS:
        raise SurgeryError(f"classifier {kind!r}: expected one of {', '.join(CLASSIFIERS)}")
    if not Path(model).is_file():
        raise SurgeryError(f"{model}: no such caffemodel (`python -m data fetch ilsvrc-weights`)")
    side, last = CLASSIFIERS[kind]
    log(f"reading {model} as {kind}")
    try:
        classifier = net_of_text(prototxt(kind, convolutional=False), model)
    except CAFFE_ERROR as failure:
        raise SurgeryError(f"{model} does not fit a {kind}: {failure}") from failure
    fcn = net_of_text(prototxt(kind, convolutional=True))
    if empty := surgery.untrained(classifier):
        raise SurgeryError(f"{model} holds no parameters for {', '.join(empty)}: not a {kind}?")
    surgery.transplant(fcn, classifier, log=log)
    picture = np.random.RandomState(0).uniform(-120, 120, (3, side, side))
    want, got = (scores(net, picture, last) for net in (classifier, fcn))
    error = surgery.relative_difference(want, got)
    surgery.save_equal(fcn, out, error, "scores")
    log(f"equal scores on a {side} x {side} picture (difference {error:.1e}); wrote {out}")
    return error


def scores(net: Net, picture: np.ndarray, last: str) -> np.ndarray:
    """Return the blob `last` of a forward pass over 3 x H x W `picture`, flat."""
    forward(net, {"data": picture})
    return net.blobs[last].data.ravel().copy()
