"""How each data set is read and scored: the part of the table that experiments refer to."""

from dataclasses import replace

from experiments.schema import Dataset, Head, Input

# Means per channel, each here once: BGR, but HHA as stored (disparity, height, angle) and depth as
# the logarithm of millimetres. The authors rounded ILSVRC's otherwise for PASCAL-Context.
ILSVRC_MEAN = (104.00699, 116.66877, 122.67892)
PASCAL_CONTEXT_MEAN = (104.007, 116.669, 122.679)
SIFTFLOW_MEAN = (114.578, 115.294, 108.353)
NYUD_MEAN = (116.190, 97.203, 92.318)
NYUD_HHA_MEAN = (132.431, 94.076, 118.477)
NYUD_LOG_DEPTH_MEAN = (7.844,)
SHAPES_MEAN = (119.0, 119.0, 119.0)

_VOC = Dataset(
    module="voc_layers",
    layer="SBDDSegDataLayer",
    val_layer="VOCSegDataLayer",
    heads=(Head(21, "pascal/classes.txt"),),
    train=dict(sbdd_dir="sbdd/dataset", split="train"),
    val=dict(voc_dir="pascal/VOC2011", split="seg11valid"),
    common=dict(mean=ILSVRC_MEAN),
    inputs=(Input("data", 3, ILSVRC_MEAN),),
    test_iter=736,
    fetch=("sbd", "voc2011"),
)


_NYUD_INPUTS = {
    "color": Input("color", 3, NYUD_MEAN),
    "depth": Input("depth", 1, NYUD_LOG_DEPTH_MEAN),
    "hha": Input("hha", 3, NYUD_HHA_MEAN, bgr=False),
}


def _nyud(*names: str) -> Dataset:
    """Return NYUDv2 with these inputs; the nets of one input call it `data`."""
    inputs = tuple(_NYUD_INPUTS[name] for name in names)
    return Dataset(
        module="nyud_layers",
        layer="NYUDSegDataLayer",
        heads=(Head(40, "nyud/classes.txt"),),
        common=dict(nyud_dir="nyud", tops=[*names, "label"]),
        train=dict(split="trainval"),
        val=dict(split="test"),
        inputs=inputs if len(names) > 1 else (replace(inputs[0], top="data"),),
        deploy_size=(480, 640),
        test_iter=654,
        fetch=("nyud",),
    )


_CAMVID = Dataset(
    module="camvid_layers",
    layer="CamVidSegDataLayer",
    heads=(Head(11, "camvid/classes.txt"),),
    common=dict(camvid_dir="CamVid"),
    inputs=(Input("data", 3, ILSVRC_MEAN),),
    palette="camvid",
    train=dict(split="train"),
    val=dict(split="val"),
    deploy_size=(360, 480),
    test_iter=101,
    fetch=("camvid",),
    pixels=(
        10682767, 14750079, 623349, 20076880, 2845085, 6166762, 743859, 714595, 3719877, 405385,
        184967,
    ),
)  # fmt: skip
_SHAPES = Dataset(
    module="voc_layers",
    layer="VOCSegDataLayer",
    heads=(Head(7, "shapes/classes.txt"),),
    common=dict(voc_dir="shapes", mean=SHAPES_MEAN),
    inputs=(Input("data", 3, SHAPES_MEAN),),
    train=dict(split="train"),
    val=dict(split="val"),
    deploy_size=(160, 160),
    test_iter=80,
    fetch=("shapes",),
)

DATASETS: dict[str, Dataset] = {
    "voc": _VOC,
    "nyud-color": _nyud("color"),
    "nyud-hha": _nyud("hha"),
    "nyud-color-d": _nyud("color", "depth"),
    "nyud-color-hha": _nyud("color", "hha"),
    "siftflow": Dataset(
        module="siftflow_layers",
        layer="SIFTFlowSegDataLayer",
        heads=(
            # cow, desert and moon do not occur in the test set (paper, section 5, SIFT Flow)
            Head(33, "sift-flow/classes.txt", "_sem", "sem", "loss", excluded=(8, 10, 15)),
            Head(3, "sift-flow/classes-geo.txt", "_geo", "geo", "loss_geo"),
        ),
        common=dict(siftflow_dir="sift-flow"),
        inputs=(Input("data", 3, SIFTFLOW_MEAN),),
        train=dict(split="trainval"),
        val=dict(split="test"),
        deploy_size=(256, 256),
        test_iter=200,
        fetch=("siftflow",),
    ),
    "pascalcontext": Dataset(
        module="pascalcontext_layers",
        layer="PASCALContextSegDataLayer",
        heads=(Head(60, "pascal-context/classes-59.txt"),),
        common=dict(voc_dir="pascal", context_dir="pascal-context"),
        inputs=(Input("data", 3, PASCAL_CONTEXT_MEAN),),
        train=dict(split="train"),
        val=dict(split="val"),
        test_iter=5105,
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
        common=dict(root="shapes/Classification", mean=SHAPES_MEAN),
        train=dict(split="train", batch=32, mirror=True),
        val=dict(split="val", batch=24),
        deploy_size=(96, 96),
        test_iter=5,
        segments=False,
    ),
}
