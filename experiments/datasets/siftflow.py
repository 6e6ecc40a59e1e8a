"""SIFT Flow."""

from experiments.means import SIFTFLOW_MEAN
from experiments.schema import Dataset, Head, Input

DATASETS = {
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
}
