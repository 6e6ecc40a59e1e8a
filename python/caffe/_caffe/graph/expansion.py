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
        there = self.blob.computed()
        if is_channels_last(there):  # index_select is fast along its order in memory alone
            there = there.permute(0, 2, 3, 1).index_select(self._axis - 1, self._rows)
            whole = there.permute(0, 3, 1, 2)
        else:
            whole = there.index_select(self._axis, self._rows)
        self.blob.put(whole, as_computed=True)

    def contract(self) -> None:
        """Leave the copies out again, of the values and of the gradient."""
        whole, diff = self.blob.tensor(), self.blob.diff_tensor()
        shape = list(whole.shape)
        shape[self._axis] = len(self._first)
        self.blob.put(whole.index_select(self._axis, self._first))
        self.blob.put_diff(diff.new_zeros(shape).index_add_(self._axis, self._rows, diff))
        self._whole = whole

    def restore(self) -> None:
        """Put the values back that `contract` found."""
        if self._whole is not None:
            self.blob.put(self._whole)
            self._whole = None
