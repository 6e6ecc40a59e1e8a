"""What SSD's layers refuse."""

import numpy as np
import pytest
from gradcheck import build
from ssdkit import multibox

from caffe._caffe.errors import LayerError

F = np.float32


@pytest.mark.parametrize(
    "text, bottoms, message",
    [
        ("Permute permute_param { order: 1 order: 1 }", [(1, 2, 3)], "names an axis twice"),
        ("Permute permute_param { order: 3 }", [(1, 2, 3)], "expected 0 to 2"),
        ("Normalize", [(4,)], "2 axes or more"),
        ("PriorBox", [(1, 1, 2, 2), (1, 3, 9, 9)], "needs a min_size"),
        ("PriorBox prior_box_param { min_size: 9 max_size: 5 }", [(1, 1, 2, 2), (1, 3, 9, 9)],
         "max_size 5 must be greater than min_size 9"),
        ("PriorBox prior_box_param { min_size: 9 variance: 1 variance: 1 }",
         [(1, 1, 2, 2), (1, 3, 9, 9)], "1 or 4 positive numbers"),
        ("PriorBox prior_box_param { min_size: 9 step: 2 step_h: 2 }",
         [(1, 1, 2, 2), (1, 3, 9, 9)], "takes step, or step_h and step_w"),
        ("MultiBoxLoss", [(1, 8), (1, 4), (1, 2, 8), (1, 1, 1, 8)], "needs num_classes"),
        ("MultiBoxLoss multibox_loss_param { num_classes: 2 }",
         [(1, 8), (1, 6), (1, 2, 8), (1, 1, 1, 8)], r"bottom 1 must be \(1, 4\) for 2 priors"),
        ("MultiBoxLoss multibox_loss_param { num_classes: 2 }",
         [(1, 2, 4), (1, 4), (1, 2, 8), (1, 1, 1, 8)], r"bottom 0 must be \(1, 8\) for 2 priors"),
        ("MultiBoxLoss multibox_loss_param { num_classes: 2 share_location: false }",
         [(1, 16), (1, 4), (1, 2, 8), (1, 1, 1, 8)], "mines only with share_location"),
        ("DetectionOutput detection_output_param { num_classes: 2 nms_param { eta: 0 } }",
         [(1, 8), (1, 4), (1, 2, 8)], "eta must be in"),
        ("DetectionOutput detection_output_param { num_classes: 2 }",
         [(1, 8), (1, 4), (1, 1, 8)], "PriorBox's"),
        ("DetectionEvaluate detection_evaluate_param { num_classes: 2 }",
         [(1, 1, 3, 6), (1, 1, 2, 8)], r"must be \(1, 1, K, 7\)"),
    ],
)  # fmt: skip
def test_refusals(text, bottoms, message):
    kind, _, rest = text.partition(" ")
    with pytest.raises(LayerError, match=message):
        build(f'type: "{kind}" {rest}', *bottoms)


@pytest.mark.parametrize("label", [0, 4, -2])
def test_a_wrong_label_in_the_truth_is_named(label):
    run = multibox("code_type: CENTER_SIZE")
    run.bottom[3].data[0, 0, 0, 1] = label
    with pytest.raises(LayerError, match=f"ground truth has label {label}; expected 0 to 3"):
        run.forward()


@pytest.mark.parametrize(
    "text, code",
    [
        ('type: "DetectionOutput" detection_output_param { num_classes: 2 code_type: %s }',
         "CENTER_SIZE"),
        ('type: "DetectionOutput" detection_output_param { num_classes: 2 code_type: %s }',
         "CORNER_SIZE"),
        ('type: "MultiBoxLoss" multibox_loss_param { num_classes: 2 mining_type: NONE '
         "use_prior_for_matching: false code_type: %s }", "CENTER_SIZE"),
    ],
)  # fmt: skip
def test_a_prior_without_width_cannot_be_decoded(text, code):
    prior = np.array([[[0.1, 0.1, 0.4, 0.4, 0.2, 0.2, 0.2, 0.9], [0.1] * 8]], F)
    bottoms = [np.zeros((1, 8), F), np.zeros((1, 4), F), prior]
    if "MultiBox" in text:
        bottoms.append(np.array([[[[0, 1, 0, 0.1, 0.1, 0.4, 0.4, 0]]]], F))
    with pytest.raises(LayerError, match="without width or height"):
        build(text % code, *bottoms).forward()
    run = build(text % "CORNER", *bottoms)  # divides by no size
    run.layer.run(run.bottom, run.top)
