"""How each data set is read and scored: the half of the table that `experiments.py` rows refer to.

Standard library only.
"""

from dataclasses import dataclass, field, replace

VOID = 255  # the label that no loss and no score counts


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
    pixels: tuple = ()  # of each class in the training labels, where a row's loss balances them


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
    pixels=(
        10682767, 14750079, 623349, 20076880, 2845085, 6166762, 743859, 714595, 3719877, 405385,
        184967,
    ),
)  # fmt: skip
_SHAPES = DataSet(
    module="voc_layers",
    layer="VOCSegDataLayer",
    heads=(Head(7, "shapes/classes.txt"),),
    common=dict(voc_dir="shapes", mean=(119.0, 119.0, 119.0)),
    train=dict(split="train"),
    val=dict(split="val"),
    deploy_size=(160, 160),
    images=80,
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
    "shapes-batches": replace(
        _SHAPES, train=dict(split="train", batch=8, crop=(128, 128), mirror=True)
    ),
    "shapes-single": replace(
        _SHAPES,
        module="folder_layers",
        layer="FolderClassDataLayer",
        heads=(Head(6),),
        common=dict(root="shapes/Classification", mean=(119.0, 119.0, 119.0)),
        train=dict(split="train", batch=32, mirror=True),
        val=dict(split="val", batch=24),
        deploy_size=(96, 96),
        images=5,
    ),
}
