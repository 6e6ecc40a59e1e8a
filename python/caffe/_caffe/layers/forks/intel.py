"""Intel Caffe's judge of YOLO v2's boxes (intel/caffe): EvalDetection."""

import numpy as np
import torch

from ...core.boxes import suppress
from ...core.layer import Layer, register
from ...core.yolo_boxes import boxes_of, check_map, overlap, pairs, suppress_at

BOXES = 5  # that the fork looks at in each place
LEAST = 0.005  # score of a box that counts


@register("EvalDetection")
class EvalDetection(Layer):
    """Holds the boxes of a map against the truth (eval_detection_layer.cpp).

    Bottoms: map (N, B (5 + K), S, S), S the `side`, B num_object, 5; truth (1, 1, G, 8) as SSD's
    AnnotatedData gives it, labels from 1; a third bottom is not read. biases are anchors in places.
    Top (N, K + B S S 4): for each class how many true boxes there are, then for each box that is
    left (label, score, true, false), class by class, best first, and zeros.

    A box is of its best class; its score is objectness, the class's probability or their product
    (score_type). Of all boxes, whatever their class, those go that overlap a better one by `nms` or
    more; without nms (below 0) there are none, as in the fork. The best true box of its class that
    a box overlaps by `threshold` or more makes it true the first time, then false; a box that
    overlaps less of a class which the picture has is neither, as in the fork.
    """

    bottoms = (2, 3)
    no_gradient = frozenset({0, 1, 2})
    backward = Layer.refuse_backward

    def setup(self, x, truth, *data):
        param = self.settings = self.layer_param.eval_detection_param
        self.check(param.num_object == BOXES, f"num_object must be 5, given {param.num_object}")
        self.anchors = pairs(self, param.biases, "biases", BOXES)[:BOXES]

    def reshape(self, x, truth, *data):
        param = self.settings
        check_map(self, x, BOXES, param.num_class)
        self.check(x[2:] == (param.side,) * 2, f"side is {param.side}, bottom 0 has shape {x}")
        self.check(truth[-1:] == (8,), f"bottom 1 must be (1, 1, G, 8), given {truth}")
        return [(x[0], param.num_class + param.side**2 * BOXES * 4)]

    def forward(self, x, truth, *data):
        param = self.settings
        values = x.unflatten(1, (BOXES, -1)).cpu()
        boxes = boxes_of(values[:, :, :2].sigmoid(), values[:, :, 2:4], self.anchors / param.side)
        boxes = boxes.permute(0, 2, 3, 1, 4)  # in the fork's order: place, box
        best, label = values[:, :, 5:].softmax(2).max(2)
        sure = values[:, :, 4].sigmoid()
        score = {param.OBJ: sure, param.PROB: best}.get(param.score_type, sure * best)
        label, score = (v.permute(0, 2, 3, 1).flatten(1) for v in (label, score))
        rows = truth.reshape(-1, 8).cpu()
        top = torch.zeros((len(x), param.num_class + boxes[0, ..., 0].numel() * 4))
        for i in range(len(x)):
            real = rows[rows[:, 0].long() == i]
            found = self._picture(boxes[i].flatten(0, 2), label[i], score[i], real)
            counts = torch.bincount(self._labels(real), minlength=param.num_class)
            row = torch.cat([counts, torch.tensor(found).flatten()])
            top[i, : len(row)] = row
        return top.to(x)

    def _labels(self, rows):
        labels, classes = rows[:, 1].long() - 1, self.settings.num_class
        if not ((labels >= 0) & (labels < classes)).all():
            self.fail(f"truth has labels {(labels + 1).tolist()}, expected 1 to {classes}")
        return labels

    def _picture(self, boxes, label, score, real) -> list[list[float]]:
        param = self.settings
        if param.nms < 0:
            return []
        order = score.argsort(descending=True, stable=True)
        most = suppress_at(param.nms)
        stay = suppress(boxes[order], most, overlap=lambda a, b: overlap(a[:, None], b))
        stay = order[stay]
        stay = stay[score[stay] >= LEAST]
        stay = stay[label[stay].argsort(stable=True)]
        low, high, labels = real[:, 3:5], real[:, 5:7], self._labels(real)
        real = torch.cat([(low + high) / 2, high - low], 1)
        rows, taken = [], set()
        for at in stay.tolist():
            mine = torch.nonzero(labels == label[at]).flatten()
            verdict = [0, 1]
            if len(mine):
                shares = overlap(boxes[at], real[mine])
                first = int(mine[shares.argmax()])
                if shares.max() < np.float32(param.threshold):
                    verdict = [0, 0]
                elif first not in taken:
                    verdict = [1, 0]
                    taken.add(first)
            rows.append([float(label[at]), float(score[at]), *verdict])
        return rows
