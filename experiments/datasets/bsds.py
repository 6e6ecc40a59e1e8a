"""BSDS500's edges."""

from experiments.means import ILSVRC_MEAN
from experiments.schema import Dataset, Head, Input

BSDS = Dataset(
    module="bsds_layers",
    layer="BSDSEdgeDataLayer",
    # Of the six losses that of the fusion is logged.
    heads=(Head(2, "bsds/classes.txt", loss="fuse_loss"),),
    common=dict(bsds_dir="BSDS500", mean=ILSVRC_MEAN),
    inputs=(Input("data", 3, ILSVRC_MEAN),),
    train=dict(split="trainval", mirror=True, scale=(0.5, 1.5)),
    val=dict(split="test"),
    deploy_size=(321, 481),
    test_iter=200,
    fetch=("bsds500",),
    segments=False,
    edges=True,
)

DATASETS = {"bsds": BSDS}
