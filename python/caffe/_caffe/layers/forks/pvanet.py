"""PVANet's layer that makes regions of a region proposal network's outputs (sanghoon/caffe)."""

import torch

from ...core import anchors
from ...core.layer import Layer, register


@register("Proposal")
class Proposal(Layer):
    """The best boxes of a region proposal network (proposal_layer.cpp, branch dev_pvanet).

    Bottoms: scores (1, 2 A, H, W), the second A of objects; predictions (1, 4 A, H, W) as
    (dx, dy, log dw, log dh) at A = ratios x scales anchors at each place, `feat_stride` pixels
    apart; the picture (1, 4): height, width, and the scales by which it was resized along them
    (what follows is not read).
    Tops: regions (R, 5), each (0, x1, y1, x2, y2); their scores (R), if asked for.

    Boxes are cut off at the picture's border; those narrower or lower than min_size, times the
    scales, get score 0. Of the pre_nms_topn best those go that overlap a better one by more than
    nms_thresh; the post_nms_topn best of the rest are the regions. Of equal scores the first
    comes first; the fork's order is not defined there. No gradient.
    """

    bottoms = (3, 3)
    tops = (1, 2)
    no_gradient = frozenset({0, 1, 2})
    backward = Layer.zero_backward

    def setup(self, scores, prediction, picture):
        param = self.settings = self.layer_param.proposal_param
        self.check(param.ratio and param.scale, "needs a ratio and a scale of its anchors")
        self.check(min(param.ratio) > 0 and min(param.scale) > 0, "ratio and scale must be > 0")
        self.check_positive(param, "post_nms_topn")
        self.anchors = anchors.make_anchors(
            param.base_size, param.ratio, param.scale, lambda x: (x + 0.5).floor()
        ).float()

    def reshape(self, scores, prediction, picture):
        count = len(self.anchors)
        if len(scores) != 4 or scores[:2] != (1, 2 * count):
            self.fail(
                f"takes scores of one picture and two for each of {count} anchors, "
                f"(1, {2 * count}, H, W), given {scores}"
            )
        wanted = (1, 4 * count, *scores[2:])
        self.check(prediction == wanted, f"bottom 1 must be {wanted}, given {prediction}")
        if len(picture) != 2 or picture[0] != 1 or picture[1] < 4:
            self.fail(
                f"bottom 2 must be (1, 4): height, width and both scales of the picture, given "
                f"{picture}"
            )
        most = self.settings.post_nms_topn  # how many are left is known after forward only
        return self.asked((most, 5), (most,))

    def forward(self, scores, prediction, picture):
        param, device = self.settings, scores.device
        count, (height, width) = len(self.anchors), scores.shape[2:]
        tall, wide, scale_h, scale_w = picture[0, :4].tolist()
        places = anchors.at_each_place(self.anchors, param.feat_stride, height, width)
        boxes = anchors.decode(places, anchors.rows(prediction.cpu(), 4))
        boxes = anchors.clip(boxes, tall, wide)
        least = boxes.new_tensor([scale_w, scale_h]) * param.min_size
        large = (boxes[:, 2:] - boxes[:, :2] + 1 >= least).all(1)
        score = anchors.rows(scores[:, count:].cpu(), 1)[:, 0] * large
        stay = anchors.best(boxes, score, param.pre_nms_topn, param.nms_thresh, param.post_nms_topn)
        regions = torch.cat([boxes.new_zeros(len(stay), 1), boxes[stay]], 1)
        return self.asked(regions.to(device), score[stay].to(device))
