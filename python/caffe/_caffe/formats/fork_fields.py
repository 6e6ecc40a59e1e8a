"""What Caffe's forks add to prototxt, and what their files leave for a script to fill in.

A fork is a changed copy of Caffe; its nets carry fields that BVLC Caffe refuses.  Where such a
field is another spelling of BVLC's, `translate` rewrites it; for the rest `origin` says where
it comes from, so that an error can.
"""

import re

from ..errors import FormatError

# fork -> message -> fields it adds.  Field numbers collide between forks, names rarely do.
_FORKS: dict[str, dict[str, str]] = {
    "DeepLab v1": {
        "ConvolutionParameter": "hole hole_h hole_w",
        "V1LayerParameter": "strict_dim softmaxloss_param interp_param seg_accuracy_param "
        "padding_param mat_write_param mat_read_param dense_crf_param bias_channel_param "
        "unique_label_param adaptive_bias_channel_param",
        "V1LayerParameter.LayerType": "IMAGE_SEG_DATA SEG_ACCURACY INTERP PADDING MAT_WRITE "
        "MAT_READ DENSE_CRF BIAS_CHANNEL UNIQUE_LABEL ADAPTIVE_BIAS_CHANNEL",
        "ImageDataParameter": "ignore_label label_type",
        "TransformationParameter": "scale_factors crop_width crop_height",
    },
    "DeepLab v2": {
        "LayerParameter": "interp_param seg_accuracy_param mat_write_param mat_read_param "
        "dense_crf_param domain_transform_param adaptive_bias_channel_param bias_channel_param "
        "unique_label_param",
        "ImageDataParameter": "ignore_label label_type",
        "TransformationParameter": "scale_factors crop_width crop_height",
        "BatchNormParameter": "update_global_stats",
    },
    "PSPNet": {
        "LayerParameter": "bn_param interp_param seg_accuracy_param mat_write_param",
        "TransformationParameter": "scale_factors crop_width crop_height",
        "BatchNormParameter": "update_global_stats",
    },
    "SegNet": {
        "LayerParameter": "bn_param upsample_param dense_image_data_param",
        "LossParameter": "weight_by_label_freqs class_weighting",
        "SoftmaxParameter": "weight_by_label_freqs class_weighting",
    },
    "CRF-RNN": {
        "LayerParameter": "multi_stage_meanfield_param",
        "V1LayerParameter": "multi_stage_meanfield_param",
        "V1LayerParameter.LayerType": "MULTI_STAGE_MEANFIELD CROP",
    },
    "caffe-dilation": {
        "LayerParameter": "image_label_data_param bin_label_data_param",
        "FillerParameter": "num_groups",
    },
    "CCNN": {"LayerParameter": "densecrf_param", "ConvolutionParameter": "hole hole_h hole_w"},
    "What's the Point": {
        "LossParameter": "ignore_objectness ignore_location ignore_constraint ignore_rank "
        "ignore_classes normalize_supervised normalize_classes normalize_constraint "
        "normalize_objectness is_siftflow",
    },
    "SSD": {
        "LayerParameter": "prior_box_param permute_param norm_param multibox_loss_param "
        "detection_output_param detection_evaluate_param annotated_data_param video_data_param",
        "TransformationParameter": "resize_param noise_param distort_param expand_param "
        "emit_constraint",
        "SolverParameter": "eval_type ap_version show_per_class_result plateau_winsize",
    },
    "Fast R-CNN": {"LayerParameter": "roi_pooling_param smooth_l1_loss_param"},
    "R-FCN": {"LayerParameter": "psroi_pooling_param box_annotator_ohem_param"},
    "FlowNet": {
        "LayerParameter": "correlation_param augmentation_param resample_param l1_loss_param "
        "custom_data_param mean_param coeff_schedule_param",
    },
    "NVCaffe": {
        "NetParameter": "default_forward_type default_backward_type default_forward_math "
        "default_backward_math default_conv_algos_override global_grad_scale "
        "global_grad_scale_adaptive reduce_buckets",
        "LayerParameter": "forward_type backward_type forward_math backward_math "
        "cudnn_math_override detectnet_groundtruth_param detectnet_augmentation_param",
        "BatchNormParameter": "scale_bias scale_filler bias_filler engine",
        "ConvolutionParameter": "conv_algos_override cudnn_math_override",
        "SolverParameter": "solver_data_type store_blobs_in_old_format global_grad_scale min_lr "
        "rampup_interval rampup_lr local_lr_auto larc larc_policy",
        "DataParameter": "threads parser_threads cache shuffle",
    },
    "Intel Caffe": {
        "NetParameter": "engine compile_net_state bn_stats_batch_size",
        "LayerParameter": "engine quantization_param multinode_param",
        "SolverParameter": "engine regularize_per_layer",
        "ConvolutionParameter": "relu negative_slope",
    },
    "a PyTorch converter": {"PoolingParameter": "ceil_mode"},
}

# What to write in this Caffe instead, where that is short to say.
_INSTEAD = {
    "ceil_mode": "write round_mode: CEIL or FLOOR",
    "bn_param": "BatchNorm followed by Scale computes the same",
    "scale_bias": "add a Scale layer with bias_term: true after it",
}

# A string ends at its quote or, unclosed, with its line: either way no text is scanned twice.
_TOKEN = re.compile(
    r"""(?P<comment>\#[^\n]*)|(?P<string>"(?:\\.|[^"\\\n])*"?|'(?:\\.|[^'\\\n])*'?)"""
    r"""|(?P<variable>\$\{?\w*\}?)|(?P<word>[A-Za-z_]\w*)|(?P<brace>[{}<>])|(?P<number>[-\w.+]+)"""
)
_IN_STRING = re.compile(r"\$\{\w+\}")
_HOLES = ("hole", "hole_h", "hole_w")


def origin(message: str, name: str) -> str:
    """``" (a field of DeepLab v1)"`` for a name that forks add to `message`, else ``""``."""
    forks = [fork for fork, adds in _FORKS.items() if name in adds.get(message, "").split()]
    if not forks:
        return ""
    instead = f"; {_INSTEAD[name]}" if name in _INSTEAD else ""
    return f" (known from {', '.join(forks)}{instead})"


def translate(text: str, where: str) -> str:
    """`text` with DeepLab's `hole` spelled as BVLC's `dilation`.

    Raises FormatError for a placeholder such as ${NUM_LABELS} that a script should have filled in.
    In `param_str` one may stand: that string belongs to the Python layer.
    """
    if "$" in text:
        _refuse_placeholders(text, where)
    return _translate_holes(text, where) if "hole" in text else text


def _refuse_placeholders(text: str, where: str) -> None:
    word = ""
    for token in _TOKEN.finditer(text):
        found = None
        if token.lastgroup == "variable":
            found = token[0]
        elif token.lastgroup == "string" and word != "param_str":
            inside = _IN_STRING.search(token[0])
            found = inside and inside[0]
        elif token.lastgroup == "word":
            word = token[0]
        if found:
            line = text.count("\n", 0, token.start()) + 1
            raise FormatError(
                f"{where}:{line}: placeholder {found} is not filled in; replace it first, for "
                f"example with sed -e 's|{found}|VALUE|g'"
            )


def _translate_holes(text: str, where: str) -> str:
    """In convolution_param, `hole: n` is `dilation: n`; hole_h and hole_w are two, height first."""
    pieces, copied, word = [], 0, ""
    # The words that opened the blocks around, each with the holes seen inside.
    blocks: list[tuple[str, list[str]]] = [("", [])]
    for token in _TOKEN.finditer(text):
        owner, seen = blocks[-1]
        if token["brace"] in ("{", "<"):
            blocks.append((word, []))
        elif token["brace"] and len(blocks) > 1:
            _check_pair(seen, text, token.start(), where)
            blocks.pop()
        elif token["word"] in _HOLES and owner == "convolution_param":
            seen.append(token[0])
            pieces += [text[copied : token.start()], "dilation"]
            copied = token.end()
        word = token["word"] or word
    return "".join([*pieces, text[copied:]])


def _check_pair(seen: list[str], text: str, at: int, where: str) -> None:
    pair = [name for name in seen if name != "hole"]
    if pair not in ([], ["hole_h", "hole_w"]):
        line = text.count("\n", 0, at) + 1
        raise FormatError(f"{where}:{line}: give hole_h, then hole_w, or hole alone")
