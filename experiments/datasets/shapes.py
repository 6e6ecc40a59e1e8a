"""The generated data set."""

from dataclasses import replace

from experiments.means import SHAPES_MEAN
from experiments.schema import Dataset, Head, Input

SHAPES = Dataset(
    module="voc_layers",
    layer="VOCSegDataLayer",
    heads=(Head(7, "shapes/classes.txt"),),
    common=dict(voc_dir="shapes", mean=SHAPES_MEAN),
    inputs=(Input("data", 3, SHAPES_MEAN),),
    deploy_size=(160, 160),
    test_iter=80,
    fetch=("shapes",),
)

DATASETS = {
    "shapes": SHAPES,
    "shapes-batches": replace(
        SHAPES, train=dict(split="train", batch=8, crop=(128, 128), mirror=True)
    ),
    "shapes-single": replace(
        SHAPES,
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
