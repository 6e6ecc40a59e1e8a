"""Class labels, and other indices that come as floats in a blob."""

from collections import deque
from collections.abc import Collection
from typing import NamedTuple

import torch

from .layer import Layer


class Labels(NamedTuple):
    """Labels read from a blob.

    index: int64, ignored ones 0.
    valid: bool, False where ignored; None where nothing can be.
    nan_if_invalid: None on the CPU, where a wrong label is an error at once; on a GPU a scalar to
        add to the result: 0, or NaN if a label is wrong.
    """

    index: torch.Tensor  # type: ignore[assignment]  # hides tuple.index, which is not used
    valid: torch.Tensor | None
    nan_if_invalid: torch.Tensor | None

    def zero_ignored(self, values: torch.Tensor) -> torch.Tensor:
        """Return `values`, 0 where the label is ignored."""
        return values if self.valid is None else values * self.valid

    def mark(self, result: torch.Tensor) -> torch.Tensor:
        """Return `result`, on a GPU NaN where a label is wrong."""
        return result if self.nan_if_invalid is None else result + self.nan_if_invalid


class LabelReader:
    """Reads the labels of one bottom of `layer` and refuses those outside 0 to classes - 1.

    Release builds of Caffe read past the class's memory there. A GPU is not waited for: the
    bounds come to the host on their own, and the error is raised by a later call.
    """

    def __init__(
        self,
        layer: Layer,
        bottom: int,
        ignore: int | Collection[int] | None = None,
        what: str = "label",
        among: str = "classes",
    ):
        self.layer, self.bottom = layer, bottom
        given = () if ignore is None else (ignore,) if isinstance(ignore, int) else ignore
        self.ignored = tuple(given)
        self.what, self.among = what, among
        # (bounds on the host, when they are there, classes) of each batch not yet checked
        self._pending: deque[tuple[torch.Tensor, torch.cuda.Event, int]] = deque()

    def __call__(self, values: torch.Tensor, classes: int) -> Labels:
        """Return `values` as Labels; truncated to integers as Caffe's static_cast does."""
        index, valid = values.long(), None
        for label in self.ignored:
            seen = index != label
            valid = seen if valid is None else valid.logical_and_(seen)
        if valid is not None:
            index.mul_(valid)
        if index.is_cuda:
            return self._on_gpu(index, valid, classes)
        if index.numel() and not index.is_meta:
            low, high = (int(v) for v in index.aminmax())
            self._check_range(low, high, classes)
        return Labels(index, valid, None)

    def _on_gpu(self, index, valid, classes) -> Labels:
        self._report()
        if not index.numel():
            return Labels(index, valid, None)
        bounds = torch.stack(index.aminmax())
        host = torch.empty(2, dtype=torch.int64, pin_memory=True)
        host.copy_(bounds, non_blocking=True)
        event = torch.cuda.Event()
        event.record(torch.cuda.current_stream(index.device))
        self._pending.append((host, event, classes))
        wrong = (bounds[0] < 0) | (bounds[1] >= classes)
        return Labels(index.clamp_(0, classes - 1), valid, torch.where(wrong, torch.nan, 0.0))

    def _report(self) -> None:
        """Raise what earlier batches brought, once it has come to the host."""
        while self._pending and self._pending[0][1].query():
            (low, high), _, classes = self._pending.popleft()
            self._check_range(int(low), int(high), classes)

    def _check_range(self, low: int, high: int, classes: int) -> None:
        if 0 <= low and high < classes:
            return
        name = self.layer.layer_param.bottom[self.bottom]
        message = (
            f"{self.what} {low if low < 0 else high} in '{name}' is outside the {classes} "
            f"{self.among}, 0 to {classes - 1}"
        )
        if self.what == "label":
            given = f"is {', '.join(map(str, self.ignored))}" if self.ignored else "is not set"
            message += f"; ignore_label {given}"
        self.layer.fail(message)
