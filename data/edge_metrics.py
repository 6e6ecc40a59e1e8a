r"""ODS, OIS and AP of edge maps, by the protocol of the Berkeley benchmark.

Martin, Fowlkes, Malik (PAMI 2004, section 4); Arbelaez, Maire, Fowlkes, Malik (PAMI 2011, section
5); the numbers are those of `bench/benchmarks` in BSDS500. At each of 99 thresholds a map becomes a
mask, is thinned, and its pixels are matched one to one to each annotator's, no farther than 0.0075
of the picture's diagonal. Then

    precision = found pixels that match any annotator / found pixels
    recall    = matched pixels of all annotators / pixels of all annotators

    ODS   the best F over the thresholds, one for all pictures (between two of them both
          precision and recall are interpolated)
    OIS   F of the sums at each picture's own best threshold
    AP    the mean of the precision, interpolated, at recall 0, 0.01 ... 1
"""

import functools
import operator
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .edge_maps import thin

THRESHOLDS = np.arange(1, 100) / 100
MAX_DISTANCE = 0.0075  # of the diagonal
UNMATCHED = 100  # what leaving a pixel alone costs, times the largest distance


@dataclass(frozen=True)
class Counts:
    """What was counted at each threshold; counts of several pictures add up."""

    matched_truth: np.ndarray
    truth: np.ndarray
    matched_found: np.ndarray
    found: np.ndarray

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(
            *(a + b for a, b in zip(vars(self).values(), vars(other).values(), strict=True))
        )

    def at(self, index: int) -> "Counts":
        """Return what was counted at one threshold."""
        return Counts(*(values[index : index + 1] for values in vars(self).values()))

    @property
    def recall(self) -> np.ndarray:
        """The recall at each threshold, 0 where there is no truth."""
        return self.matched_truth / np.maximum(self.truth, 1)

    @property
    def precision(self) -> np.ndarray:
        """The precision at each threshold, 0 where nothing was found."""
        return self.matched_found / np.maximum(self.found, 1)


def count(
    edges: np.ndarray, truths: Sequence[np.ndarray], thresholds: np.ndarray = THRESHOLDS
) -> Counts:
    """Count one picture.

    Parameters
    ----------
    edges
        H x W, 0 to 1; suppressed across its edges (`edge_maps.suppress`) where it is blurred.
    truths
        Each annotator's H x W mask.
    thresholds
        In rising order.
    """
    rows: list[tuple[int, ...]] = []
    before = None
    for threshold in thresholds:
        above = edges >= threshold
        if before is not None and (above == before).all():
            rows.append(rows[-1])
            continue
        before, mask = above, thin(above)
        matches = [match(mask, truth) for truth in truths]
        any_annotator = np.any([found for found, _ in matches], axis=0)
        rows.append(
            (
                sum(int(matched.sum()) for _, matched in matches),
                sum(int(np.count_nonzero(truth)) for truth in truths),
                int(any_annotator.sum()),
                int(mask.sum()),
            )
        )
    return Counts(*np.array(rows, np.int64).T)


def match(
    found: np.ndarray, truth: np.ndarray, max_distance: float = MAX_DISTANCE
) -> tuple[np.ndarray, np.ndarray]:
    """Match the pixels of two H x W masks one to one, none farther than max_distance.

    As many as can be, and among such matchings the one of the least total distance.

    Returns
    -------
    tuple of ndarray
        Which pixels of either mask are matched.
    """
    import scipy.sparse
    from scipy.sparse.csgraph import min_weight_full_bipartite_matching
    from scipy.spatial import cKDTree

    a, b = np.argwhere(found), np.argwhere(truth)
    matched = np.zeros(np.shape(found), bool), np.zeros(np.shape(truth), bool)
    if not len(a) or not len(b):
        return matched
    reach = max_distance * float(np.hypot(*np.shape(found)))
    near = cKDTree(a).sparse_distance_matrix(cKDTree(b), reach, output_type="coo_matrix")
    rows, a_of = np.unique(near.row, return_inverse=True)
    columns, b_of = np.unique(near.col, return_inverse=True)
    n, m = len(rows), len(columns)
    # Every pixel of the first mask may also stay alone, in a column of its own.
    i, j = np.concatenate([a_of, np.arange(n)]), np.concatenate([b_of, m + np.arange(n)])
    cost = np.concatenate([near.data, np.full(n, UNMATCHED * reach)]) + 1  # 0 would be no edge
    graph = scipy.sparse.csr_matrix((cost, (i, j)), shape=(n, m + n))
    left, right = min_weight_full_bipartite_matching(graph)
    pairs = right < m
    matched[0][tuple(a[rows[left[pairs]]].T)] = True
    matched[1][tuple(b[columns[right[pairs]]].T)] = True
    return matched


def f_measure(precision: np.ndarray, recall: np.ndarray) -> np.ndarray:
    """Return the harmonic mean; 0 where both are 0."""
    total = precision + recall
    return 2 * precision * recall / np.where(total == 0, 1, total)


def scores(pictures: Sequence[Counts], thresholds: np.ndarray = THRESHOLDS) -> dict[str, float]:
    """Return ods, its threshold, ois and ap of the counts of each picture."""
    whole = functools.reduce(operator.add, pictures)
    ods, threshold = best_f(whole, thresholds)
    best = [p.at(int(np.argmax(f_measure(p.precision, p.recall)))) for p in pictures]
    own = functools.reduce(operator.add, best)
    ois = float(f_measure(own.precision, own.recall)[0])
    return dict(ods=ods, threshold=threshold, ois=ois, ap=average_precision(whole))


def best_f(counts: Counts, thresholds: np.ndarray) -> tuple[float, float]:
    """Return the best F, between thresholds too, and where it is."""
    steps = np.linspace(0, 1, 100)

    def between(values):
        inner = values[:-1, None] * (1 - steps) + values[1:, None] * steps
        return np.concatenate([values[:1], inner.ravel()])

    f = f_measure(between(counts.precision), between(counts.recall))
    best = int(np.argmax(f))
    return float(f[best]), float(between(thresholds)[best])


def average_precision(counts: Counts) -> float:
    """Return the area under precision over recall; 0 beyond the recalls that occur."""
    recall, first = np.unique(counts.recall, return_index=True)
    if len(recall) < 2:
        return 0.0
    at = np.arange(101) / 100
    precision = np.interp(at, recall, counts.precision[first], left=0, right=0)
    return float(precision.sum() * 0.01)
