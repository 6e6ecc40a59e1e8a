"""FCN and its successors side by side: one small trunk, the same data, order and iterations.

`make family` trains them and writes the page; `report/family.py`.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from experiments.rows import small
from experiments.schema import Experiment, Init

_FCN = "vgg_small.small_fcn"
# Each system's title, net, and the net's options beyond the trunk's.
SYSTEMS: dict[str, tuple[str, dict[str, Any]]] = {
    "fcn32s": ("FCN-32s", dict(net=_FCN, stride=32)),
    "fcn16s": ("FCN-16s", dict(net=_FCN, stride=16)),
    "fcn8s": ("FCN-8s", dict(net=_FCN, stride=8)),
    "dilation": ("Dilation, front end", dict(net="family.dilation")),
    "largefov": ("DeepLab-LargeFOV", dict(net="family.largefov")),
}
# Rows of `small` with another budget: PSPNet in steps (dilation, pyramid, auxiliary loss).
LATER = {
    "dilated": "FCN, dilated trunk",
    "pspnet-plain": "PSPNet, no auxiliary loss",
    "pspnet": "PSPNet",
    "deeplabv3": "DeepLabv3",
}
# Those that start from another system, as their authors', with iterations on top: (title, the
# other, options).
UPON: dict[str, tuple[str, str, dict[str, Any]]] = {
    "dilation-context": (
        "Dilation + context", "dilation", dict(net="family.dilation", context=True),
    ),
    "crfrnn": (
        "CRF-RNN", "fcn8s",
        dict(net="family.crfrnn", scores="pred", train_options=dict(iterations=5)),
    ),
}  # fmt: skip


def systems(prefix: str) -> list[tuple[str, str]]:
    """Return (row, title) of each system, in the order of the page."""
    titles = {name: title for name, (title, _) in SYSTEMS.items()}
    titles |= {name: title for name, (title, _, _) in UPON.items()} | LATER
    return [(f"{prefix}-{name}", title) for name, title in titles.items()]


def family(
    prefix: str,
    make: Callable[..., Experiment],
    like: str,
    init: tuple[Init, ...],
    iterations: int,
    base_lr: float,
    on_top: int,
) -> list[Experiment]:
    """Return the rows PREFIX-SYSTEM; PSPNet's and DeepLabv3's are LIKE-pspnet and so on."""
    rows = [
        make(f"{prefix}-{name}", init, max_iter=iterations, base_lr=base_lr, **options)
        for name, (_, options) in SYSTEMS.items()
    ]
    for name, (_, before, options) in UPON.items():
        start = (Init(f"{prefix}-{before}"),)
        rows.append(
            make(f"{prefix}-{name}", start, max_iter=on_top, base_lr=base_lr / 10, **options)
        )
    known = {row.name: row for row in small.ROWS}
    for name in LATER:
        plain = name.removesuffix("-plain")
        row = replace(known[f"{like}-{plain}"], name=f"{prefix}-{name}", base_lr=base_lr)
        if plain != name:
            options = {**row.train_options, "auxiliary": False}
            row = replace(row, train_options=options)
        rows.append(replace(row, max_iter=iterations))
    return [replace(row, score_every=row.max_iter) for row in rows]


ROWS = [
    *family("family", small.demo, "demo", (Init("demo-classifier", ""),), 240, 0.02, 60),
    *family("family-camvid", small.mini, "camvid-mini", (), 600, 0.002, 150),
]
