r"""Segmentation metrics from one confusion matrix (Long et al., CVPR 2015, section 5).

With n_ij the pixels of class i that were predicted as class j, over the whole data set (never a
mean over pictures):

    pixel accuracy    sum_i n_ii / sum_ij n_ij
    accuracy of i     n_ii / sum_j n_ij                      mean accuracy: over the classes
    IU of i           n_ii / (sum_j n_ij + sum_j n_ji - n_ii)      mean IU: over the classes
    f.w. IU           sum_i (IU of i) (sum_j n_ij) / sum_ij n_ij

A class in neither truth nor prediction has no IU, one not in truth no accuracy: the means exclude
them.
"""

from collections.abc import Collection, Sequence

import numpy as np

from .text import percent

#: key of `metrics`: column heading
NAMES = {
    "pixel_accuracy": "pixel acc.",
    "mean_accuracy": "mean acc.",
    "mean_iu": "mean IU",
    "fw_iu": "f.w. IU",
}


def confusion(truth: np.ndarray, prediction: np.ndarray, classes: int) -> np.ndarray:
    """Count the (truth, prediction) pairs of two label maps.

    Parameters
    ----------
    truth, prediction
        Label maps of one size and any shape. Pixels whose truth is not in 0 to classes - 1 are
        not counted.
    classes
        Number of classes, n.

    Returns
    -------
    ndarray
        n x n counts; rows are the truth.

    Raises
    ------
    ValueError
        The sizes differ, or a counted prediction is not in 0 to classes - 1.
    """
    a, b, n = np.asarray(truth).ravel(), np.asarray(prediction).ravel(), classes
    if a.size != b.size:
        raise ValueError(f"{a.size} labels against {b.size} predictions")
    if b.size and n < 256 and 0 <= a.min() and a.max() < 256 and 0 <= b.min() and b.max() < n:
        # Labels with their void fit into 16 bits and need no masking first: less than half of the
        # time, which a GPU's or a small net's forward pass would notice.
        pairs = np.multiply(a.astype(np.uint8), n, dtype=np.uint16) + b.astype(np.uint8)
        return np.bincount(pairs, minlength=256 * n)[: n * n].reshape(n, n)
    counted = (a >= 0) & (a < n)
    a, b = a[counted].astype(np.intp), b[counted]
    if b.size and (b.min() < 0 or b.max() >= n):
        raise ValueError(f"predictions {b.min()} to {b.max()}: expected 0 to {n - 1}")
    return np.bincount(n * a + b.astype(np.intp), minlength=n * n).reshape(n, n)


def class_iu(hist: np.ndarray) -> np.ndarray:
    """Return the IU of each class, NaN where a class is in neither truth nor prediction."""
    hits = np.diag(hist)
    with np.errstate(divide="ignore", invalid="ignore"):
        return hits / (hist.sum(1) + hist.sum(0) - hits)


def mean_iu(hist: np.ndarray) -> float:
    """Return the mean IU over the classes that occur, NaN where none does."""
    iu = class_iu(hist)
    return float(np.nanmean(iu)) if not np.isnan(iu).all() else float("nan")


def metrics(
    hist: np.ndarray, names: Sequence[str] | None = None, excluded: Collection[int] = ()
) -> dict:
    """Return the four metrics, and those of each class, as a dict that JSON can hold.

    Parameters
    ----------
    hist
        n x n confusion matrix, rows the truth.
    names
        Class names; the numbers by default.
    excluded
        Classes that the means exclude even where they are predicted.

    Returns
    -------
    dict
        The keys of `NAMES` (0 to 1, None where no class counts), `classes` (name, pixels,
        accuracy, iu of each), `left_out` (names without part in the mean IU) and `confusion`.
    """
    hist = np.asarray(hist)
    names = list(names or map(str, range(len(hist))))
    hits, truth, iu = np.diag(hist), hist.sum(1), class_iu(hist)
    with np.errstate(divide="ignore", invalid="ignore"):
        accuracy = hits / truth
    counted = ~np.isin(np.arange(len(hist)), list(excluded))
    total = max(int(hist.sum()), 1)

    def mean(values: np.ndarray) -> float | None:
        used = values[counted & ~np.isnan(values)]
        return float(used.mean()) if used.size else None

    def number(value: float) -> float | None:
        return None if np.isnan(value) else float(value)

    return dict(
        pixel_accuracy=float(hits.sum() / total),
        mean_accuracy=mean(accuracy),
        mean_iu=mean(iu),
        fw_iu=float(np.nansum(np.where(counted, truth * iu, 0)) / total),
        classes=[
            dict(name=name, pixels=int(pixels), accuracy=number(acc), iu=number(value))
            for name, pixels, acc, value in zip(names, truth, accuracy, iu, strict=True)
        ],
        left_out=[n for n, c, value in zip(names, counted, iu, strict=True)
                  if not c or np.isnan(value)],
        confusion=hist.tolist(),
    )  # fmt: skip


def table(result: dict) -> str:
    """Return `metrics` as text: the means, each class, and what was left out."""
    means = {**NAMES, **({"boundary_iu": "boundary IU"} if "boundary_iu" in result else {})}
    lines = ["   ".join(f"{name} {percent(result[key])}" for key, name in means.items())]
    width = max(len(c["name"]) for c in result["classes"])
    for c in result["classes"]:
        lines.append(
            f"  {c['name']:{width}}  IU {percent(c['iu']):>5}  "
            f"accuracy {percent(c['accuracy']):>5}  {c['pixels']:>12,} pixels"
        )
    if result["left_out"]:
        lines.append("left out of the mean IU: " + ", ".join(result["left_out"]))
    return "\n".join(lines)
