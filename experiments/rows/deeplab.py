"""DeepLab v1 (ICLR 2015) and v2 (PAMI 2018): Chen, Papandreou, Kokkinos, Murphy, Yuille.

With the CRF: `score.py NAME --crf`, `infer.py NAME --crf`. Training shrinks labels by 8.
"""

from typing import Any

from experiments.schema import Experiment, Init

CROP, WHOLE = 321, 513
_V1: dict[str, Any] = dict(
    base_lr=0.001, max_iter=6000, solver=dict(lr_policy="step", gamma=0.1, stepsize=2000)
)
_V2: dict[str, Any] = dict(max_iter=20000, solver=dict(lr_policy="poly", power=0.9))


def _row(
    name: str, net: str, scores: str, init: Init, batch: int, options: dict[str, Any] | None = None,
    **numbers: Any,
) -> Experiment:  # fmt: skip
    max_iter = numbers["max_iter"]
    return Experiment(
        name,
        "voc-deeplab",
        f"deeplab.{net}",
        options=dict(crop=WHOLE, **(options or {})),
        train_options=dict(train=True, crop=CROP),
        scores=scores,
        init=(init,),
        momentum=0.9,
        normalize=True,
        score_every=max_iter // 4,
        val_data=dict(crop=(WHOLE, WHOLE)),
        **{"train_data": dict(batch=batch, crop=(CROP, CROP), mirror=True), **numbers},
    )


ROWS = [
    _row(
        "voc-deeplab-largefov",
        "largefov",
        "fc8_interp",
        Init("vgg16-fcn", thin=(("fc6", "fc6"), ("fc7", "fc7"))),
        30,
        **_V1,
    ),
    _row(
        "voc-deeplab-msc-largefov",
        "largefov",
        "fc_fusion",
        Init("voc-deeplab-largefov"),
        30,
        dict(multiscale=True),
        **_V1,
    ),
    _row(
        "voc-deeplab-aspp",
        "aspp_vgg16",
        "fc8_interp",
        Init(
            "vgg16-fcn",
            thin=tuple((fc, f"{fc}_{i}") for fc in ("fc6", "fc7") for i in (1, 2, 3, 4)),
        ),
        10,
        base_lr=0.001,
        **_V2,
    ),
    # Its authors train at three scales with a loss each; here it is one.
    _row(
        "voc-deeplab-aspp-resnet101",
        "aspp_resnet",
        "fc1_interp",
        Init("resnet101"),
        1,
        base_lr=2.5e-4,
        iter_size=10,
        train_data=dict(batch=1, crop=(CROP, CROP), mirror=True, scale=(0.5, 1.5)),
        **_V2,
    ),
]
