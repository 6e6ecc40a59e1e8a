"""MultiBoxLoss of SSD (weiliu89/caffe, branch ssd: multibox_loss_layer.cpp, bbox_util.cpp)."""

from typing import NamedTuple

import numpy as np
import torch
from torch.nn import functional as F

from caffe.proto import caffe_pb2

from ...core import matching
from ...core.boxes import (
    area,
    check_predictions,
    check_sizes,
    decode,
    encode,
    priors_and_variances,
    suppress,
)
from ...core.layer import register
from ...core.loss_layer import FLT_MIN, Loss, normalization, normalizer
from ...core.smooth_l1 import smooth_l1, smooth_l1_slope

_PARAM = caffe_pb2.MultiBoxLossParameter


class Result(NamedTuple):
    """Both losses, their gradients by the predictions, and what they are divided by."""

    location: torch.Tensor
    confidence: torch.Tensor
    location_diff: torch.Tensor
    confidence_diff: torch.Tensor
    divisor: float


@register("MultiBoxLoss")
class MultiBoxLoss(Loss):
    """(loc_weight times the location loss + the confidence loss) / a divisor.

    Bottoms: locations (N, P 4), or (N, P classes 4) without share_location; confidences
    (N, P classes); priors (1, 2, P 4); ground truth (1, 1, G, 8), rows (picture, label, instance,
    xmin, ymin, xmax, ymax, difficult), picture -1 for none.

    Priors are matched to ground truth (core/matching.py). The location loss, smooth L1 or half the
    squares, is over matched priors; the confidence loss, softmax or logistic, over matched priors
    and mined negatives, with mining_type NONE over all. The divisor goes by
    loss_param.normalization: VALID (the default) the number of matches, BATCH_SIZE N, FULL N P.
    Write propagate_down: true, true, false, false, as SSD does: Caffe asks for gradients of
    priors and ground truth otherwise. A part whose propagate_down is false is left out.

    Kept from the fork: pictures without ground truth give no negatives when mining; with
    encode_variance_in_target the gradient is not divided by the variance; the logistic loss
    without mining writes the targets of picture i at place i P, not i P classes.
    """

    bottoms = (4, 4)
    no_gradient = frozenset({2, 3})

    def setup(self, location, confidence, prior, truth):
        param = self.settings = self.layer_param.multibox_loss_param
        self.check(param.num_classes > 0, "needs num_classes, background included")
        self.classes, self.background = param.num_classes, param.background_label_id
        self.mining = param.mining_type != _PARAM.NONE
        if param.HasField("do_neg_mining"):
            self.check(
                param.do_neg_mining == self.mining,
                f"do_neg_mining {param.do_neg_mining} contradicts mining_type; leave it out",
            )
        self.check(
            param.share_location or not self.mining, "mines only with share_location; set NONE"
        )
        self.check(
            self.background < self.classes,
            f"background_label_id {self.background} must be below num_classes {self.classes}",
        )
        self.check(
            param.mining_type != _PARAM.HARD_EXAMPLE or param.sample_size > 0,
            f"needs sample_size > 0, given {param.sample_size}",
        )
        self.check(
            not param.map_object_to_agnostic or (self.classes, self.background) == (2, 0),
            "map_object_to_agnostic needs num_classes 2 and background_label_id 0, given "
            f"{self.classes} and {self.background}",
        )
        self.mode = normalization(self.layer_param.loss_param, caffe_pb2.LossParameter.VALID)
        self.sets = 1 if param.share_location else self.classes  # of locations
        self.objects = [c for c in range(self.classes) if c != self.background]

    def reshape(self, location, confidence, prior, truth):
        shared = self.settings.share_location
        check_predictions(self, location, confidence, prior, self.classes, shared)
        rows = len(truth) == 4 and truth[:2] == (1, 1) and truth[3] == 8
        self.check(rows, f"bottom 3 must be (1, 1, G, 8), given {truth}")
        return [()]

    def forward(self, location, confidence, prior, truth):
        result = self.save_for_backward(self._evaluate(location, confidence, prior, truth))
        wanted = list(self.layer_param.propagate_down)[:2] or [True, True]
        parts = (self.settings.loc_weight * result.location, result.confidence)
        total = sum(p / result.divisor for p, want in zip(parts, wanted, strict=True) if want)
        return location.new_zeros(()) + total

    def _evaluate(self, location, confidence, prior, truth) -> Result:
        num = len(location)
        location = location.reshape(num, -1, self.sets, 4)
        confidence = confidence.reshape(num, -1, self.classes)
        priors = priors_and_variances(prior)
        on_host = [p.cpu() for p in priors]
        if not (on_host[1] > 0).all():
            self.fail("bottom 2 has a variance that is not positive")
        truths = matching.read_truth(self, truth, num, self.settings)
        matches = [self._match(t, location[i], on_host) if t else {} for i, t in enumerate(truths)]
        negatives = [np.empty(0, int)] * num
        if self.mining:
            matches, negatives = self._mine(location, confidence, priors, on_host, truths, matches)
        place, label, boxes = matching.positives(matches, truths, self.settings, location.device)
        valid, fixed = torch.tensor(len(label)), self.layer_param.loss_param.pre_fixed_normalizer
        divisor = float(normalizer(self.mode, num, location.shape[1], valid, fixed))
        located = self._location(location, priors, place, boxes)
        sure = self._confidence(confidence, place, label, negatives)
        return Result(located[0], sure[0], located[1], sure[1], divisor)

    def _match(self, truth, location, priors) -> dict[int, matching.Match]:
        """The matches of one picture for each set of locations (one if they are shared)."""
        param = self.settings
        if param.use_prior_for_matching:
            match = matching.match_boxes(truth.boxes, priors[0], param)
            if param.share_location:
                return {0: match}
            labels = np.append(truth.labels.numpy(), [-1, -1])  # of those outside and unmatched
            return {
                c: matching.Match(
                    np.where(labels[match.found] == c, match.found, -1), match.overlap
                )
                for c in self.objects
            }
        boxes = self._decode(location.cpu(), priors)
        if param.share_location:
            return {0: matching.match_boxes(truth.boxes, boxes[:, 0], param)}
        found = {}
        for c in self.objects:
            some = torch.nonzero(truth.labels == c).flatten()
            match = matching.match_boxes(truth.boxes[some], boxes[:, c], param)
            # What is found at -2 and -1, too.
            number = np.append(some.numpy(), [matching.OUTSIDE, matching.UNMATCHED])
            found[c] = matching.Match(number[match.found], match.overlap)
        return found

    def _decode(self, location, priors):
        """Decode locations (P, sets, 4)."""
        param = self.settings
        check_sizes(self, priors[0], param.code_type)
        coding = param.code_type, param.encode_variance_in_target
        boxes = decode(location.transpose(0, 1), priors[0], priors[1], *coding)
        return boxes.transpose(0, 1)

    def _mine(self, location, confidence, priors, on_host, truths, matches):
        """Matches and negatives of each picture after mining."""
        param, num = self.settings, len(truths)
        label = torch.full(confidence.shape[:2], self.background, device=confidence.device)
        place, of_match, boxes = matching.positives(matches, truths, self.settings, location.device)
        label.view(-1)[place[:, 0]] = of_match
        loss = self._confidence_loss(confidence, label)
        if param.mining_type == _PARAM.HARD_EXAMPLE and len(place):
            d = self._location_difference(location, priors, place, boxes)
            squares = param.loc_loss_type == _PARAM.L2
            each = 0.5 * d.square() if squares else smooth_l1(d)
            loss = loss.reshape(-1).index_add(0, place[:, 0], each.sum(1)).view(loss.shape)
        loss = loss.cpu().numpy()
        mined, negatives = [{} for _ in range(num)], [np.empty(0, int)] * num
        for i, found in enumerate(matches):
            for c, match in found.items():
                suppressor = self._suppressor(location[i, :, c], on_host)
                index, negatives[i] = matching.mine(match, loss[i], param, suppressor)
                mined[i][c] = matching.Match(index, match.overlap)
        return mined, negatives

    def _suppressor(self, location, priors):
        """Suppresses overlapping boxes before mining (ApplyNMS), where nms_param asks for it."""
        param = self.settings
        if not (param.HasField("nms_param") and param.nms_param.nms_threshold > 0):
            return None
        boxes = priors[0]
        if not param.use_prior_for_nms:
            boxes = self._decode(location.cpu().unsqueeze(1), priors)[:, 0]

        def stay(order):
            top_k = param.nms_param.top_k
            order = order[:top_k] if top_k > -1 else order
            order = order[(area(boxes[order]) >= 1e-5).numpy()]  # the fork drops tiny boxes
            return order[suppress(boxes[order], param.nms_param.nms_threshold)]

        return stay

    def _location_difference(self, location, priors, place, boxes):
        """Prediction - target at each match (M, 4); 0 where bp_inside stops the gradient."""
        param, count = self.settings, location.shape[1]
        prior, variance = (p[place[:, 0] % count] for p in priors)
        predicted = location.reshape(-1, self.sets, 4)[place[:, 0], place[:, 1]]
        coding = param.code_type, param.encode_variance_in_target
        d = predicted - encode(boxes, prior, variance, *coding)
        if param.bp_inside:
            if not param.use_prior_for_matching:
                prior = decode(predicted, prior, variance, *coding)
            d = d * ((prior >= 0) & (prior <= 1))
        return d / variance if param.encode_variance_in_target else d

    def _location(self, location, priors, place, boxes):
        """The location loss, and its gradient (N, P, sets, 4)."""
        d = self._location_difference(location, priors, place, boxes)
        squares = self.settings.loc_loss_type == _PARAM.L2
        loss = 0.5 * d.square().sum() if squares else smooth_l1(d).sum()
        slope = d if squares else smooth_l1_slope(d)
        diff = torch.zeros_like(location)
        diff.view(-1, self.sets, 4)[place[:, 0], place[:, 1]] = slope * self.settings.loc_weight
        return loss, diff

    def _confidence_loss(self, score, label):
        """The loss of each row of scores (..., classes) for a label each."""
        if self.settings.conf_loss_type == _PARAM.SOFTMAX:
            chosen = score.softmax(-1).gather(-1, label.unsqueeze(-1)).squeeze(-1)
            return -chosen.clamp(min=FLT_MIN).log()
        target = F.one_hot(label, self.classes).to(score.dtype)
        return F.binary_cross_entropy_with_logits(score, target, reduction="none").sum(-1)

    def _confidence(self, confidence, place, label, negatives):
        """The confidence loss, and its gradient (N, P, classes)."""
        count, rows = confidence.shape[1], confidence.reshape(-1, self.classes)
        if self.mining:
            places = [n + i * count for i, n in enumerate(negatives)]
            none = torch.from_numpy(np.concatenate(places)).to(rows.device)
            chosen = torch.cat([place[:, 0], none])
            labels = F.pad(label, (0, len(none)), value=self.background)
        else:
            chosen = torch.arange(len(rows), device=rows.device)
            labels = torch.full_like(chosen, self.background)
            labels[place[:, 0]] = label
        score = rows[chosen]
        if self.settings.conf_loss_type == _PARAM.SOFTMAX:
            loss = self._confidence_loss(score, labels).sum()
            slope = score.softmax(1) - F.one_hot(labels, self.classes)
        else:
            target = self._logistic_target(labels, place, label, count)
            loss = F.binary_cross_entropy_with_logits(score, target, reduction="sum")
            slope = score.sigmoid() - target
        diff = torch.zeros_like(rows)
        diff[chosen] = slope
        return loss, diff.view(confidence.shape)

    def _logistic_target(self, labels, place, label, count):
        # The fork fills the targets with background_label_id before it sets single ones to 1.
        shape = len(labels), self.classes
        target = torch.full(shape, float(self.background), device=labels.device)
        if self.mining:
            return target.scatter_(1, labels.unsqueeze(1), 1)
        picture, prior = place[:, 0] // count, place[:, 0] % count
        target.view(-1)[picture * count + prior * self.classes + label] = 1
        return target

    def backward(self, propagate_down, bottom, top, top_diff):
        """The gradients found in forward, times the loss weight over the divisor."""
        self.check_down(propagate_down)
        result = self.saved or self._evaluate(*bottom)
        factor = top_diff[0] / result.divisor
        diffs = (result.location_diff, result.confidence_diff)
        found = [(d * factor).view(b.shape) for d, b in zip(diffs, bottom, strict=False)]
        return [*found, None, None]
