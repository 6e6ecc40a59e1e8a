"""THE table: every experiment, one row each. Numbers that differ live here, topologies in `nets/`.

`DATA` says how each data set is read and scored, `WEIGHTS` which files training may start from,
`EXPERIMENTS` what is trained. `make prototxt` writes each row's nets and solver out of it.
Standard library only; a user's own experiments are added by `own.py`.
"""

import difflib
from dataclasses import dataclass, field, replace

VOID = 255  # the label that no loss and no score counts
SEED = 1337


@dataclass(frozen=True)
class Head:
    """One score map and the labels it answers to: tops `score{suffix}` and `label`."""

    classes: int
    names: object = ""  # class list: a file under data/ or the data folder, or the names themselves
    suffix: str = ""
    label: str = "label"
    loss: str = "loss"
    absent: tuple = ()  # classes that never occur in the scored split: left out of the means

    @property
    def score(self):
        return "score" + self.suffix


@dataclass(frozen=True)
class DataSet:
    """A Python data layer (`layers/MODULE.py`) and its parameters for training and for scoring."""

    module: str
    layer: str
    heads: tuple
    train: dict
    val: dict
    images: int  # in the scored split (test_iter)
    common: dict = field(default_factory=dict)  # parameters of both
    val_layer: str = ""  # where scoring reads by another class
    inputs: tuple = (("data", 3),)  # tops before the labels, with their channels
    deploy_size: tuple = (500, 500)  # height and width of the deploy net's placeholder input
    fetch: tuple = ()  # names for `python -m data fetch`


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
    solver: dict = field(default_factory=dict)  # further SolverParameter fields


MEAN_BGR = (104.00699, 116.66877, 122.67892)

_VOC = DataSet(
    module="voc_layers",
    layer="SBDDSegDataLayer",
    val_layer="VOCSegDataLayer",
    heads=(Head(21, "pascal/classes.txt"),),
    train=dict(sbdd_dir="sbdd/dataset", split="train"),
    val=dict(voc_dir="pascal/VOC2011", split="seg11valid"),
    common=dict(mean=MEAN_BGR),
    images=736,
    fetch=("sbd", "voc2011"),
)


def _nyud(*inputs):
    """NYUDv2 with these inputs; the nets of one input call it `data`."""
    channels = dict(color=3, depth=1, hha=3)
    names = ("data",) if len(inputs) == 1 else inputs
    return DataSet(
        module="nyud_layers",
        layer="NYUDSegDataLayer",
        heads=(Head(40, "nyud/classes.txt"),),
        common=dict(nyud_dir="nyud", tops=[*inputs, "label"]),
        train=dict(split="trainval"),
        val=dict(split="test"),
        inputs=tuple((n, channels[i]) for n, i in zip(names, inputs, strict=True)),
        deploy_size=(480, 640),
        images=654,
        fetch=("nyud",),
    )


_CAMVID = DataSet(
    module="camvid_layers",
    layer="CamVidSegDataLayer",
    heads=(Head(11, "camvid/classes.txt"),),
    common=dict(camvid_dir="CamVid"),
    train=dict(split="train"),
    val=dict(split="val"),
    deploy_size=(360, 480),
    images=101,
    fetch=("camvid",),
)
_SHAPES = DataSet(
    module="voc_layers",
    layer="VOCSegDataLayer",
    heads=(Head(7, "shapes/classes.txt"),),
    common=dict(voc_dir="shapes", mean=(119.0, 119.0, 119.0)),
    train=dict(split="train"),
    val=dict(split="val"),
    deploy_size=(160, 160),
    images=100,
    fetch=("shapes",),
)

DATA = {
    "voc": _VOC,
    "nyud-color": _nyud("color"),
    "nyud-hha": _nyud("hha"),
    "nyud-color-d": _nyud("color", "depth"),
    "nyud-color-hha": _nyud("color", "hha"),
    "siftflow": DataSet(
        module="siftflow_layers",
        layer="SIFTFlowSegDataLayer",
        heads=(
            # cow, desert and moon do not occur in the test set (paper, section 5, SIFT Flow)
            Head(33, "sift-flow/classes.txt", "_sem", "sem", "loss", absent=(8, 10, 15)),
            Head(3, "sift-flow/classes-geo.txt", "_geo", "geo", "loss_geo"),
        ),
        common=dict(siftflow_dir="sift-flow"),
        train=dict(split="trainval"),
        val=dict(split="test"),
        deploy_size=(256, 256),
        images=200,
        fetch=("siftflow",),
    ),
    "pascalcontext": DataSet(
        module="pascalcontext_layers",
        layer="PASCALContextSegDataLayer",
        heads=(Head(60, "pascal-context/classes-59.txt"),),
        common=dict(voc_dir="pascal", context_dir="pascal-context"),
        train=dict(split="train"),
        val=dict(split="val"),
        images=5105,
        fetch=("pascal-context",),
    ),
    "camvid": _CAMVID,
    "camvid-mini": replace(
        _CAMVID, train=dict(split="train", batch=4, crop=(240, 320), mirror=True)
    ),
    "shapes": _SHAPES,
    "shapes-single": replace(
        _SHAPES,
        module="folder_layers",
        layer="FolderClassDataLayer",
        heads=(Head(6),),
        common=dict(root="shapes/Classification", mean=(119.0, 119.0, 119.0)),
        train=dict(split="train", batch=32, mirror=True),
        val=dict(split="val", batch=24),
        deploy_size=(96, 96),
        images=10,
    ),
}

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
_SMALL = dict(widths=(16, 32, 64, 96, 128), dense=192, batch_norm=True)
_DEMO = dict(net="small.small_fcn", data="shapes", momentum=0.9, normalize=True, score_every=300)
# CamVid from nothing on 2 cores: one convolution in the first stage, whose maps are the largest.
_MINI = dict(
    widths=(16, 32, 64, 128, 128), depths=(1, 2, 2, 2, 2), dense=256, batch_norm=True, drop=0.0
)


def _mini_row(stride, init, base_lr, max_iter):
    """One stage of camvid-mini: the rate falls to nothing at its end."""
    return Experiment(
        f"camvid-mini-fcn{stride}s",
        "camvid-mini",
        "small.small_fcn",
        options=dict(stride=stride, **_MINI),
        init=init,
        base_lr=base_lr,
        momentum=0.9,
        normalize=True,
        max_iter=max_iter,
        score_every=max_iter,
        solver=dict(lr_policy="poly", power=0.9),
    )


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
    Experiment(
        "demo-classifier",
        "shapes-single",
        "small.small_classifier",
        options=_SMALL,
        init=None,
        base_lr=0.02,
        momentum=0.9,
        normalize=True,
        max_iter=400,
        score_every=200,
    ),
    *staged(
        "demo", init={"": "demo-classifier"}, rates=(0.01, 0.005, 0.005), options=_SMALL,
        max_iter=900, **_DEMO,
    ),
    Experiment(
        "demo-fcn8s-atonce",
        options=dict(stride=8, **_SMALL),
        init={"": "demo-classifier"},
        base_lr=0.01,
        max_iter=1500,
        **_DEMO,
    ),
    _mini_row(32, None, 0.1, 1800),
    _mini_row(16, "camvid-mini-fcn32s", 0.05, 1200),
    _mini_row(8, "camvid-mini-fcn16s", 0.05, 2000),
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


def predecessors(row):
    """Names of the rows whose weights `row` starts from."""
    sources = row.init.values() if isinstance(row.init, dict) else [row.init]
    return [s for s in sources if s is not None and s not in WEIGHTS]


def main():
    """List the rows."""
    import own

    for name, row in {**EXPERIMENTS, **own.rows()}.items():
        print(f"{name:24} {row.data:16} from {row.init or 'nothing'}")


if __name__ == "__main__":
    main()
