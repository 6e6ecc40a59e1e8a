"""HED: edges from the side of every stage of VGG16, and fused, as in the paper's figure 3.

    data ─ conv1_2 ─ pool1 ─ conv2_2 ─ pool2 ─ conv3_3 ─ pool3 ─ conv4_3 ─ pool4 ─ conv5_3
              │                 │                 │                 │                 │
          score-dsn1        score-dsn2        score-dsn3        score-dsn4        score-dsn5
              │                 │ x2              │ x4              │ x8              │ x16
              └─────────────────┴───── concat ─ new-score-weighting ┴─────────────────┘

Xie, Tu: "Holistically-Nested Edge Detection" (ICCV 2015). Layer names are the released model's;
five crops have one name there, and losses none. Its crops have no offsets written and find them
from the net's coordinates (the fork's crop_layer.cpp); here they are written down, so that BVLC's
Crop computes the same.
"""

from functools import partial

from caffe import layers as L
from caffe.coord_map import crop
from nets.blocks import learning, max_pool, named, stage

SIDES = (1, 2, 3, 4, 5)
FUSED = "upscore-fuse"


def hed(n, heads, fuse_rate=0.01, losses=False, loss="SigmoidCrossEntropyLoss"):
    """Draw the net over `n.data`: score maps `upscore-dsn1` ... `upscore-fuse` of its size.

    Parameters
    ----------
    heads : sequence of Head
        One; its labels are 1 on edges and 0 elsewhere.
    fuse_rate : float
        Learning rate multiplier of the fusion: 0.01 in the released deploy net, 0.001 in the
        one that trains.
    losses : bool
        True: six losses against `n.label`, class-balanced (paper, equation 2) in HED's own
        SigmoidCrossEntropyLoss. False: six edge probabilities, `sigmoid-dsn1` ... `sigmoid-fuse`.
    loss : str
        The loss's layer type. HED's own has the name of BVLC's, which balances nothing, and only
        the Caffe that reads it tells them apart; HEDSigmoidCrossEntropyLoss is HED's for certain.
    """
    (head,) = heads
    top, below = n.data, []
    for number in SIDES:
        conv5 = dict(param=learning(100)) if number == 5 else {}
        top = stage(n, top, number, first_pad=35, **conv5)
        below.append(top)
        if number < 5:
            top = n[f"pool{number}"] = max_pool(top)

    end = partial(cross_entropy, loss=loss) if losses else probability
    scores = []
    for number, bottom in zip(SIDES, below, strict=True):
        name = f"dsn{number}"
        scores.append(side_output(n, bottom, name, factor=2 ** (number - 1)))
        end(n, name, scores[-1], head)
    n["concat-upscore"] = L.Concat(*scores, name="concat")
    n[FUSED] = L.Convolution(
        n["concat-upscore"],
        name="new-score-weighting",
        num_output=1,
        kernel_size=1,
        weight_filler=dict(type="constant", value=1 / len(SIDES)),
        param=learning(fuse_rate),
    )
    end(n, "fuse", n[FUSED], head)
    return []  # no further loss is to be added


def side_output(n, bottom, name, factor):
    """Draw one side's score, upsampled by `factor` and cropped to the picture."""
    score, up = f"score-{name}", f"score-{name}-up"
    side = L.Convolution(bottom, name=score, num_output=1, kernel_size=1, param=learning(0.01))
    n[up if factor == 1 else score] = side
    if factor > 1:
        n[up] = L.Deconvolution(
            n[score],
            name=f"upsample_{factor}",
            convolution_param=dict(num_output=1, kernel_size=2 * factor, stride=factor),
            param=learning(0),
        )
    n[f"upscore-{name}"] = cropped = named(crop(n[up], n.data), "crop")
    return cropped


def probability(n, name, score, head):
    """End a side as the deploy net does."""
    n[f"sigmoid-{name}"] = L.Sigmoid(score)


def cross_entropy(n, name, score, head, loss):
    """End a side as the training net does."""
    n[f"{name}_loss"] = getattr(L, loss)(score, n[head.label], name="", loss_weight=1)
