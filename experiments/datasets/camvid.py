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
    deploy_size=(360, 480),
    test_iter=101,
    fetch=("camvid",),
    pixels=(
        10682767, 14750079, 623349, 20076880, 2845085, 6166762, 743859, 714595, 3719877, 405385,
        184967,
    ),
)  # fmt: skip

# Crops at scales that vary, in colours that vary as the light does from noon to dusk.
_VARIED = replace(
    CAMVID,
    train=dict(
        split="train", batch=4, crop=(240, 320), mirror=True, scale=(0.6, 1.7), cache=True,
        jitter=dict(brightness=0.15, contrast=0.3, saturation=0.4, hue=0.03),
    ),
)  # fmt: skip

DATASETS = {
    "camvid": CAMVID,
    "camvid-mini": replace(
        CAMVID, train=dict(split="train", batch=4, crop=(240, 320), mirror=True)
    ),
    "camvid-varied": _VARIED,
    "camvid-varied-single": replace(_VARIED, train=dict(_VARIED.train, batch=1)),
}
