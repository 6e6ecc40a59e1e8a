"""THE table: every experiment, one row each. Numbers that differ live here, topologies in `nets/`.

`datasets.py` defines how each data set is read and scored, `WEIGHTS` the files that training may
start from, `EXPERIMENTS` the rows. `make prototxt` generates each row's nets and solver.
A user's own experiments are added by `custom.py`.
"""

from dataclasses import replace
from typing import Any

from experiments.schema import Classifier, Experiment, Init

SEED = 1337

# The classifiers to start from, made convolutional by `python surgery.py convert KIND ...`.
WEIGHTS = {
    "vgg16-fcn": Classifier(
        "vgg16", "VGG_ILSVRC_16_layers.caffemodel", "ilsvrc-nets/vgg16-fcn.caffemodel"
    ),
    "alexnet-fcn": Classifier(
        "caffenet", "bvlc_reference_caffenet.caffemodel", "ilsvrc-nets/alexnet-fcn.caffemodel"
    ),
    "googlenet-fcn": Classifier(
        "googlenet", "bvlc_googlenet.caffemodel", "ilsvrc-nets/googlenet-fcn.caffemodel"
    ),
}

# The authors' trained nets, by row: `python -m data fetch published-fcn-weights`.
PUBLISHED = {
    "voc-fcn32s": "fcn32s-heavy-pascal",
    "voc-fcn16s": "fcn16s-heavy-pascal",
    "voc-fcn8s": "fcn8s-heavy-pascal",
    "voc-fcn8s-atonce": "fcn8s-atonce-pascal",
    "voc-fcn-alexnet": "fcn-alexnet-pascal",
    "nyud-fcn32s-color": "nyud-fcn32s-color-heavy",
    "nyud-fcn32s-hha": "nyud-fcn32s-hha-heavy",
    "nyud-fcn32s-color-hha": "nyud-fcn32s-color-hha-heavy",
    "siftflow-fcn32s": "siftflow-fcn32s-heavy",
    "siftflow-fcn16s": "siftflow-fcn16s-heavy",
    "siftflow-fcn8s": "siftflow-fcn8s-heavy",
    "pascalcontext-fcn32s": "pascalcontext-fcn32s-heavy",
    "pascalcontext-fcn16s": "pascalcontext-fcn16s-heavy",
    "pascalcontext-fcn8s": "pascalcontext-fcn8s-heavy",
}


def staged(
    prefix: str,
    data: str,
    rates: tuple[float, float, float],
    options: dict[str, Any] | None = None,
    init: tuple[Init, ...] = (Init("vgg16-fcn"),),
    **numbers: Any,
) -> list[Experiment]:
    """Return the rows PREFIX-fcn32s, 16s and 8s, each starting from the one before."""
    rows = []
    for stride, rate in zip((32, 16, 8), rates, strict=True):
        name = f"{prefix}-fcn{stride}s"
        opts = dict(stride=stride, **(options or {}))
        rows.append(Experiment(name, data, options=opts, init=init, base_lr=rate, **numbers))
        init = (Init(name),)
    return rows


def _nyud_row(name: str, inputs: str, **numbers: Any) -> Experiment:
    return Experiment(name, inputs, max_iter=300000, steps=100000, score_every=2000, **numbers)


_CLASSIC: dict[str, Any] = dict(
    momentum=0.9, iter_size=20, normalize=True
)  # the CVPR paper's setting
# One convolution in the first stage, whose maps are the largest.
_DEMO: dict[str, Any] = dict(
    widths=(16, 32, 64, 96, 128), depths=(1, 1, 2, 2, 2), dense=192, batch_norm=True, drop=0.0
)
# CamVid's pictures are larger: here that convolution takes the first pooling's step too.
_MINI: dict[str, Any] = dict(
    widths=(24, 32, 64, 128, 128), depths=(1, 2, 2, 2, 2), dense=256, batch_norm=True, drop=0.0,
    strided=True,
)  # fmt: skip


def _small(
    name: str,
    data: str,
    init: tuple[Init, ...],
    base_lr: float,
    max_iter: int,
    scorings: int = 1,
    net: str = "vgg_small.small_fcn",
    **options: Any,
) -> Experiment:
    """Return a row that 2 cores train from nothing; its learning rate falls to 0."""
    return Experiment(
        name,
        data,
        net,
        options=options,
        init=init,
        base_lr=base_lr,
        momentum=0.9,
        normalize=True,
        max_iter=max_iter,
        score_every=max_iter // scorings,
        solver=dict(lr_policy="poly", power=0.9),
    )


def _mini(
    name: str, init: tuple[Init, ...], base_lr: float, max_iter: int, stride: int
) -> Experiment:
    row = _small(name, "camvid-mini", init, base_lr, max_iter, stride=stride, **_MINI)
    adam = dict(row.solver, type="Adam", momentum2=0.999, delta=1e-8)
    return replace(row, weight_decay=0.0001, balance=0.4, solver=adam)


def _demo(name: str, init: tuple[Init, ...], max_iter: int, stride: int) -> Experiment:
    return _small(name, "shapes-batches", init, 0.02, max_iter, 4, stride=stride, **_DEMO)


_ROWS = [
    *staged("voc", "voc", (1e-10, 1e-12, 1e-14)),
    Experiment(
        "voc-fcn8s-atonce",
        "voc",
        # the skips' magnitudes brought into line, so that all three streams train together
        options=dict(stride=8, scales={4: 0.01, 3: 0.0001}),
        max_iter=300000,
    ),
    Experiment(
        "voc-fcn-alexnet",
        "voc",
        "alexnet.fcn_alexnet",
        init=(Init("alexnet-fcn"),),
        base_lr=1e-4,
        **_CLASSIC,
    ),
    Experiment(
        "voc-fcn-googlenet",
        "voc",
        "googlenet.fcn_googlenet",
        init=(Init("googlenet-fcn"),),
        base_lr=5e-5,
        **_CLASSIC,
    ),
    # How FCN-32s learns (PAMI paper, section 4.3): accumulated batches of 20, single images, and,
    # in voc-fcn32s itself, single images with high momentum; and with the head alone learning.
    Experiment("voc-fcn32s-accum", "voc", base_lr=1e-4, **_CLASSIC),
    Experiment("voc-fcn32s-online", "voc", momentum=0.9),
    Experiment("voc-fcn32s-fixed", "voc", options=dict(fixed=True)),
    # FCN-8s and a dense CRF trained together, 5 mean-field steps in training, 10 in tests.
    Experiment(
        "voc-crfrnn",
        "voc",
        "crfrnn.crfrnn",
        options=dict(iterations=10),
        train_options=dict(iterations=5),
        scores="pred",
        init=(Init("voc-fcn8s"),),
        base_lr=1e-13,
    ),
    _nyud_row("nyud-fcn32s-color", "nyud-color"),
    _nyud_row("nyud-fcn32s-hha", "nyud-hha"),
    _nyud_row(
        "nyud-fcn32s-color-d",
        "nyud-color-d",
        net="nyud.color_depth",
        inflate=("conv1_1", "conv1_1_bgrd"),
    ),
    _nyud_row(
        "nyud-fcn32s-color-hha",
        "nyud-color-hha",
        net="nyud.color_hha",
        init=(Init("nyud-fcn32s-color", "color"), Init("nyud-fcn32s-hha", "hha")),
        base_lr=1e-12,
    ),
    *staged(
        "siftflow",
        "siftflow",
        (1e-10, 1e-12, 1e-12),
        max_iter=300000,
        steps=100000,
        score_every=2000,
    ),
    *staged(
        "pascalcontext",
        "pascalcontext",
        (1e-10, 1e-12, 1e-14),
        max_iter=300000,
        steps=400000,
        score_every=8000,
    ),
    *staged("camvid", "camvid", (1e-10, 1e-12, 1e-14), max_iter=20000, score_every=1000),
    _small(
        "demo-classifier", "shapes-single", (), 0.02, 120, 3, "vgg_small.small_classifier", **_DEMO
    ),
    _demo("demo-fcn32s", (Init("demo-classifier", ""),), 320, stride=32),
    _demo("demo-fcn16s", (Init("demo-fcn32s"),), 300, stride=16),
    _demo("demo-fcn8s", (Init("demo-fcn16s"),), 400, stride=8),
    _demo("demo-fcn8s-atonce", (Init("demo-classifier", ""),), 480, stride=8),
    _mini("camvid-mini-fcn32s", (), 0.003, 900, stride=32),
    _mini("camvid-mini-fcn16s", (Init("camvid-mini-fcn32s"),), 0.002, 600, stride=16),
    _mini("camvid-mini-fcn8s", (Init("camvid-mini-fcn16s"),), 0.002, 4500, stride=8),
]  # fmt: skip

EXPERIMENTS = {row.name: row for row in _ROWS}
