"""PASCAL VOC, with its labels and SBD's, and PASCAL-Context."""

from experiments.means import DEEPLAB_MEAN, ILSVRC_MEAN, PASCAL_CONTEXT_MEAN, VGG_MEAN
from experiments.schema import Dataset, Head, Input

VOC = Dataset(
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

DATASETS: dict[str, Dataset] = {
    "voc": VOC,
    # VOC 2012 and SBD: what the systems after FCN train on and are scored by.
    "voc-aug": Dataset(
        module="voc_layers",
        layer="VOCSegDataLayer",
        heads=(Head(21, "pascal/classes.txt"),),
        common=dict(voc_dir="pascal/VOC2012", mean=VGG_MEAN),
        train=dict(split="trainaug", labels="SegmentationClassAug"),
        inputs=(Input("data", 3, VGG_MEAN),),
        test_iter=1449,
        fetch=("sbd", "voc2012"),
    ),
    "pascalcontext": Dataset(
        module="pascalcontext_layers",
        layer="PASCALContextSegDataLayer",
        heads=(Head(60, "pascal-context/classes-59.txt"),),
        common=dict(voc_dir="pascal", context_dir="pascal-context"),
        inputs=(Input("data", 3, PASCAL_CONTEXT_MEAN),),
        test_iter=5105,
        fetch=("pascal-context",),
    ),
}
DATASETS["voc-deeplab"] = DATASETS["voc-aug"].with_mean(DEEPLAB_MEAN)
