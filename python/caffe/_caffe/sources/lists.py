"""Batches of what a list file names: what data layers over lists of files share."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..errors import FormatError
from ..formats.text_file import read_text
from ..log import info
from .prefetch import BATCH, ORDER, BatchReader, EpochOrder, new_seed, stream


class ListReader(BatchReader):
    """A BatchReader of a list's items, in the list's order or shuffled in every epoch.

    A subclass's `item` loads one line of the list; `random` says whether it draws anything. With
    rand_skip the first item is one of so many, at random. FormatError for an empty list, or one
    shorter than what rand_skip drew.
    """

    def __init__(
        self,
        lines: Sequence[Any],
        batch_size: int,
        shuffle: bool = False,
        random: bool = False,
        rand_skip: int = 0,
    ):
        if not lines:
            raise FormatError("the list of files is empty")
        self.lines, self.batch_size = lines, int(batch_size)
        self.random, self.order = random, EpochOrder(len(lines), shuffle)
        self.seed = new_seed() if shuffle or random or rand_skip else 0
        if rand_skip:
            self.first = int(stream(self.seed, ORDER, 2**32).randint(rand_skip))
            info(f"Skipping first {self.first} data points.", src="image_data_layer.cpp:70")
            if self.first >= len(lines):
                raise FormatError(
                    f"rand_skip drew {self.first}, but the list has {len(lines)} entries"
                )
        self.shapes: list[tuple[int, ...]] = []

    def item(self, line: Any, draws: np.random.RandomState | None) -> list[np.ndarray]:
        """Return one array per top, without the batch axis."""
        raise FormatError("this reader does not say how to load an item")

    def size_up(self) -> None:
        """Load the first item, for the shapes of the tops."""
        tops = self.item(self.line(self.first), self._draws(self.first))
        self.shapes = [(self.batch_size, *top.shape) for top in tops]
        size = ",".join(map(str, self.shapes[0]))
        info(f"output data size: {size}", src="image_data_layer.cpp:90")

    def line(self, number: int) -> Any:
        """Return the list's entry of that number, counted through all epochs."""
        return self.lines[self.order.place(number, self.seed)]

    def _draws(self, first: int) -> np.random.RandomState | None:
        return stream(self.seed, BATCH, self.share.number(first)) if self.random else None

    def batch(self, first: int) -> list[np.ndarray]:
        """Return the tops of the items from number `first` on, as float32."""
        draws, tops = self._draws(first), []
        for i in range(self.batch_size):
            line = self.line(self.share.number(first + i))
            for k, array in enumerate(self.item(line, draws)):
                if i == 0:
                    tops.append(np.empty((self.batch_size, *array.shape), np.float32))
                if array.shape != tops[k].shape[1:]:
                    raise FormatError(
                        f"'{' '.join(map(str, line))}' gives the shape {array.shape}, the batch's "
                        f"first {tops[k].shape[1:]}; images of one batch must agree (crop them, "
                        "resize them, or use batch_size 1)"
                    )
                tops[k][i] = array
        return tops


def read_words(source: str) -> list[list[str]]:
    """Return the words of each line of a list file that has any; FormatError for none."""
    lines = [line.split() for line in read_text(source).split("\n")]
    lines = [line for line in lines if line]
    if not lines:
        raise FormatError(f"list file '{source}' is empty")
    info(f"A total of {len(lines)} entries in {source}.")
    return lines
