"""SSD's MultiBoxLoss box by box, as bbox_util.cpp and multibox_loss_layer.cpp go through them."""

import numpy as np
from ssdkit import iou

from caffe.proto import caffe_pb2

F = np.float32
CODE, P = caffe_pb2.PriorBoxParameter, caffe_pb2.MultiBoxLossParameter


def size(box):
    return max(box[2] - box[0], 0) * max(box[3] - box[1], 0)


def coded(box, prior, variance, p):
    sides = np.array([prior[2] - prior[0], prior[3] - prior[1]])
    if p.code_type == CODE.CENTER_SIZE:
        middle = [(box[i] + box[i + 2] - prior[i] - prior[i + 2]) / 2 / sides[i] for i in (0, 1)]
        code = np.array([*middle, *np.log((box[2:] - box[:2]) / sides)])
    else:
        code = (box - prior) / (1 if p.code_type == CODE.CORNER else np.tile(sides, 2))
    return code if p.encode_variance_in_target else code / variance


def decoded(code, prior, variance, p):
    code = code if p.encode_variance_in_target else code * variance
    sides = np.array([prior[2] - prior[0], prior[3] - prior[1]])
    if p.code_type == CODE.CENTER_SIZE:
        middle = code[:2] * sides + (prior[:2] + prior[2:]) / 2
        return np.array([*(middle - np.exp(code[2:]) * sides / 2),
                         *(middle + np.exp(code[2:]) * sides / 2)])  # fmt: skip
    return prior + code * (1 if p.code_type == CODE.CORNER else np.tile(sides, 2))


def matched(truth, boxes, p):
    """MatchBBox: the truth of each box (-1 none, -2 outside), and its overlap."""
    found, best = [-1] * len(boxes), [0.0] * len(boxes)
    if not truth:
        return found, best
    shares = {}
    for i, box in enumerate(boxes):
        if p.ignore_cross_boundary_bbox and ((box < 0) | (box > 1)).any():
            found[i] = -2
            continue
        for j, other in enumerate(truth):
            if iou(box, other) > 1e-6:
                shares[i, j] = iou(box, other)
                best[i] = max(best[i], shares[i, j])
    pool = set(range(len(truth)))
    while pool:
        free = [(s, ij) for ij, s in shares.items() if found[ij[0]] == -1 and ij[1] in pool]
        if not free:
            break
        share, (i, j) = max(free, key=lambda f: f[0])
        found[i], best[i] = j, share
        pool.remove(j)
    if p.match_type == P.PER_PREDICTION:
        for i in range(len(boxes)):
            mine = [(shares[i, j], j) for j in range(len(truth)) if (i, j) in shares]
            mine = [m for m in mine if m[0] >= p.overlap_threshold]
            if found[i] == -1 and mine:
                best[i], found[i] = max(mine, key=lambda m: m[0])
    return found, best


def kept(boxes, order, p):
    """ApplyNMS: the boxes of `order`, best first, that stay."""
    top_k = p.nms_param.top_k
    order = [b for b in (order[:top_k] if top_k > -1 else order) if size(boxes[b]) >= 1e-5]
    stay = []
    while order:
        stay.append(order.pop(0))
        order = [b for b in order if iou(boxes[stay[-1]], boxes[b]) <= p.nms_param.nms_threshold]
    return stay


def smooth(d):
    return np.where(abs(d) < 1, 0.5 * d * d, abs(d) - 0.5)


def sure(score, target):
    """Sigmoid cross entropy."""
    return (np.log1p(np.exp(-abs(score))) + np.maximum(score, 0) - score * target).sum()


class SlowMultiBox:
    """The loss, and its gradients by locations and confidences, in float64.

    After the call of `run`: loss, dloc (N, P, sets, 4), dconf (N, P, classes).
    """

    def __init__(self, location, confidence, prior, truth, p):
        self.p, self.none, num = p, p.background_label_id, len(location)
        self.boxes, self.variances = prior[0].reshape(2, -1, 4).astype(np.float64)
        self.count, self.sets = len(self.boxes), 1 if p.share_location else p.num_classes
        self.location = location.reshape(num, self.count, self.sets, 4).astype(np.float64)
        self.confidence = confidence.reshape(num, self.count, -1).astype(np.float64)
        rows = [r for r in truth.reshape(-1, 8) if int(r[0]) != -1]
        rows = [r for r in rows if p.use_difficult_gt or not r[7]]
        self.of = [[int(r[1]) for r in rows if int(r[0]) == i] for i in range(num)]
        self.real = [[r[3:7].astype(np.float64) for r in rows if int(r[0]) == i]
                     for i in range(num)]  # fmt: skip
        self.mining = p.mining_type != P.NONE
        self.logistic = p.conf_loss_type == P.LOGISTIC
        self.labels = np.full((num, self.count), self.none)
        # LOGISTIC's targets without mining.
        self.filled = np.full(num * self.count * p.num_classes, float(self.none))
        self.negatives, self.matches, self.loss = [], 0, 0.0
        self.dloc, self.dconf = np.zeros_like(self.location), np.zeros_like(self.confidence)

    def run(self, normalization):
        for i in range(len(self.location)):
            if self.of[i]:
                self._picture(i)
        self._confidences()
        divisor = {"VALID": self.matches, "BATCH_SIZE": len(self.location), "NONE": 1,
                   "FULL": len(self.location) * self.count}[normalization]  # fmt: skip
        self.loss, self.dloc, self.dconf = (
            x / max(divisor, 1) for x in (self.loss, self.dloc, self.dconf)
        )
        return self

    def _decoded(self, i, c):
        return [decoded(self.location[i, j, c], self.boxes[j], self.variances[j], self.p)
                for j in range(self.count)]  # fmt: skip

    def _matches(self, i, c):
        p, of, real = self.p, self.of[i], self.real[i]
        if p.use_prior_for_matching:
            index, best = matched(real, self.boxes, p)
            if not p.share_location:
                index = [t if t > -1 and of[t] == c else -1 for t in index]
            return index, best
        some = [t for t in range(len(of)) if p.share_location or of[t] == c]
        index, best = matched([real[t] for t in some], self._decoded(i, c), p)
        return [some[t] if t > -1 else t for t in index], best

    def _difference(self, i, j, c, t):
        p, code, prior = self.p, self.location[i, j, c], (self.boxes[j], self.variances[j])
        d = code - coded(self.real[i][t], *prior, p)
        if p.bp_inside:
            at = self.boxes[j] if p.use_prior_for_matching else decoded(code, *prior, p)
            d = np.where((at < 0) | (at > 1), 0, d)
        return d / self.variances[j] if p.encode_variance_in_target else d

    def _location_loss(self, d):
        return (0.5 * d * d if self.p.loc_loss_type == P.L2 else smooth(d)).sum()

    def _row_loss(self, score, label):
        if self.logistic:
            return sure(score, np.arange(len(score)) == label)
        return np.log(np.exp(score - score.max()).sum()) + score.max() - score[label]

    def _mine(self, i, index, best):
        p, hard = self.p, self.p.mining_type == P.HARD_EXAMPLE
        loss = []
        for j, t in enumerate(index):
            loss.append(
                self._row_loss(self.confidence[i, j], self.of[i][t] if t > -1 else self.none)
            )
            if hard and t > -1:
                loss[-1] += self._location_loss(self._difference(i, j, 0, t))
        if hard:
            open_, wanted = range(self.count), p.sample_size
        else:
            open_ = [j for j in range(self.count) if index[j] == -1 and best[j] < p.neg_overlap]
            wanted = int(F(sum(t > -1 for t in index)) * F(p.neg_pos_ratio))
        order = sorted(open_, key=lambda j: -loss[j])
        if p.HasField("nms_param") and p.nms_param.nms_threshold > 0:
            order = kept(self.boxes if p.use_prior_for_nms else self._decoded(i, 0), order, p)
        chosen = set(order[:wanted])
        self.negatives += [(i, j) for j in chosen if index[j] == -1]
        return [-1 if hard and t > -1 and j not in chosen else t for j, t in enumerate(index)]

    def _picture(self, i):
        for c in range(self.sets):
            if not self.p.share_location and c == self.none:
                continue
            index, best = self._matches(i, c)
            if self.mining:
                index = self._mine(i, index, best)
            for j, t in enumerate(index):
                if t > -1:
                    self._learn(i, j, c, t)

    def _learn(self, i, j, c, t):
        self.matches += 1
        d = self._difference(i, j, c, t)
        self.loss += self.p.loc_weight * self._location_loss(d)
        slope = d if self.p.loc_loss_type == P.L2 else np.clip(d, -1, 1)
        self.dloc[i, j, c] = self.p.loc_weight * slope
        label = self.none + 1 if self.p.map_object_to_agnostic else self.of[i][t]
        self.labels[i, j] = label
        self.filled[i * self.count + j * self.p.num_classes + label] = 1

    def _confidences(self):
        chosen = list(np.ndindex(self.labels.shape))
        if self.mining:
            chosen = [*self.negatives, *zip(*np.nonzero(self.labels != self.none), strict=True)]
        for i, j in chosen:
            score, label = self.confidence[i, j], self.labels[i, j]
            right = np.arange(len(score)) == label
            if self.logistic:
                target = np.where(right, 1, self.none)
                if not self.mining:
                    target = self.filled.reshape(self.confidence.shape)[i, j]
                self.loss += sure(score, target)
                self.dconf[i, j] = 1 / (1 + np.exp(-score)) - target
            else:
                self.loss += self._row_loss(score, label)
                e = np.exp(score - score.max())
                self.dconf[i, j] = e / e.sum() - right
