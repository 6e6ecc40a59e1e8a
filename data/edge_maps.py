"""Edge maps made thin: non-maximum suppression across an edge, and morphological thinning."""

import functools

import numpy as np

SMOOTHING = 4  # pixels: the triangle filter that directions are taken from
BORDER = 5  # pixels at the picture's edge that are faded out
TOLERANCE = 1.01  # a pixel stays unless its neighbours are higher by this factor

# Where each bit of a neighbourhood's number lies, as (rows, columns): east, then counterclockwise.
AROUND = ((0, 1), (-1, 1), (-1, 0), (-1, -1), (0, -1), (1, -1), (1, 0), (1, 1))


def suppress(edges: np.ndarray) -> np.ndarray:
    """Keep what is highest across its edge, and set the rest to 0.

    As in Dollar and Zitnick, "Fast Edge Detection Using Structured Forests" (PAMI 2015), whose code
    HED's figures were made with.

    Parameters
    ----------
    edges
        H x W, 0 to 1.

    Returns
    -------
    ndarray
        H x W, float64.
    """
    from scipy.ndimage import map_coordinates

    edges = np.asarray(edges, np.float64)
    angle = direction(edges)
    y, x = np.mgrid[: edges.shape[0], : edges.shape[1]].astype(np.float64)
    kept = np.ones(edges.shape, bool)
    for step in (-1, 1):
        beside = (y + step * np.sin(angle), x + step * np.cos(angle))
        kept &= edges * TOLERANCE >= map_coordinates(edges, beside, order=1, mode="nearest")
    return np.where(kept, edges, 0) * fade(edges.shape)


def direction(edges: np.ndarray) -> np.ndarray:
    """Return the angle across the edge at each pixel, from second derivatives of a smoothed map."""
    from scipy.ndimage import convolve1d

    ramp = np.arange(1, SMOOTHING + 2)
    triangle = np.concatenate([ramp, ramp[-2::-1]]) / (SMOOTHING + 1) ** 2
    smooth = edges
    for axis in (0, 1):
        smooth = convolve1d(smooth, triangle, axis=axis, mode="reflect")
    dy, dx = np.gradient(smooth)
    dyy, dxx = np.gradient(dy, axis=0), np.gradient(dx, axis=1)
    dxy = np.gradient(dx, axis=0)
    # Where an edge lies along an axis, dxy is 0: as if just below it, not no direction at all.
    return np.mod(np.arctan(dyy * np.where(dxy > 0, -1, 1) / (dxx + 1e-5)), np.pi)


def fade(shape: tuple[int, ...]) -> np.ndarray:
    """Return the factor of each pixel: rising from 0 at the picture's edge to 1 at BORDER."""
    sides = [np.minimum(np.arange(n), np.arange(n)[::-1]) for n in shape]
    return np.minimum(np.minimum(*np.ix_(*sides)) / BORDER, 1)


def thin(mask: np.ndarray) -> np.ndarray:
    """Thin an H x W mask to lines of one pixel.

    Guo and Hall, "Parallel thinning with two-subiteration algorithms" (1989), algorithm 1, until
    nothing changes; also MATLAB's `bwmorph(mask, 'thin', Inf)`.
    """
    mask = np.pad(np.asarray(mask, bool), 1)
    while True:
        before = mask.copy()
        for removable in deletions():
            numbers = np.zeros(mask.shape, np.uint8)
            for bit, shift in enumerate(AROUND):
                numbers |= np.roll(mask, (-shift[0], -shift[1]), (0, 1)).astype(np.uint8) << bit
            mask = mask & ~removable[numbers]
        if (mask == before).all():
            return mask[1:-1, 1:-1]


@functools.cache
def deletions() -> tuple[np.ndarray, np.ndarray]:
    """Return, for both subiterations, which of the 256 neighbourhoods lose their middle pixel."""
    bits = (np.arange(256)[:, None] >> np.arange(8)) & 1 > 0
    x = dict(enumerate(bits.T, 1))
    x[9] = x[1]
    crossings = sum((~x[i - 1] & (x[i] | x[i + 1])).astype(int) for i in (2, 4, 6, 8))
    first = sum((x[i - 1] | x[i]).astype(int) for i in (2, 4, 6, 8))
    second = sum((x[i] | x[i + 1]).astype(int) for i in (2, 4, 6, 8))
    fewest = np.minimum(first, second)
    common = (crossings == 1) & (fewest >= 2) & (fewest <= 3)
    return (common & ~((x[2] | x[3] | ~x[8]) & x[1]), common & ~((x[6] | x[7] | ~x[4]) & x[5]))
