"""Cityscapes."""

from experiments.means import VGG_MEAN
from experiments.schema import Dataset, Head, Input

DATASETS = {
    "cityscapes": Dataset(
        module="cityscapes_layers",
        layer="CityscapesSegDataLayer",
        heads=(Head(19, "cityscapes/classes.txt"),),
        common=dict(root="cityscapes", mean=VGG_MEAN),
        inputs=(Input("data", 3, VGG_MEAN),),
        deploy_size=(1024, 2048),
        test_iter=500,
        fetch=("cityscapes",),
        palette="cityscapes",
    ),
}
