"""CRF-RNN: FCN-8s whose scores a dense CRF refines, itself a recurrent layer that learns.

    data ─── FCN-8s ─── unary ─┬─────────── MultiStageMeanfield ─── pred
      │                        └─ Q0 ────────────┘ │
      └────────────────────────────────────────────┘

Zheng, Jayasumana, Romera-Paredes, Vineet, Su, Du, Huang, Torr: "Conditional Random Fields as
Recurrent Neural Networks" (ICCV 2015, figure 3). Each iteration is a mean-field step (figure 2);
the layer learns the weights of its two kernels and the compatibility of the classes.
"""

from caffe import layers as L
from caffe import params as P
from caffe.coord_map import crop
from nets.blocks import LEARN, add, named, score
from nets.fcn import fcn, trunk

RATES = (10000, 10000, 1000)  # released: for a loss summed over pixels, whose base_lr is 1e-13
SPATIAL_WEIGHT, BILATERAL_WEIGHT = 3, 5  # of every class, at first (released `spatial.par` ...)


def crfrnn(n, heads, iterations=10):
    """Draw FCN-8s and the CRF over `n.data`; all but the CRF has the names of `voc-fcn8s`.

    Parameters
    ----------
    iterations : int
        Mean-field steps: 5 to train, 10 to test (paper, section 6).
    """
    (head,) = heads
    fcn(n, heads, stride=8)
    meanfield(n, n.score, n.data, iterations, classes=head.classes)


def released(n, heads):
    """Draw the net that the authors released, with its layer names.

    It differs from FCN-8s in more than names: the first two upsamplings learn, and the first has a
    bias. Three crops and two sums have one name there. Its crops have no offsets written and find
    them from the net's coordinates (the fork's crop_layer.cpp); here they are written down, so that
    BVLC's Crop computes the same.
    """
    (head,) = heads
    classes = head.classes
    trunk(n, n.data)
    n.score = L.Convolution(
        n.drop7, name="score-fr", num_output=classes, kernel_size=1, param=LEARN
    )
    n.score2 = L.Deconvolution(
        n.score,
        convolution_param=dict(
            num_output=classes, kernel_size=4, stride=2, weight_filler=dict(type="bilinear")
        ),
        param=[dict(lr_mult=1)],
    )
    n["score-pool4"] = score(n.pool4, classes)
    n["score-pool4c"] = named(crop(n["score-pool4"], n.score2), "crop")
    n["score-fused"] = add(n.score2, n["score-pool4c"], name="fuse")
    fields = dict(num_output=classes, bias_term=False)
    n.score4 = L.Deconvolution(
        n["score-fused"],
        convolution_param=dict(kernel_size=4, stride=2, **fields),
        param=[dict(lr_mult=1, decay_mult=1)],
    )
    n["score-pool3"] = score(n.pool3, classes)
    n["score-pool3c"] = named(crop(n["score-pool3"], n.score4), "crop")
    n["score-final"] = add(n.score4, n["score-pool3c"], name="fuse")
    n.bigscore = L.Deconvolution(
        n["score-final"],
        name="upsample",
        convolution_param=dict(kernel_size=16, stride=8, **fields),
        param=[dict(lr_mult=0)],
    )
    n.coarse = named(crop(n.bigscore, n.data), "crop")
    meanfield(n, n.coarse, n.data, iterations=10)


def meanfield(n, unary, data, iterations, classes=None, rates=RATES):
    """Draw the CRF over full-size scores; its top is `pred`.

    Parameters
    ----------
    unary, data : Top
        Scores and picture of one size; the picture is as it enters the net.
    iterations : int
    classes : int, optional
        Writes the kernels' first weights into the net, for so many classes. Without it the layer
        reads them from the files `spatial.par` and `bilateral.par`, as the released one does.
    rates : tuple of float
        Learning rate multipliers of the two kernels and of the compatibility.
    """
    n.unary, n.Q0 = L.Split(unary, ntop=2, name="splitting")
    weights = {}
    if classes is not None:
        weights = dict(
            spatial_filter_weights_str=" ".join([str(SPATIAL_WEIGHT)] * classes),
            bilateral_filter_weights_str=" ".join([str(BILATERAL_WEIGHT)] * classes),
        )
    n.pred = L.MultiStageMeanfield(
        n.unary,
        n.Q0,
        data,
        name="inference1",
        num_iterations=iterations,
        compatibility_mode=P.MultiStageMeanfield.POTTS,
        threshold=2,
        theta_alpha=160,
        theta_beta=3,
        theta_gamma=3,
        spatial_filter_weight=SPATIAL_WEIGHT,
        bilateral_filter_weight=BILATERAL_WEIGHT,
        param=[dict(lr_mult=rate) for rate in rates],
        **weights,
    )
