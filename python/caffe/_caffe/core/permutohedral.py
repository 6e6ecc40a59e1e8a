"""Gaussian filtering of many channels in a space of any features, on the permutohedral lattice.

Adams, Baek and Davis, Fast High-Dimensional Filtering Using the Permutohedral Lattice (2010), as
Kraehenbuehl and Koltun's code has it, which the CRF layers of DeepLab, CRF-RNN and CCNN share.
"""

import functools
import math

import torch
import torch.nn.functional as F

BLOCK = 4  # points that the forks' SSE code takes at once
_FIRST, _LAST = -(2**15), 2**15 - 1  # the forks store a vertex's coordinates as 16-bit integers


def grid_features(height: int, width: int, sigmas, image=None) -> torch.Tensor:
    """Return the pixels' features: x and y and, with an image, its channels, each over its sigma.

    Parameters
    ----------
    height, width : int
    sigmas : tensor of 2 floats, or 2 and one for each channel of `image`
    image : (channels, height, width) tensor, optional

    Returns
    -------
    (2 + channels, height * width) tensor
    """
    x = torch.arange(width, dtype=torch.float32, device=sigmas.device).expand(height, width)
    y = torch.arange(height, dtype=torch.float32, device=sigmas.device)
    planes = torch.stack([x, y[:, None].expand(height, width)])
    if image is not None:
        planes = torch.cat([planes, image])
    # Divided by a tensor: by a number, torch multiplies with its reciprocal on a GPU.
    return planes.flatten(1) / sigmas[:, None]


class Lattice:
    """The lattice around n points with d features; filters any values at these points.

    A point's value is spread over the d + 1 vertices of the simplex it lies in (splat), the
    vertices are blurred along the d + 1 axes with (1/2, 1, 1/2), and read back (slice). Only
    vertices of a simplex with a point in it exist; others count as 0. As in the forks, points are
    taken in blocks of four: where n is no multiple of four, the last block is filled up with
    points at the origin, which have no value but whose vertices let the blur pass.

    Parameters
    ----------
    features : (d, n) tensor, float32

    Raises
    ------
    ValueError
        Where the features spread over more lattice cells than 16-bit coordinates count.
    """

    def __init__(self, features: torch.Tensor):
        self.points = features.shape[1]
        weights, keys, strides = _locate(F.pad(features, (0, -self.points % BLOCK)))
        corners = len(weights)
        sorted_keys, order = keys.flatten().sort()
        vertices, of_key, counts = sorted_keys.unique_consecutive(
            return_inverse=True, return_counts=True
        )
        self.size = len(vertices)
        point = order % weights.shape[1]
        real = point < self.points
        self._splat_points = (point * real).int()
        self._splat_weights = weights.flatten()[order] * real
        self._splat_offsets = F.pad(counts.cumsum(0), (1, 0))[:-1].int()
        vertex = torch.empty_like(order).scatter_(0, order, of_key).view(corners, -1)
        self._slice_vertices = vertex[:, : self.points].t().int().contiguous()
        scale = 1 / (1 + 2.0 ** (1 - corners))
        self._slice_weights = (weights[:, : self.points] * scale).t().contiguous()
        self._neighbours = self._find_neighbours(vertices, strides, corners)
        self._norm = 1 / (self.filter(features.new_ones(self.points, 1)) + 1e-20)

    def _find_neighbours(self, vertices, strides, corners):
        """Return for each axis every vertex with its two neighbours, and their weights.

        Both are (vertices, 3); an absent neighbour is the vertex itself with weight 0.
        """
        # One step down an axis: 1 less in every coordinate, but d more in that axis's own.
        down = torch.where(vertices % corners > 0, -1, corners - 1 - corners * sum(strides))
        here = torch.arange(self.size, device=vertices.device)
        found = []
        for stride in (*strides, 0):  # the last coordinate follows from the others
            key = vertices + down + corners * stride
            before = torch.searchsorted(vertices, key).clamp_(max=self.size - 1)
            before = torch.where(vertices[before] == key, before, here)
            after = here.clone()
            has_before = before != here
            after[before[has_before]] = here[has_before]
            index = torch.stack([here, before, after], 1)
            weight = torch.where(index == here[:, None], 0.0, 0.5)
            weight[:, 0] = 1
            found.append((index.int(), weight))
        return found

    def filter(self, values: torch.Tensor, transposed: bool = False) -> torch.Tensor:
        """Return the filtered values.

        Parameters
        ----------
        values : (n, channels) tensor
        transposed : bool
            Apply the transposed filter, which takes gradients back: it blurs along the axes in
            reverse order, which differs where vertices are missing.
        """
        grid = F.embedding_bag(
            self._splat_points,
            values,
            self._splat_offsets,
            mode="sum",
            per_sample_weights=self._splat_weights,
        )
        axes = reversed(self._neighbours) if transposed else self._neighbours
        for vertices, weights in (*axes, (self._slice_vertices, self._slice_weights)):
            grid = F.embedding_bag(vertices, grid, mode="sum", per_sample_weights=weights)
        return grid

    def average(self, values: torch.Tensor) -> torch.Tensor:
        """Return the filtered values, each point's weights scaled so that they sum to 1."""
        return self.filter(values).mul_(self._norm)

    def average_transposed(self, values: torch.Tensor) -> torch.Tensor:
        """Return the values times `average`'s transpose: how a gradient goes through it."""
        return self.filter(values * self._norm, transposed=True)


@functools.lru_cache(maxsize=4)
def grid_lattice(height: int, width: int, sigmas: tuple[float, float], device) -> Lattice:
    """Return the lattice of a grid's pixels, by place alone; the last few are cached."""
    return Lattice(grid_features(height, width, torch.tensor(sigmas, device=device)))


def _locate(features: torch.Tensor):
    """Find the simplex of every point.

    Returns
    -------
    weights : (d + 1, n) tensor
        The point's barycentric coordinates.
    keys : (d + 1, n) int64 tensor
        Of the simplex's vertices, one number each: vertex r has coordinates (d + 1) m + r, and its
        key is (d + 1) (sum of the first d m, each times its stride) + r.
    strides : list of d ints
    """
    d = len(features)
    elevated = _elevate(features)
    inverse = 1 / (d + 1)
    cell = (elevated * inverse).round()  # half to even; which way decides on vertices of weight 0
    low, strides = _strides(cell[:d])
    offset = elevated - cell * (d + 1)
    rank = cell.sum(0).expand(d + 1, -1).clone()
    for i in range(d):
        for j in range(i + 1, d + 1):
            lower = offset[i] < offset[j]
            rank[i] += lower
            rank[j] += ~lower
    wrap = (rank < 0).float() - (rank > d).float()
    cell += wrap
    rank = rank.add_(wrap, alpha=d + 1).long()
    sorted_offset = (elevated - cell * (d + 1)) * inverse
    sorted_offset = torch.empty_like(sorted_offset).scatter_(0, rank, sorted_offset)
    weights = torch.cat(
        [
            sorted_offset[d:] + (1 - sorted_offset[:1]),
            sorted_offset[:d].flip(0) - sorted_offset[1:].flip(0),
        ]
    )
    base = cell.new_zeros(cell.shape[1], dtype=torch.int64)
    stride_of_rank = torch.zeros_like(rank)
    for i in range(d):
        base += (cell[i].long() - low[i]) * strides[i]
        stride_of_rank.scatter_(0, rank[i : i + 1], strides[i])
    keys = torch.empty_like(rank)
    for r in range(d + 1):
        keys[r] = base * (d + 1) + r
        base = base - stride_of_rank[d - r]
    return weights, keys, strides


def _elevate(features: torch.Tensor) -> torch.Tensor:
    """Return the points in the plane of d + 1 coordinates that sum to 0, in the forks' order."""
    d = len(features)
    deviation = _float32(math.sqrt(2 / 3) * (d + 1))
    elevated = features.new_empty(d + 1, features.shape[1])
    total = torch.zeros_like(features[0])
    for j in range(d, 0, -1):
        scaled = features[j - 1] * _float32(1 / math.sqrt(j * (j + 1)) * deviation)
        elevated[j] = total - scaled * j
        total = total + scaled
    elevated[0] = total
    return elevated


def _float32(x: float) -> float:
    return torch.tensor(x, dtype=torch.float32).item()


def _strides(cell: torch.Tensor) -> tuple[list[int], list[int]]:
    """Return each coordinate's lowest cell, and what a step in it adds to the packed cells."""
    d = len(cell)
    least, most = torch.stack(cell.aminmax(dim=1)).tolist()
    strides, total = [], 1
    for first, last in zip(least, most, strict=True):
        # Written so that a nan fails too.
        if not (_FIRST <= (first - 2) * (d + 1) and (last + 2) * (d + 1) <= _LAST):
            raise ValueError(
                f"the features reach lattice cells {first:g} to {last:g} along one axis, beyond "
                "the lattice's 16 bits, or are not finite; use larger standard deviations"
            )
        strides.append(total)
        # Rounding to the plane moves a cell by 1, a vertex may lie 1 below it, neighbours 1 beside.
        total *= int(last - first) + 6
    if total * (d + 1) >= 2**63:
        raise ValueError(
            "the features spread over too many lattice cells; use larger standard deviations"
        )
    return [int(v) - 3 for v in least], strides
