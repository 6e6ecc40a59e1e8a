"""THE table: every experiment, one row each. Numbers that differ live here, topologies in `nets/`.

`DATA` (data_table.py) says how each data set is read and scored, `WEIGHTS` which files training
may start from, `EXPERIMENTS` what is trained. `make prototxt` writes each row's nets and solver out
of it. Standard library only; a user's own experiments are added by `own.py`.
"""

import difflib
from dataclasses import dataclass, field, replace

from data_table import DATA, DataSet, Head

__all__ = ["DATA", "EXPERIMENTS", "PUBLISHED", "WEIGHTS", "DataSet", "Experiment", "Head"]

SEED = 1337


@dataclass(frozen=True)
class Experiment:
    """One row: which net on which data, from what, and how it learns."""

    name: str
    data: str
    net: str = "fcn.fcn"  # module.function under nets/
    options: dict = field(default_factory=dict)  # its keyword arguments
    # What training starts from: a row or a key of WEIGHTS, or {suffix: one of these} to transplant
    # each into the layers that end so; None trains from the fillers.
    init: object = "vgg16-fcn"
    inflate: tuple = ()  # (layer there, layer here): first layers of unequal channel counts
    base_lr: float = 1e-10  # for a loss summed over pixels
    momentum: float = 0.99
    weight_decay: float = 0.0005
    iter_size: int = 1
    max_iter: int = 100000
    steps: int = 0  # iterations that solve.py takes, where the authors' scripts stop elsewhere
    score_every: int = 4000  # iterations; a snapshot is kept as often
    normalize: bool = False  # loss: sum over pixels / batch (False) or mean over them (True)
    # How far the loss evens out that some classes are rare: 0 not at all, 1 as if all were equally
    # frequent (that is median frequency balancing; Eigen and Fergus, ICCV 2015, section 6.3.2).
    balance: float = 0.0
    solver: dict = field(default_factory=dict)  # further SolverParameter fields


# The classifiers' weights to start from: caffemodels under the data folder, each made by
# `python surgery.py convert vgg16|caffenet|googlenet` from the published classifier.
WEIGHTS = {
    "vgg16-fcn": "ilsvrc-nets/vgg16-fcn.caffemodel",
    "alexnet-fcn": "ilsvrc-nets/alexnet-fcn.caffemodel",
    "googlenet-fcn": "ilsvrc-nets/googlenet-fcn.caffemodel",
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


def staged(prefix, data, rates, options=None, init="vgg16-fcn", **numbers):
    """The rows PREFIX-fcn32s, 16s and 8s, each starting from the one before."""
    rows = []
    for stride, rate in zip((32, 16, 8), rates, strict=True):
        name = f"{prefix}-fcn{stride}s"
        opts = dict(stride=stride, **(options or {}))
        rows.append(Experiment(name, data, options=opts, init=init, base_lr=rate, **numbers))
        init = name
    return rows


def _nyud_row(name, inputs, **numbers):
    return Experiment(name, inputs, max_iter=300000, steps=100000, score_every=2000, **numbers)


_CLASSIC = dict(momentum=0.9, iter_size=20, normalize=True)  # the CVPR paper's setting
# One convolution in the first stage, whose maps are the largest.
_DEMO = dict(
    widths=(16, 32, 64, 96, 128), depths=(1, 1, 2, 2, 2), dense=192, batch_norm=True, drop=0.0
)
# CamVid's pictures are larger: here that convolution takes the first pooling's step too.
_MINI = dict(
    widths=(24, 32, 64, 128, 128), depths=(1, 2, 2, 2, 2), dense=256, batch_norm=True, drop=0.0,
    strided=True,
)  # fmt: skip


def _small(name, data, init, base_lr, max_iter, scorings=1, net="small.small_fcn", **options):
    """A net that 2 cores train from nothing: the rate falls to nothing at its end."""
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


def _mini(name, init, base_lr, max_iter, stride):
    row = _small(name, "camvid-mini", init, base_lr, max_iter, stride=stride, **_MINI)
    adam = dict(row.solver, type="Adam", momentum2=0.999, delta=1e-8)
    return replace(row, weight_decay=0.0001, balance=0.4, solver=adam)


def _demo(name, init, max_iter, stride):
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
        init="alexnet-fcn",
        base_lr=1e-4,
        **_CLASSIC,
    ),
    Experiment(
        "voc-fcn-googlenet",
        "voc",
        "googlenet.fcn_googlenet",
        init="googlenet-fcn",
        base_lr=5e-5,
        **_CLASSIC,
    ),
    # How FCN-32s learns (PAMI paper, section 4.3): accumulated batches of 20, single images, and,
    # in voc-fcn32s itself, single images with high momentum; and with the head alone learning.
    Experiment("voc-fcn32s-accum", "voc", base_lr=1e-4, **_CLASSIC),
    Experiment("voc-fcn32s-online", "voc", momentum=0.9),
    Experiment("voc-fcn32s-fixed", "voc", options=dict(fixed=True)),
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
        init={"color": "nyud-fcn32s-color", "hha": "nyud-fcn32s-hha"},
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
        "demo-classifier", "shapes-single", None, 0.02, 120, 3, "small.small_classifier", **_DEMO
    ),
    _demo("demo-fcn32s", {"": "demo-classifier"}, 320, stride=32),
    _demo("demo-fcn16s", "demo-fcn32s", 300, stride=16),
    _demo("demo-fcn8s", "demo-fcn16s", 400, stride=8),
    _demo("demo-fcn8s-atonce", {"": "demo-classifier"}, 480, stride=8),
    _mini("camvid-mini-fcn32s", None, 0.003, 900, stride=32),
    _mini("camvid-mini-fcn16s", "camvid-mini-fcn32s", 0.002, 600, stride=16),
    _mini("camvid-mini-fcn8s", "camvid-mini-fcn16s", 0.002, 4500, stride=8),
]  # fmt: skip

EXPERIMENTS = {row.name: row for row in _ROWS}


def find(name):
    """The row `name`, of the table or of the user's own; an unknown name lists its nearest."""
    import own  # own rows are read from the data folder when asked for, not at import

    rows = {**own.rows(), **EXPERIMENTS}
    if name not in rows:
        near = difflib.get_close_matches(name, rows, 3, 0.4)
        hint = f"; nearest: {', '.join(near)}" if near else ""
        raise KeyError(f"no experiment {name!r}{hint} (`python experiments.py` lists them)")
    return rows[name]


def data_of(row):
    """The DataSet that `row` trains on."""
    import own

    return DATA[row.data] if row.data in DATA else own.data_sets()[row.data]


def origin(row):
    """What `row` starts from, in words."""
    sources = row.init.values() if isinstance(row.init, dict) else [row.init or "nothing"]
    return " + ".join(sources)


def predecessors(row):
    """Names of the rows whose weights `row` starts from."""
    sources = row.init.values() if isinstance(row.init, dict) else [row.init]
    return [s for s in sources if s is not None and s not in WEIGHTS]


def main():
    """List the rows."""
    import own

    for name, row in {**EXPERIMENTS, **own.rows()}.items():
        print(f"{name:24} {row.data:16} from {origin(row)}")


if __name__ == "__main__":
    main()
