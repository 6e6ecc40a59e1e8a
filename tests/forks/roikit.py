"""Random regions."""

import numpy as np

RNG = np.random.default_rng(7)


def random_rois(count, images, width, height):
    """Regions in and about a picture, some malformed."""
    corners = RNG.uniform(-0.2, 1.2, (count, 4)) * [width, height, width, height]
    rois = np.concatenate([RNG.integers(0, images, (count, 1)), corners], 1).astype(np.float32)
    rois[: count * 3 // 4, 1:] = np.sort(rois[: count * 3 // 4, 1:].reshape(-1, 2, 2), 1).reshape(
        -1, 4
    )
    return rois
