"""CamVid."""

from dataclasses import replace

from experiments.means import ILSVRC_MEAN
from experiments.schema import Dataset, Head, Input

CAMVID = Dataset(
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

DATASETS = {
    "camvid": CAMVID,
    "camvid-mini": replace(
        CAMVID, train=dict(split="train", batch=4, crop=(240, 320), mirror=True)
    ),
}
