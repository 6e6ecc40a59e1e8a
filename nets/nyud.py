"""The NYUDv2 nets that look at more than colour (paper, section 5, NYUDv2)."""

from caffe import layers as L
from caffe.coord_map import crop
from nets.blocks import add, score, upsample
from nets.fcn import fcn, final_name, trunk


def color_depth(n, heads):
    """Early fusion: BGR and log-depth stacked into four channels.

    The first convolution has a name of its own, `conv1_1_bgrd`: its depth filter has no
    counterpart in VGG16 and starts as the mean of the three colour filters.
    """
    n.data = L.Concat(n.color, n.depth)
    fcn(n, heads, first="conv1_1_bgrd")


def color_hha(n, heads):
    """Late fusion: one whole net for colour, one for HHA, the mean of their scores upsampled."""
    (head,) = heads
    for modality in ("color", "hha"):
        trunk(n, n[modality], suffix=modality)
        n["score_fr" + modality] = score(n["drop7" + modality], head.classes)
    n.score_fused = add(n.score_frcolor, n.score_frhha, coeff=[0.5, 0.5])
    n[final_name(32)] = upsample(n.score_fused, head.classes, 64, 32)
    n.score = crop(n.upscore, n.color)
