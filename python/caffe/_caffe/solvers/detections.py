"""Mean average precision of a test net's detections, as SSD's solver reports it.

Source: solver.cpp (TestDetection) and bbox_util.cpp (ComputeAP) of weiliu89/caffe, branch ssd.
"""

from collections.abc import Iterator

import numpy as np

from ...proto import caffe_pb2
from ..errors import SolverError
from ..graph.net import Net
from ..log import warning
from .outputs import Means, output_values


def eleven_points(precision: np.ndarray, recall: np.ndarray) -> float:
    """PASCAL VOC 2007: the mean, over recalls 0, 0.1 to 1, of the best precision from there on."""
    # In double, as in the fork: the float32 recall 0.7 does not reach 0.7.
    reached = recall.astype(np.float64)[:, None] >= np.arange(11) / 10.0
    return float(np.where(reached, precision[:, None], 0).max(0).mean())


def max_integral(precision: np.ndarray, recall: np.ndarray) -> float:
    """VOC 2012 and ILSVRC: the area under the best precision from each recall on."""
    return integral(np.maximum.accumulate(precision[::-1])[::-1], recall)


def integral(precision: np.ndarray, recall: np.ndarray) -> float:
    return float(precision @ np.diff(recall, prepend=0))


VERSIONS = {"11point": eleven_points, "MaxIntegral": max_integral, "Integral": integral}


def average_precision(
    scores: np.ndarray, hits: np.ndarray, positives: int, version: str = "Integral"
) -> float:
    """Return the average precision of one class of which there are so many positives to be found.

    `scores` and `hits` (K,) are of the detections; a hit is 1 where one is right, 0 where it is
    wrong. `version` is a key of VERSIONS.
    """
    if not len(scores) or not positives:
        return 0.0
    right = np.cumsum(hits[np.argsort(-scores, kind="stable")])
    precision = (right / np.arange(1, len(right) + 1)).astype(np.float32)
    return VERSIONS[version](precision, (right / positives).astype(np.float32))


class AveragePrecisions:
    """What a test says of its passes with `eval_type: "detection"`.

    Every output of the net must be DetectionEvaluate's: (1, 1, K, 5), rows (-1, label, number of
    ground truths, -1, -1) and (picture, label, score, true, false); rows that are neither true nor
    false do not count. An output's figure is the mean over its labels of the average precision by
    `ap_version`; `show_per_class_result` shows each. A label for which
    nothing was detected counts as 0 and is not shown.
    """

    def __init__(self, net: Net, param: caffe_pb2.SolverParameter):
        self.net, self.param = net, param
        self.rows: list[list[np.ndarray]] = [[] for _ in net.output_blobs]

    def add(self) -> None:
        outputs = zip(self.rows, self.net.output_blobs, output_values(self.net), strict=True)
        for found, (name, _, _), values in outputs:
            if values.shape[-1:] != (5,):
                raise SolverError(
                    "eval_type: detection takes DetectionEvaluate's outputs, (1, 1, K, 5); "
                    f"test net output '{name}' has shape {values.shape}"
                )
            found.append(values.reshape(-1, 5))

    def lines(self) -> Iterator[str]:
        outputs = zip(self.net.output_blobs, self.rows, strict=True)
        for number, ((name, _, _), found) in enumerate(outputs):
            if not found:  # test_iter: 0
                continue
            precisions = []
            for label, precision in self._by_label(np.concatenate(found)):
                precisions.append(precision or 0.0)
                if self.param.show_per_class_result and precision is not None:
                    yield f"class{label}: {precision:g}"
            mean = float(np.mean(precisions)) if precisions else np.nan
            yield f"    Test net output #{number}: {name} = {mean:g}"

    def _by_label(self, rows: np.ndarray) -> Iterator[tuple[int, float | None]]:
        """Yield labels and their average precisions, None where nothing was detected."""
        counts, judged = rows[rows[:, 0] == -1], rows[rows[:, 0] != -1]
        judged = judged[judged[:, 3:].any(1)]
        for label in np.unique(counts[:, 1]).astype(int).tolist():
            positives = int(counts[counts[:, 1] == label, 2].sum())
            mine = judged[judged[:, 1] == label]
            if len(mine):
                version = self.param.ap_version
                yield label, average_precision(mine[:, 2], mine[:, 3], positives, version)
            else:
                warning(f"Missing true_pos for label: {label}", src="solver.cpp:518")
                yield label, None


def make_scores(net: Net, param: caffe_pb2.SolverParameter) -> Means | AveragePrecisions:
    """Return what sums up the passes of a test, by `eval_type`."""
    return AveragePrecisions(net, param) if param.eval_type == "detection" else Means(net)
