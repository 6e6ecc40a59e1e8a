"""Expansion: a top with copied rows or columns left out, made whole for its readers."""

import torch

from ..core import context
from ..core.blob import Blob
from ..core.syncedmem import is_channels_last


class Expansion:
    """One axis of a top, and which of the rows that are there each row of the whole map is.

    Forward is an `index_select`; backward adds up the gradients of rows copied from one, so that
    the layer before gets the gradient of what it computed.
    """

    def __init__(self, blob: Blob, axis: int, rows: list[int]):
        self.blob, self._axis = blob, axis
        device = context.device()
        self._rows = torch.tensor(rows, device=device)
        self._first = torch.tensor([rows.index(row) for row in range(rows[-1] + 1)], device=device)
        self._whole: torch.Tensor | None = None

    def expand(self) -> None:
        """Make the top whole."""
        self.blob.put(self._select(self.blob.computed(), self._rows), as_computed=True)

    def contract(self) -> None:
        """Leave the copies out again, of the values and of the gradient."""
        whole, diff = self.blob.computed(), self.blob.computed_diff().float()
        self.blob.put(self._select(whole, self._first), as_computed=True)
        order, axis = self._order(diff)
        laid = diff.permute(order)
        shape = list(laid.shape)
        shape[axis] = len(self._first)
        total = laid.new_zeros(shape).index_add_(axis, self._rows, laid)
        self.blob.put_diff(total.permute(_inverse(order)), as_computed=True)
        self._whole = whole

    def _select(self, t: torch.Tensor, rows: torch.Tensor) -> torch.Tensor:
        order, axis = self._order(t)
        return t.permute(order).index_select(axis, rows).permute(_inverse(order))

    def _order(self, t: torch.Tensor) -> tuple[tuple[int, ...], int]:
        """Return the axes as memory runs through them, in which selecting is fast, and ours."""
        order = (0, 2, 3, 1) if is_channels_last(t) else (0, 1, 2, 3)
        return order, order.index(self._axis)

    def restore(self) -> None:
        """Put the values back that `contract` found."""
        if self._whole is not None:
            self.blob.put(self._whole, as_computed=True)
            self._whole = None


def _inverse(order: tuple[int, ...]) -> list[int]:
    return [order.index(axis) for axis in range(len(order))]
