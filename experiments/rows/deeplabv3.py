"""DeepLabv3: Chen et al., "Rethinking Atrous Convolution for Semantic Image Segmentation" (2017).

Nets train at output stride 16 and are evaluated at 8 with the same weights (section 4.1). The
trunk is the ResNet published for Caffe, so that its weights load.
"""

from dataclasses import replace
from typing import Any

from experiments.schema import Experiment, Init

_TRUNK: dict[str, Any] = dict(stem="stock", bn="BatchNorm", output_stride=8)


def _row(name: str, data: str, depth: int, max_iter: int, crop: int, whole: int | tuple[int, int],
         **options: Any) -> Experiment:  # fmt: skip
    """Return a row that trains on crops and is evaluated on pictures of up to `whole` pixels."""
    return Experiment(
        name,
        data,
        "deeplabv3.deeplabv3",
        options=dict(crop=whole, depth=depth, frozen=True, **_TRUNK, **options),
        train_options=dict(crop=crop, output_stride=16, frozen=False),
        init=(Init(f"resnet{depth}"),),
        base_lr=0.007,
        momentum=0.9,
        weight_decay=0.0001,
        normalize=True,
        max_iter=max_iter,
        score_every=max_iter // 10,
        solver=dict(lr_policy="poly", power=0.9),
        train_data=dict(batch=16, crop=(crop, crop), mirror=True, scale=(0.5, 2.0)),
        val_data=dict(crop=(whole, whole) if isinstance(whole, int) else whole),
    )


def _second(first: Experiment, name: str) -> Experiment:
    """Return the second phase of a VOC row: normalisation frozen, stride 8, the smaller rate.

    It trains on VOC's own trainval with the hard classes' pictures twice, which is for the test
    server: val is part of it, and its score no measure.
    """
    hard = dict(split="trainval_hard", labels="SegmentationClass")
    return replace(
        first,
        name=name,
        train_options={},
        init=(Init(first.name),),
        base_lr=0.001,
        max_iter=30000,
        score_every=3000,
        train_data={**first.train_data, **hard},
    )


_VOC = [_row(f"voc-deeplabv3-resnet{d}", "voc-aug", d, 30000, 513, 513) for d in (50, 101)]

ROWS = [
    *_VOC,
    *(_second(row, f"{row.name}-trainval") for row in _VOC),
    # Deeper instead of the pyramid: the paper's block7 with rates (1, 2, 1), table 4.
    _row(
        "voc-deeplabv3-resnet101-cascade", "voc-aug", 101, 30000, 513, 513,
        extra=3, multi_grid=(1, 2, 1),
    ),
    _row("cityscapes-deeplabv3-resnet101", "cityscapes", 101, 90000, 769, (1025, 2049)),
]  # fmt: skip
