"""The data sets of Yu and Koltun's dilated nets, with the means they were trained with."""

from experiments.datasets.camvid import CAMVID
from experiments.datasets.cityscapes import DATASETS as CITYSCAPES
from experiments.datasets.voc import DATASETS as VOC
from experiments.means import (
    DILATION_CAMVID_MEAN,
    DILATION_CITYSCAPES_MEAN,
    DILATION_KITTI_MEAN,
    DILATION_VOC_MEAN,
)
from experiments.schema import Dataset, Head, Input

DATASETS = {
    "voc-dilation": VOC["voc-aug"].with_mean(DILATION_VOC_MEAN),
    "cityscapes-dilation": CITYSCAPES["cityscapes"].with_mean(DILATION_CITYSCAPES_MEAN),
    "camvid-dilation": CAMVID.with_mean(DILATION_CAMVID_MEAN),
    "kitti-dilation": Dataset(
        module="folder_layers",
        layer="FolderSegDataLayer",
        heads=(Head(11, "kitti/classes.txt"),),
        common=dict(root="kitti", mean=DILATION_KITTI_MEAN),
        val=dict(split="test"),
        inputs=(Input("data", 3, DILATION_KITTI_MEAN),),
        deploy_size=(376, 1241),
        test_iter=46,
        fetch=("kitti",),
        palette="kitti",
    ),
}
