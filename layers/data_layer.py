"""What all data layers share: parameters, order, seeds, batches, and loading ahead.

A data layer gives one picture and its labels at every forward pass, each picture at its own
size: `reshape` takes the shapes of the item that is due, `forward` copies it and draws the next
ones, which background threads then load while the net computes.

Parameters (`param_str`, a Python dict literal) common to all layers:

    split       which list of pictures
    randomize   draw at random, with replacement (default True; only where 'train' is in `split`)
    seed        of the drawing (default None: different at every run)
    classes     class count, or {label top: class count}: larger labels are refused (default: none)
    batch       pictures at a time (default 1). Unequal sizes are filled up at the right and bottom
                with the mean and with void.
    crop        (height, width) of a random window in training, of the middle one otherwise
    scale, rotate, blur
                (least, most) factor, angle and width of a Gaussian, drawn for each picture in
                training (`layers/augment.py`)
    mirror      flip half of the pictures left to right, in training (default False)
    cache       whether loaded pictures stay in memory (default False): 12 bytes a pixel, 3 channels
    jitter      {'brightness', 'contrast', 'saturation', 'hue': most}: vary the colours of BGR
                pictures at random, in training (see `layers.photometric.draw_colours`)
    margin, label_stride
                in training, a border without labels and fewer labels (`layers/augment.py`)

The order equals the reference layers': `random.seed(seed)`, then one `random.randint(0, n - 1)`
per picture, the first one in `setup`. A random state of each layer's own takes the place of
the module's, so that layers do not disturb each other. Where several ranks train, all draw the
same order and each takes its batches of it.

`bottom` and `top` are only indexed and measured: BVLC's blob vectors cannot be iterated over.
"""

import ast
import random
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

import caffe
from data.errors import DataError, ProjectError
from data.files import read_list
from data.images import read_image, to_net
from data.labels import Reader, complaints
from data.settings import IGNORE_LABEL, VARIABLE, data_dir
from data.text import did_you_mean
from layers.augment import VARIATIONS, augment
from layers.photometric import complaint

COMMON = ("split", "randomize", "seed", "classes", "batch", "cache", *VARIATIONS)


class ParameterError(ProjectError, ValueError):
    """A `param_str`, or the number of tops, that a layer cannot use."""


class DataLayer(caffe.Layer):
    """Base of the data layers. A subclass names its parameters and says what to load.

    A subclass defines `keys`, its own parameter names; `tops`, the names of its tops, and `labels`,
    those that are label maps; and the method `list_items`. Where the items are the paths of a
    picture and of its label maps it sets `mean` and `readers`, otherwise it defines `load`.
    """

    keys: tuple[str, ...] = ()
    tops: tuple[str, ...] = ("data", "label")
    workers = 1  # threads that load, each a batch ahead
    labels: tuple[str, ...] = ("label",)
    channels = 3  # of the pictures
    mean: Any  # of the channels; to be subtracted
    readers: tuple[Reader, ...] = ()  # of `data.labels`, one per label map

    def list_items(self) -> list:
        """Return the items of the split, in order; `self.params` are the parameters."""
        raise TypeError(f"{type(self).__name__} does not define list_items")

    def load(self, item: Any) -> Any:
        """Return (path, array) of each top: C x H x W float32, or an H x W label map."""
        image, *maps = item
        return [
            (image, load_picture(image, self.mean, self.channels)),
            *((p, reader.read(p)[0]) for p, reader in zip(maps, self.readers, strict=True)),
        ]

    def setup(self, bottom, top):
        self.params = params = parse(self.param_str, (*COMMON, *self.keys), type(self).__name__)
        self.items = self.list_items()
        if len(top) != len(self.tops):
            names = ", ".join(self.tops)
            raise ParameterError(f"{len(top)} tops, expected {len(self.tops)}: {names}")
        if len(bottom):
            raise ParameterError(f"a data layer has no bottoms, {len(bottom)} given")
        self.classes = params.get("classes")
        self.training = "train" in str(params.get("split", ""))
        self.random = bool(params.get("randomize", True)) and self.training
        self.batch = params.get("batch", 1)
        if not isinstance(self.batch, int) or self.batch < 1:
            raise ParameterError(f"batch {self.batch!r}: expected a whole number of at least 1")
        self.variation = {k: params.get(k) for k in VARIATIONS}
        if wrong := complaint(params.get("jitter", {})):
            raise ParameterError(wrong)
        self.rank, self.ranks = 0, 1
        if self.training:
            self.rank, self.ranks = caffe.solver_rank(), caffe.solver_count()
        self.cached: dict[str, list[np.ndarray]] = {}
        seed = params.get("seed")
        self.order = random.Random(seed)
        # Apart from the order, so that turning augmentation on does not change which come.
        self.jitter = random.Random(None if seed is None else f"jitter {seed}")
        self.loader = ThreadPoolExecutor(self.workers, thread_name_prefix=type(self).__name__)
        self.cursor = -1
        self.drawn: deque[tuple[int, int]] = deque()  # (item, seed of its variation), in order
        self.loading: deque[Future] = deque()  # this rank's next batches
        self.draw()

    def require(self, key: str) -> Any:
        """Return a parameter that has no default."""
        return require(self.params, key, type(self).__name__)

    def draw(self) -> None:
        """Decide on the next batches of each rank that trains, and start loading this rank's."""
        while len(self.loading) < self.workers:
            taken = self.ranks * self.batch
            behind = (len(self.loading) + 1) * taken
            while len(self.drawn) < behind:
                if self.random:
                    self.cursor = self.order.randint(0, len(self.items) - 1)
                else:
                    self.cursor = (self.cursor + 1) % len(self.items)
                self.drawn.append((self.cursor, self.jitter.getrandbits(32)))
            own = behind - taken + self.rank * self.batch
            due = list(islice(self.drawn, own, own + self.batch))
            self.loading.append(self.loader.submit(self.fetch, due))

    def reshape(self, bottom, top):
        for i, values in enumerate(self.loading[0].result()):
            top[i].reshape(*values.shape)

    def forward(self, bottom, top):
        for i, values in enumerate(self.loading[0].result()):
            top[i].data[...] = values
        self.loading.popleft()
        for _ in range(self.ranks * self.batch):
            self.drawn.popleft()
        self.draw()

    def backward(self, top, propagate_down, bottom):
        pass  # no bottoms, no parameters

    def fetch(self, due: list[tuple[int, int]]) -> list[np.ndarray]:
        """Return the arrays of a drawn batch, one per top; runs in the background thread."""
        samples = [self.sample(self.items[index], seed) for index, seed in due]
        return [
            stack([sample[i] for sample in samples], IGNORE_LABEL if top in self.labels else 0)
            for i, top in enumerate(self.tops)
        ]

    def sample(self, item: Any, seed: int) -> list[np.ndarray]:
        """Return one picture and its labels (1 x H x W), checked and augmented."""
        arrays = self.cached.get(str(item)) or self.read(item)
        if self.params.get("cache"):
            self.cached[str(item)] = arrays
        is_label = [top in self.labels for top in self.tops]
        return augment(arrays, is_label, random.Random(seed), self.training, **self.variation)

    def read(self, item: Any) -> list[np.ndarray]:
        """Load one picture and its labels (1 x H x W) and check them."""
        loaded = self.load(item)
        height, width = loaded[0][1].shape[-2:]
        for top, (path, values) in zip(self.tops, loaded, strict=True):
            if values.shape[-2:] != (height, width):
                raise DataError(
                    f"{path}: {values.shape[-2]} x {values.shape[-1]} pixels (height x width), "
                    f"its picture has {height} x {width}"
                )
            classes = self.class_count(top) if top in self.labels else None
            if classes is not None and (wrong := complaints(path, values, classes)):
                raise DataError(wrong[0])
        return [values if values.ndim == 3 else values[np.newaxis] for _, values in loaded]

    def share_out(self, rank: int, ranks: int) -> None:
        """Begin again, and give out each `ranks`th batch, from number `rank` on."""
        self.rank, self.ranks, self.cursor = rank, ranks, -1
        self.loading.clear()
        self.drawn.clear()
        self.draw()

    def names(self, count: int | None = None) -> list[str]:
        """Return the file stems of this rank's share of the next `count` pictures, or of all."""
        if self.random:
            raise ValueError("the pictures come at random: their names are not known beforehand")
        first = self.drawn[0][0]
        numbers = range(count or len(self.items))
        own = [i for i in numbers if i // self.batch % self.ranks == self.rank]
        return [self.name_of(self.items[(first + i) % len(self.items)]) for i in own]

    def name_of(self, item: Any) -> str:
        """Return the file stem of an item's picture."""
        return Path(item if isinstance(item, str) else item[0]).stem

    def class_count(self, top: str) -> int | None:
        return self.classes.get(top) if isinstance(self.classes, dict) else self.classes

    def snapshot_state(self) -> dict:
        """Return what resuming needs, as JSON: the items that are due and the random states.

        It is the same on all ranks, and any number of them can go on from it.
        """
        return dict(
            items=len(self.items),
            cursor=self.cursor,
            due=[list(pair) for pair in self.drawn],
            order=self.order.getstate(),
            jitter=self.jitter.getstate(),
        )

    def restore_state(self, state: dict) -> None:
        """Go on where `snapshot_state` was taken; a list of another length is refused."""
        if state["items"] != len(self.items):
            raise ParameterError(
                f"the snapshot was taken over {state['items']} pictures, there are now "
                f"{len(self.items)}"
            )
        self.cursor = state["cursor"]
        for name in ("order", "jitter"):
            version, internal, gauss = state[name]
            getattr(self, name).setstate((version, tuple(internal), gauss))
        self.loading.clear()
        self.drawn = deque((item, seed) for item, seed in state["due"])
        self.draw()


def parse(param_str: str, known: tuple[str, ...], layer: str) -> dict[str, Any]:
    """Return `param_str` as a dict: a literal, never code; an unknown key names the nearest."""
    try:
        params = ast.literal_eval(param_str)
    except (ValueError, SyntaxError) as e:
        raise ParameterError(f"{layer}: param_str is not a Python literal: {param_str!r}") from e
    if not isinstance(params, dict):
        raise ParameterError(f"{layer}: param_str {param_str!r}: expected a dict")
    for key in params:
        if key not in known:
            raise ParameterError(
                f"{layer}: unknown parameter {key!r}{did_you_mean(key, known)} "
                f"(known: {', '.join(known)})"
            )
    return params


def require(params: dict[str, Any], key: str, layer: str) -> Any:
    """Return a parameter that has no default."""
    if key not in params:
        raise ParameterError(f"{layer}: parameter {key!r} is missing from param_str")
    return params[key]


def read_split(path: Path, key: str, read: Callable[[Path], list] = read_list) -> list:
    """Return the entries of a list, read by `data.files.read_list` or `read_pairs`.

    A missing or empty one is a DataError that names the parameter `key` to look at.
    """
    if not path.is_file():
        raise DataError(
            f"{path}: no such list of pictures (parameter {key!r}); the data folder is "
            f"{data_dir()} (${VARIABLE}); `python -m data list` names what can be fetched into it"
        )
    found = read(path)
    if not found:
        raise DataError(f"{path}: the list of pictures is empty")
    return found


def load_picture(path: Path, mean: Any, channels: int = 3, bgr: bool = True) -> np.ndarray:
    """Return a picture as a net's input, float32 C x H x W (see `data.images.to_net`)."""
    pixels = read_image(path)
    if pixels.shape[2] != channels:
        raise DataError(f"{path}: {pixels.shape[2]} channels, expected {channels}")
    return to_net(pixels, mean, bgr)


def stack(arrays: list[np.ndarray], fill: float) -> np.ndarray:
    """Return arrays of one rank as a batch; smaller C x H x W are filled up right and below."""
    if all(a.shape == arrays[0].shape for a in arrays):
        return np.stack(arrays)
    height, width = (max(a.shape[d] for a in arrays) for d in (1, 2))
    batch = np.full((len(arrays), len(arrays[0]), height, width), fill, arrays[0].dtype)
    for place, a in zip(batch, arrays, strict=True):
        place[:, : a.shape[1], : a.shape[2]] = a
    return batch
