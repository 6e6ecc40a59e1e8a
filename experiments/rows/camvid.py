"""CamVid from trained weights that pip reaches: VGG16 as HED left it, open_nsfw's ResNet-50."""

from typing import Any

from experiments.rows.small import adam, small_row
from experiments.schema import Experiment, Init


def _row(
    name: str, init: str, net: str, base_lr: float, max_iter: int, scorings: int = 1,
    **options: Any,
) -> Experiment:  # fmt: skip
    start = (Init(init),)
    row = small_row(name, "camvid-varied", start, base_lr, max_iter, scorings, net, **options)
    return adam(row)


def _chain(
    prefix: str, init: str, net: str, base_lr: float, iterations: tuple[int, int, int],
    **options: Any,
) -> list[Experiment]:  # fmt: skip
    """Return PREFIX-fcn32s, 16s and 8s, each from the one before."""
    rows = []
    for stride, count in zip((32, 16, 8), iterations, strict=True):
        name = f"{prefix}-fcn{stride}s"
        rows.append(_row(name, init, net, base_lr, count, stride=stride, **options))
        init = name
    return rows


# fc6 is 3x3 here, and both are narrow: two cores train the net.
_VGG16: dict[str, Any] = dict(
    widths=(64, 128, 256, 512, 512), depths=(2, 2, 3, 3, 3), dense=(1024, 512), rate=0.1
)

ROWS = [
    *_chain("camvid-vgg", "vgg16-hed", "vgg_small.small_fcn", 0.0005, (300, 150, 150), **_VGG16),
    *_chain(
        "camvid-resnet", "resnet50-thin-bn", "resnet_fcn.fcn", 0.001, (600, 300, 300),
        normalised=True, rate=0.2,
    ),
    _row("camvid-resnet-fcn2s", "resnet50-thin", "resnet_fcn.refined", 0.001, 2700, 3),
]  # fmt: skip
