"""Yu and Koltun: "Multi-Scale Context Aggregation by Dilated Convolutions" (ICLR 2016).

Of each data set three rows: NAME-frontend, from VGG16; NAME-context, whose context module alone
learns on it; and NAME, both together. The paper gives the front end's numbers (section 4), the
released `train.py` the rates and sizes of the others; how long these learned is not published.
"""

from typing import Any

from experiments.schema import Experiment, Init

MARGIN, STRIDE = 186, 8  # nets/dilation.py
CROP = (500, 500)  # its labels: 16 x 16
CONTEXT_CROP = (900, 900)  # 66 x 66, which the context module fits into


def _rows(name: str, data: str, **options: Any) -> list[Experiment]:
    """Return the rows of one data set."""
    steps: tuple[tuple[str, str, str, float, tuple[int, int], int, int], ...] = (
        # name, what learns, from, rate, window, pictures at a time, times
        (f"{name}-frontend", "front end", "vgg16-fcn", 1e-3, CROP, 14, 1),
        (f"{name}-context", "context", f"{name}-frontend", 1e-3, CONTEXT_CROP, 4, 15),
        (name, "joint", f"{name}-context", 1e-5, CROP, 14, 1),
    )
    return [
        Experiment(
            row,
            data,
            "dilation.segmenter",
            options=dict(step=step, **options),
            train_options=dict(train=True),
            init=(Init(source),),
            base_lr=rate,
            momentum=0.9,
            iter_size=times,
            max_iter=60000,
            score_every=6000,
            normalize=True,
            train_data=dict(
                batch=batch, margin=MARGIN, crop=crop, mirror=True, label_stride=STRIDE
            ),
        )
        for row, step, source, rate, crop, batch, times in steps
    ]


ROWS = [
    *_rows("voc-dilation8", "voc-dilation", large=True),
    *_rows(
        "cityscapes-dilation10", "cityscapes-dilation", dilations=(1, 1, 2, 4, 8, 16, 32, 64, 1)
    ),
    *_rows("camvid-dilation8", "camvid-dilation"),
    *_rows("kitti-dilation7", "kitti-dilation", dilations=(1, 1, 2, 4, 8, 1)),
]
