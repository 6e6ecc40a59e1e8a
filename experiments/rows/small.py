"""What 2 cores train from nothing: the demo's rows and CamVid's."""

from dataclasses import replace
from typing import Any

from experiments.schema import Experiment, Init

# One convolution in the first stage, whose maps are the largest.
_DEMO: dict[str, Any] = dict(widths=(16, 32, 64, 96, 128), depths=(1, 1, 2, 2, 2), dense=192)
# CamVid's pictures are larger: here that convolution takes the first pooling's step too.
_MINI: dict[str, Any] = dict(
    widths=(24, 32, 64, 128, 128), depths=(1, 2, 2, 2, 2), dense=256, strided=True
)
# What the FCNs and their classifier have besides.
_FCN: dict[str, Any] = dict(batch_norm=True, drop=0.0)


def small_row(
    name: str,
    data: str,
    init: tuple[Init, ...],
    base_lr: float,
    max_iter: int,
    scorings: int = 1,
    net: str = "vgg_small.small_fcn",
    scores: str = "score",
    train_options: dict[str, Any] | None = None,
    **options: Any,
) -> Experiment:
    """Return a row that 2 cores train from nothing; its learning rate falls to 0."""
    return Experiment(
        name,
        data,
        net,
        options=options,
        train_options=train_options or {},
        scores=scores,
        init=init,
        base_lr=base_lr,
        momentum=0.9,
        normalize=True,
        max_iter=max_iter,
        score_every=max_iter // scorings,
        solver=dict(lr_policy="poly", power=0.9),
    )


def mini(
    name: str, init: tuple[Init, ...], base_lr: float, max_iter: int, **options: Any
) -> Experiment:
    """Return a row on CamVid; `options` are the net's beyond the trunk's, or its `net`."""
    return adam(small_row(name, "camvid-mini", init, base_lr, max_iter, **options, **_MINI, **_FCN))


def adam(row: Experiment) -> Experiment:
    """Return a row that learns by Adam, from balanced classes."""
    solver = dict(row.solver, type="Adam", momentum2=0.999, delta=1e-8)
    return replace(row, weight_decay=0.0001, balance=0.4, solver=solver)


def demo(
    name: str, init: tuple[Init, ...], max_iter: int, base_lr: float = 0.02, **options: Any
) -> Experiment:
    """Return a row on the generated pictures; `options` as in `mini`."""
    return small_row(name, "shapes-batches", init, base_lr, max_iter, 4, **options, **_DEMO, **_FCN)


def _successor(row: Experiment, crop: tuple[int, int], whole: tuple[int, int],
               train_options: dict[str, Any]) -> Experiment:  # fmt: skip
    """Return a row whose nets take pictures of one size: `crop` in training, `whole` after it."""
    return replace(
        row,
        options={**row.options, "crop": whole},
        train_options={**train_options, "crop": crop},
        scores="upscore",
        train_data=dict(crop=crop),
        val_data=dict(crop=whole),
    )


def _demo_successor(net: str, dense: int, **train_options: Any) -> Experiment:
    row = small_row(f"demo-{net}", "shapes-batches", (Init("demo-classifier", ""),), 0.02, 480, 4,
                 f"small_successors.{net}", **{**_DEMO, "dense": dense})  # fmt: skip
    return _successor(row, (144, 144), (192, 192), train_options)


def _mini_successor(net: str, **train_options: Any) -> Experiment:
    name, net = f"camvid-mini-{net}", f"small_successors.{net}"
    row = small_row(name, "camvid-mini", (), 0.003, 6000, net=net, **_MINI)
    return _successor(adam(row), (240, 336), (384, 480), train_options)


ROWS = [
    small_row(
        "demo-classifier", "shapes-single", (), 0.02, 120, 3, "vgg_small.small_classifier",
        **_DEMO, **_FCN,
    ),
    demo("demo-fcn32s", (Init("demo-classifier", ""),), 320, stride=32),
    demo("demo-fcn16s", (Init("demo-fcn32s"),), 300, stride=16),
    demo("demo-fcn8s", (Init("demo-fcn16s"),), 400, stride=8),
    demo("demo-fcn8s-atonce", (Init("demo-classifier", ""),), 480, stride=8),
    # FCN's successors, with the same trunk, data and iterations as demo-fcn8s-atonce.
    _demo_successor("dilated", 192),
    _demo_successor("pspnet", 128, auxiliary=True),
    _demo_successor("deeplabv3", 128, output_stride=16),
    mini("camvid-mini-fcn32s", (), 0.003, 900, stride=32),
    mini("camvid-mini-fcn16s", (Init("camvid-mini-fcn32s"),), 0.002, 600, stride=16),
    mini("camvid-mini-fcn8s", (Init("camvid-mini-fcn16s"),), 0.002, 4500, stride=8),
    # ... and as camvid-mini-fcn32s, 16s and 8s together.
    _mini_successor("dilated"),
    _mini_successor("pspnet", auxiliary=True),
    _mini_successor("deeplabv3", output_stride=16),
]  # fmt: skip
