"""ADE20K."""

from experiments.means import VGG_MEAN
from experiments.schema import Dataset, Head, Input

DATASETS = {
    "ade20k": Dataset(
        module="ade20k_layers",
        layer="ADE20KSegDataLayer",
        heads=(Head(150, "ade20k/classes.txt"),),
        common=dict(root="ade20k", mean=VGG_MEAN),
        inputs=(Input("data", 3, VGG_MEAN),),
        test_iter=2000,
        fetch=("ade20k",),
        palette="ade20k",
    ),
}
