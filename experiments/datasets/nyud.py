"""NYUDv2, by the inputs that a net takes."""

from dataclasses import replace

from experiments.means import NYUD_HHA_MEAN, NYUD_LOG_DEPTH_MEAN, NYUD_MEAN
from experiments.schema import Dataset, Head, Input

_INPUTS = {
    "color": Input("color", 3, NYUD_MEAN),
    "depth": Input("depth", 1, NYUD_LOG_DEPTH_MEAN),
    "hha": Input("hha", 3, NYUD_HHA_MEAN, bgr=False),
}


def _nyud(*names: str) -> Dataset:
    """Return NYUDv2 with these inputs; the nets of one input call it `data`."""
    inputs = tuple(_INPUTS[name] for name in names)
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


DATASETS = {
    "nyud-color": _nyud("color"),
    "nyud-hha": _nyud("hha"),
    "nyud-color-d": _nyud("color", "depth"),
    "nyud-color-hha": _nyud("color", "hha"),
}
