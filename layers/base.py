"""What all data layers share: parameters, order, seeds, batches, and loading ahead.

A data layer gives one picture and its labels at every forward pass, each picture at its own
size: `reshape` loads the item that is due, `forward` hands it over and draws the next one, which
a background thread then loads while the net computes.

Parameters (`param_str`, a Python dict literal) common to all layers:

    split       which list of pictures
    randomize   draw at random, with replacement (default True; only where 'train' is in `split`)
    seed        of the drawing (default None: different at every run)
    classes     class count, or {label top: class count}: larger labels are refused (default: none)
    batch       pictures at a time (default 1). Unequal sizes are filled up at the right and bottom
                with the mean and with void.
    crop        (height, width) of a random window in training, of the middle one otherwise
    mirror      flip half of the pictures left to right, in training (default False)
    scale       (least, most): enlarge each picture by a random factor, in training

The order equals the reference layers': `random.seed(seed)`, then one `random.randint(0, n - 1)`
per picture, the first one in `setup`. A random state of each layer's own takes the place of
the module's, so that layers do not disturb each other.
"""

import ast
import difflib
import random
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

import caffe
from layers.augment import vary
from layers.reading import VOID, check_label, check_size

COMMON = ("split", "randomize", "seed", "classes", "batch", "crop", "mirror", "scale")


class DataLayer(caffe.Layer):
    """Base of the data layers. A subclass names its parameters and says how to load.

    keys      its own parameter names
    tops      names of its tops
    labels    those that are label maps
    list_of(params)   -> the items of the split, in order; also keeps what `load` needs
    load(item)        -> for each top, (path, array): C x H x W float32, or an H x W label map
    """

    keys = ()
    tops = ("data", "label")
    labels = ("label",)

    def setup(self, bottom, top):
        params = parse(self.param_str, (*COMMON, *self.keys), type(self).__name__)
        self.items = self.list_of(params)
        self.check_tops(bottom, top)
        self.classes = params.get("classes")
        self.training = "train" in str(params.get("split", ""))
        self.random = bool(params.get("randomize", True)) and self.training
        self.batch = params.get("batch", 1)
        if not isinstance(self.batch, int) or self.batch < 1:
            raise ValueError(f"batch {self.batch!r}: expected a whole number of at least 1")
        self.variation = {k: params.get(k) for k in ("crop", "mirror", "scale")}
        seed = params.get("seed")
        self.order = random.Random(seed)
        # Apart from the order, so that turning augmentation on does not change which come.
        self.jitter = random.Random(None if seed is None else f"jitter {seed}")
        self.loader = ThreadPoolExecutor(1, thread_name_prefix=type(self).__name__)
        self.cursor = -1
        self.draw()

    def check_tops(self, bottom, top):
        if len(top) != len(self.tops):
            raise ValueError(f"{len(top)} tops, expected {len(self.tops)}: {', '.join(self.tops)}")
        if len(bottom):
            raise ValueError(f"a data layer has no bottoms, {len(bottom)} given")

    def draw(self):
        """Decide on the next batch and start loading it."""
        self.due = []
        for _ in range(self.batch):
            if self.random:
                self.cursor = self.order.randint(0, len(self.items) - 1)
            else:
                self.cursor = (self.cursor + 1) % len(self.items)
            self.due.append((self.cursor, self.jitter.getrandbits(32)))
        self.loading = self.loader.submit(self.fetch, list(self.due))

    def reshape(self, bottom, top):
        for blob, values in zip(top, self.loading.result(), strict=True):
            blob.reshape(*values.shape)

    def forward(self, bottom, top):
        for blob, values in zip(top, self.loading.result(), strict=True):
            blob.data[...] = values
        self.draw()

    def backward(self, top, propagate_down, bottom):
        pass  # pictures do not learn

    def fetch(self, due):
        """The arrays of a drawn batch, one per top; runs in the background thread."""
        samples = [self.sample(self.items[index], seed) for index, seed in due]
        return [
            stack([sample[i] for sample in samples], VOID if top in self.labels else 0)
            for i, top in enumerate(self.tops)
        ]

    def sample(self, item, seed):
        """One picture and its labels, checked and varied; labels as 1 x H x W."""
        loaded = self.load(item)
        size = loaded[0][1].shape[-2:]
        for top, (path, values) in zip(self.tops, loaded, strict=True):
            check_size(path, values.shape[-2:], size)
            if top in self.labels:
                check_label(path, values, self.class_count(top))
        arrays = [values if values.ndim == 3 else values[np.newaxis] for _, values in loaded]
        is_label = [top in self.labels for top in self.tops]
        return vary(arrays, is_label, random.Random(seed), self.training, **self.variation)

    def names(self, count=None):
        """Names (file stems) of the next `count` pictures (default: one round), in list order."""
        if self.random:
            raise ValueError("the pictures come at random: their names are not known beforehand")
        first = self.due[0][0]
        items = [self.items[(first + i) % len(self.items)] for i in range(count or len(self.items))]
        return [Path(item if isinstance(item, str) else item[0]).stem for item in items]

    def class_count(self, top):
        return self.classes.get(top) if isinstance(self.classes, dict) else self.classes

    def snapshot_state(self):
        """What to keep to go on from here: the item that is due and the random states, as JSON."""
        return dict(
            items=len(self.items),
            cursor=self.cursor,
            due=[list(pair) for pair in self.due],
            order=self.order.getstate(),
            jitter=self.jitter.getstate(),
        )

    def restore_state(self, state):
        """Go on where `snapshot_state` was taken; a list of another length is refused."""
        if state["items"] != len(self.items):
            raise ValueError(
                f"the snapshot was taken over {state['items']} pictures, there are now "
                f"{len(self.items)}"
            )
        self.cursor = state["cursor"]
        for name in ("order", "jitter"):
            version, internal, gauss = state[name]
            getattr(self, name).setstate((version, tuple(internal), gauss))
        self.due = [tuple(pair) for pair in state["due"]]
        self.loading = self.loader.submit(self.fetch, list(self.due))


def parse(param_str, known, layer):
    """`param_str` as a dict: a literal, never code; an unknown key is refused with the nearest."""
    try:
        params = ast.literal_eval(param_str)
    except (ValueError, SyntaxError) as e:
        raise ValueError(f"{layer}: param_str is not a Python literal: {param_str!r}") from e
    if not isinstance(params, dict):
        raise ValueError(f"{layer}: param_str {param_str!r}: expected a dict")
    for key in params:
        if key not in known:
            near = difflib.get_close_matches(str(key), known, 1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise ValueError(
                f"{layer}: unknown parameter {key!r}{hint} (known: {', '.join(known)})"
            )
    return params


def need(params, key, layer):
    """A parameter that has no default."""
    if key not in params:
        raise ValueError(f"{layer}: parameter {key!r} is missing from param_str")
    return params[key]


def stack(arrays, fill):
    """Arrays of one rank as a batch; smaller C x H x W ones are filled up right and below."""
    if all(a.shape == arrays[0].shape for a in arrays):
        return np.stack(arrays)
    height, width = (max(a.shape[d] for a in arrays) for d in (1, 2))
    batch = np.full((len(arrays), len(arrays[0]), height, width), fill, arrays[0].dtype)
    for place, a in zip(batch, arrays, strict=True):
        place[:, : a.shape[1], : a.shape[2]] = a
    return batch
