"""The rows of the table: an experiment, its data set, the data set's inputs and heads."""

from dataclasses import dataclass, field, replace
from typing import Any

from data.errors import ProjectError
from data.settings import IGNORE_LABEL

__all__ = [
    "IGNORE_LABEL", "SEED", "Classifier", "Dataset", "Experiment", "ExperimentError", "Head",
    "Init", "Input",
]  # fmt: skip


SEED = 1337


class ExperimentError(ProjectError):
    """An experiment that is not in the table."""


@dataclass(frozen=True)
class Input:
    """One picture that a net takes."""

    top: str
    channels: int
    mean: tuple[float, ...]  # subtracted per channel, in the net's order of channels
    bgr: bool = True  # whether three channels are reversed (RGB files become BGR)


@dataclass(frozen=True)
class Head:
    """One score map and the labels it predicts: tops `{blob}{suffix}` and `label`."""

    classes: int
    # Class list: a file under data/ or the data folder, or the names themselves.
    names: str | tuple[str, ...] = ""
    suffix: str = ""
    label: str = "label"
    loss: str = "loss"
    excluded: tuple[int, ...] = ()  # never occur in the scored split: not in the means
    blob: str = "score"  # `experiments.data_of` sets the row's

    @property
    def score(self) -> str:
        """The name of the score blob."""
        return self.blob + self.suffix


@dataclass(frozen=True)
class Dataset:
    """A Python data layer (`layers/MODULE.py`) and its parameters for training and for scoring."""

    module: str
    layer: str
    heads: tuple[Head, ...]
    test_iter: int  # batches in the scored split
    inputs: tuple[Input, ...]  # tops before the labels
    train: dict[str, Any] = field(default_factory=lambda: dict(split="train"))
    val: dict[str, Any] = field(default_factory=lambda: dict(split="val"))
    common: dict[str, Any] = field(default_factory=dict)  # parameters of both
    val_layer: str = ""  # where scoring reads by another class
    deploy_size: tuple[int, int] = (500, 500)  # height, width of the deploy net's placeholder
    fetch: tuple[str, ...] = ()  # names for `python -m data fetch`
    pixels: tuple[int, ...] = ()  # of each class in the training labels, where a row balances them
    palette: str = "voc"  # colours of the classes (data/palette.py)
    segments: bool = True  # False: one label for a whole picture, or edges
    edges: bool = False  # the score is the probability of an edge

    def with_mean(self, mean: tuple[float, float, float]) -> "Dataset":
        """Return this data set, read with another mean."""
        inputs = (Input("data", 3, mean),)
        return replace(self, common={**self.common, "mean": mean}, inputs=inputs)


@dataclass(frozen=True)
class Init:
    """Weights that training starts from.

    With `suffix` None parameters are copied by layer name; otherwise they are transplanted, shapes
    coerced, into the layers called the same plus `suffix`.
    """

    source: str  # a row or a key of WEIGHTS
    suffix: str | None = None
    # (layer there, layer here): convolutions that are smaller here; the others of equal shape are
    # copied by name (`surgery.thin`).
    thin: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Classifier:
    """A published ILSVRC classifier to start from, made convolutional by `surgery.py convert`."""

    kind: str  # of nets.ilsvrc
    published: str  # file of the classifier
    converted: str  # file of its convolutional form, in the data folder


@dataclass(frozen=True)
class Experiment:
    """One row: which net on which data, from what, and how it learns."""

    name: str
    data: str  # key of DATASETS, or a user's own data set
    net: str = "fcn.fcn"  # module.function under nets/
    options: dict[str, Any] = field(default_factory=dict)  # its keyword arguments
    train_options: dict[str, Any] = field(default_factory=dict)  # those that only training has
    scores: str = "score"  # full-size score blob, where published layer names call it otherwise
    # Whether the deploy net declares its inputs at net level: a fork older than the Input layer
    # must be able to read it.
    net_inputs: bool = False
    init: tuple[Init, ...] = (Init("vgg16-fcn"),)  # none: from the fillers
    inflate: tuple[str, ...] = ()  # (layer there, layer here): first layers of unequal channels
    base_lr: float = 1e-10  # for a loss summed over pixels
    momentum: float = 0.99
    weight_decay: float = 0.0005
    iter_size: int = 1
    sync_bn: bool = False  # whether ranks that train together normalise by all their batches
    max_iter: int = 100000
    steps: int = 0  # iterations that solve.py takes, where the authors' scripts stop elsewhere
    score_every: int = 4000  # iterations; a snapshot is taken as often
    normalize: bool = False  # loss: sum over pixels / batch (False) or mean over them (True)
    # How far the loss evens out that some classes are rare: 0 not at all, 1 as if all were equally
    # frequent (that is median frequency balancing; Eigen and Fergus, ICCV 2015, section 6.3.2).
    balance: float = 0.0
    solver: dict[str, Any] = field(default_factory=dict)  # further SolverParameter fields
    seed: int = SEED  # of the fillers and of the training data's order
    # Parameters of the data layer that only this row has, in training and in validation.
    train_data: dict[str, Any] = field(default_factory=dict)
    val_data: dict[str, Any] = field(default_factory=dict)
    # The longer side of a picture, less one pixel, where score.py and infer.py do not take it as
    # it is (training/inference.py).
    base: int = 0

    @property
    def window(self) -> tuple[int, int] | None:
        """Height and width of the pictures that its net takes; None: any."""
        crop = self.options.get("crop")
        return (crop, crop) if isinstance(crop, int) else crop

    def for_window(self, window: tuple[int, int]) -> "Experiment":
        """Return this row with its net drawn for pictures of another size."""
        crop = window[0] if window[0] == window[1] else window
        return replace(self, options={**self.options, "crop": crop})

    @property
    def iterations(self) -> int:
        """How many iterations solve.py takes."""
        return self.steps or self.max_iter

    @property
    def sources(self) -> list[str]:
        """Names of the weights that training starts from."""
        return [init.source for init in self.init]

    def describe_init(self) -> str:
        """Return what training starts from, in words."""
        return " + ".join(self.sources) or "nothing"
