"""PSPNet: Zhao et al., "Pyramid Scene Parsing Network" (CVPR 2017), sections 5.1 to 5.4."""

from typing import Any

from experiments.schema import Experiment, Init


def _row(name: str, data: str, depth: int, crop: int, max_iter: int, base: int,
         **varied: Any) -> Experiment:  # fmt: skip
    """Return a row that trains on crops; what it is scored by is the authors' own procedure."""
    window = (crop, crop)
    return Experiment(
        name,
        data,
        "pspnet.pspnet",
        options=dict(crop=crop, depth=depth),
        train_options=dict(auxiliary=True, frozen=False),
        scores="conv6_interp",
        net_inputs=True,
        init=(Init(f"resnet{depth}-deep"),),
        base_lr=0.01,
        momentum=0.9,
        weight_decay=0.0001,
        normalize=True,
        sync_bn=True,  # as on the authors' several GPUs (section 5.1)
        max_iter=max_iter,
        score_every=max_iter // 10,
        solver=dict(lr_policy="poly", power=0.9),
        train_data=dict(batch=16, crop=window, mirror=True, scale=(0.5, 2.0), **varied),
        val_data=dict(crop=window),
        base=base,
    )


# The paper gives no width of the blur.
_TURNED: dict[str, Any] = dict(rotate=(-10, 10), blur=(0.0, 1.1))

ROWS = [
    _row("ade20k-pspnet50", "ade20k", 50, 473, 150000, 512, **_TURNED),
    _row("voc-pspnet101", "voc-aug", 101, 473, 30000, 512, **_TURNED),
    _row("cityscapes-pspnet101", "cityscapes", 101, 713, 90000, 2048),
]
