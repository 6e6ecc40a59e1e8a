r"""Boundary IU: the IU of what lies within some pixels of a border between two labels.

Cheng, Girshick, Dollar, Berg, Kirillov: "Boundary IoU" (CVPR 2021), section 4, of label maps. With
G_c the pixels of class c in the truth that have a pixel of another class within `BAND` (a square
around them), and P_c those in the prediction, over the whole data set:

    boundary IU of c     |G_c and P_c| / |G_c or P_c|

The picture's edge is no border. Void pixels are not counted, and are no border either: there the
truth is taken to be what was predicted.
"""

import numpy as np

from .settings import IGNORE_LABEL

BAND = 3  # pixels


def in_band(labels: np.ndarray, band: int = BAND) -> np.ndarray:
    """Return which pixels of an H x W label map have another label within `band` pixels."""
    import scipy.ndimage

    side = 2 * band + 1
    least = scipy.ndimage.minimum_filter(labels, side, mode="nearest")
    return least != scipy.ndimage.maximum_filter(labels, side, mode="nearest")


def boundary_counts(
    truth: np.ndarray, prediction: np.ndarray, classes: int, band: int = BAND
) -> np.ndarray:
    """Count the pixels near a border, of each class.

    Parameters
    ----------
    truth, prediction
        H x W label maps. Pixels whose truth is not in 0 to classes - 1 are void.
    classes
        Number of classes, n.
    band
        How far from a border a pixel may lie, in pixels.

    Returns
    -------
    ndarray
        3 x n counts: |G_c and P_c|, |G_c|, |P_c|.
    """
    found = np.asarray(prediction).astype(np.int32)
    counted = (truth >= 0) & (truth < classes) & (truth != IGNORE_LABEL)
    wanted = np.where(counted, truth, found).astype(np.int32)
    near_truth, near_found = in_band(wanted, band) & counted, in_band(found, band) & counted
    both = near_truth & near_found & (wanted == found)
    kinds = (wanted[both], wanted[near_truth], found[near_found])
    return np.stack([np.bincount(labels, minlength=classes) for labels in kinds])


def boundary_iu(counts: np.ndarray) -> np.ndarray:
    """Return each class's boundary IU; NaN where it has no border in truth or prediction."""
    both, truth, found = counts
    with np.errstate(divide="ignore", invalid="ignore"):
        return both / (truth + found - both)
