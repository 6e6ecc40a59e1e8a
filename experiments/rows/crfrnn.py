"""CRF-RNN: Zheng et al., "Conditional Random Fields as Recurrent Neural Networks" (ICCV 2015)."""

from experiments.schema import Experiment, Init

ROWS = [  # FCN-8s and a dense CRF trained together, 5 mean-field steps in training, 10 in tests.
    Experiment(
        "voc-crfrnn",
        "voc",
        "crfrnn.crfrnn",
        options=dict(iterations=10),
        train_options=dict(iterations=5),
        scores="pred",
        init=(Init("voc-fcn8s"),),
        base_lr=1e-13,
    ),
]
