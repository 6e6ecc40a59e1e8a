"""HED: Xie and Tu, "Holistically-Nested Edge Detection" (ICCV 2015)."""

from experiments.schema import Experiment, Init

ROWS = [
    # The released solver's numbers. Its pictures are turned, too, and come at three fixed scales.
    Experiment(
        "bsds-hed",
        "bsds",
        "hed.hed",
        train_options=dict(losses=True, fuse_rate=0.001, loss="HEDSigmoidCrossEntropyLoss"),
        scores="sigmoid-fuse",
        init=(Init("vgg16-fcn"),),
        base_lr=1e-6,
        momentum=0.9,
        weight_decay=0.0002,
        iter_size=10,
        max_iter=30001,
        steps=30000,
        score_every=5000,
        solver=dict(lr_policy="step", gamma=0.1, stepsize=10000),
    ),
]
