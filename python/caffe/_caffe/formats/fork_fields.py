"""What Caffe's forks add to prototxt, and what their files leave for a script to fill in.

A fork is a changed copy of Caffe.  proto/forks.proto gives the schema what they added, so that
their files parse; this file decides what to do with a fork's field in one of BVLC's messages:

    another spelling of BVLC's      rewritten: hole is dilation, ceil_mode is round_mode
    about the fork's engine only    dropped, and logged once per file (TUNING)
    read by a layer or solver here  left alone (READ; whoever implements one adds it there)
    anything else                   refused, for a net that ignored it would compute other numbers:
                                    a net's and a solver's at once, a layer's when it is made
"""

import functools
import re
from collections.abc import Iterator
from pathlib import Path

from google.protobuf.message import Message

from ...proto import caffe_pb2 as pb
from .. import log
from ..errors import FormatError

# message -> fields of forks (or values of an enum in it) that layers and solvers here read.
READ: dict[str, str] = {
    "NetParameter": "dialect",
    "AccuracyParameter": "min_is_better",
    "BatchNormParameter": "scale_bias scale_filler bias_filler update_global_stats",
    "ConvolutionParameter": "relu negative_slope kernel_depth temporal_stride temporal_pad "
    "filter_group kernel_shape stride_shape pad_shape",
    "DataParameter": "shuffle",
    "DropoutParameter": "sample_weights_test scale_train",
    "FillerParameter": "num_groups diag_val",
    "ImageDataParameter": "ignore_label label_type label_divide_factor",
    "InnerProductParameter": "relu negative_slope normalize",
    "LossParameter": "PRE_FIXED pre_fixed_normalizer weight_by_label_freqs class_weighting "
    "ignore_objectness ignore_location ignore_constraint ignore_classes ignore_rank "
    "normalize_supervised normalize_classes normalize_constraint normalize_objectness is_siftflow",
    "ParameterParameter": "blob_filler",
    "PoolingParameter": "kernel_depth temporal_stride kernel_shape stride_shape pad_shape",
    "SolverParameter": "eval_type ap_version show_per_class_result",
    "TransformationParameter": "scale_factors crop_width crop_height crop_h crop_w resize_param "
    "noise_param distort_param expand_param emit_constraint",
}

# The same for those that choose precision, memory, threads, library or log of a fork's own engine.
TUNING: dict[str, str] = {
    "NetParameter": "default_forward_type default_backward_type default_forward_math "
    "default_backward_math default_conv_algos_override default_cudnn_math_override "
    "global_grad_scale global_grad_scale_adaptive reduce_buckets eltwise_mem_sharing "
    "compile_net_state engine bn_stats_batch_size multinode mem_param",
    "LayerParameter": "forward_type backward_type forward_math backward_math debug engine "
    "cudnn_math_override multinode quantization_param trt_param strict_dim",
    "ConvolutionParameter": "cudnn_convolution_algo_seeker conv_algos_override conv_algorithm "
    "MKL2017 MKLDNN",
    # Intel's engines keep a scale and shift of their own, which a Scale layer behind replaces.
    "BatchNormParameter": "engine filler use_weight_bias bias_term",
    "ConcatParameter": "engine per_fla_fuse",
    "EltwiseParameter": "engine",
    "InnerProductParameter": "engine",
    "DropoutParameter": "engine random_seed",
    "LRNParameter": "MKL2017 MKLDNN",
    "PoolingParameter": "MKL2017 MKLDNN",
    "ReLUParameter": "MKL2017 MKLDNN",
    "DataParameter": "threads parser_threads cache precache",
    "ImageDataParameter": "threads cache precache",
    "TransformationParameter": "use_gpu_transform random_seed",
    "SolverParameter": "solver_data_type store_blobs_in_old_format engine richness",
}

# Parameter messages of forks' layers that are not here, where another layer has the same type name.
_NAMESAKES = ("euclidean_loss_param", "filter_param")

# Of forks whose schema is not taken over: fork -> message -> fields.
_OTHERS: dict[str, dict[str, str]] = {
    "FlowNet2": {"LayerParameter": "custom_data_param coeff_schedule_param"},
    "NVCaffe": {"SolverParameter": "global_grad_scale"},
    "Intel Caffe": {"LayerParameter": "multinode_param"},
    "SegNet": {"SoftmaxParameter": "weight_by_label_freqs class_weighting"},
}

# Numbers that forks.proto gives away inside BVLC's messages and enums.
FIRST_FIELD, _FIRST_VALUE = 5001, 1000
_LAYERS = ("LayerParameter", "V1LayerParameter")
# Whose fields are refused when the file is read; those within a layer wait until it is made.
_AT_ONCE = ("NetParameter", "SolverParameter", "V1LayerParameter")

# A string ends at its quote or, unclosed, with its line: either way no text is scanned twice.
_TOKEN = re.compile(
    r"""(?P<comment>\#[^\n]*)|(?P<string>"(?:\\.|[^"\\\n])*"?|'(?:\\.|[^'\\\n])*'?)"""
    r"""|(?P<variable>\$\{?\w*\}?)|(?P<word>[A-Za-z_]\w*)"""
)
_IN_STRING = re.compile(r"\$\{\w+\}")
_PROTO_LINE = re.compile(
    r"^(?:message (?P<message>\w+).*|  (?:  )?(?:(?:optional|repeated) \S+ (?P<field>\w+) = "
    r"|(?P<value>\w+) = |enum \w+ \{ (?P<values>.*) \}).*?(?:// (?P<forks>.+))?)$"
)


def origin(message: str, name: str) -> str:
    """Return `" (known from DeepLab v1)"` for what forks add to `message` as `name`, else `""`."""
    forks = _known_forks().get((message.split(".")[0], name))
    return f" (known from {forks})" if forks else ""


@functools.cache
def _known_forks() -> dict[tuple[str, str], str]:
    """Map (message, field or enum value) to the forks that have it, by forks.proto's comments."""
    found, message = {}, ""
    text = (Path(pb.__file__).parent / "forks.proto").read_text(encoding="utf-8")
    for line in text.splitlines():
        match = _PROTO_LINE.match(line)
        if match and match["message"]:
            message = match["message"]
        elif match and match["forks"]:
            values = [pair.split(" = ")[0].strip() for pair in (match["values"] or "").split(";")]
            for name in filter(None, [match["field"], match["value"], *values]):
                found[message, name] = match["forks"]
    for fork, messages in _OTHERS.items():
        for message, names in messages.items():
            found |= {(message, name): fork for name in names.split()}
    return found


def refuse_placeholders(text: str, where: str) -> None:
    """Raise FormatError for a placeholder, as ${NUM_LABELS}, that a script should have filled in.

    `param_str` may hold one: that string belongs to the Python layer.
    """
    word = ""
    for token in _TOKEN.finditer(text) if "$" in text else ():
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


def translate(message: Message, where: str) -> None:
    """Bring what forks added to BVLC's messages in `message` to what this Caffe reads, in place.

    `message` is a net or solver as parsed; nets inside are gone through too. `where` names the file
    in errors: FormatError for a field or value of the net or solver itself that nothing here reads.
    """
    dropped = {}
    for owner, name, is_field in list(_additions(message)):
        kind = owner.DESCRIPTOR.name
        base = kind.removeprefix("V1")
        if name in _REWRITTEN:
            if owner.HasField(name):
                _REWRITTEN[name](owner, where)
        elif name in TUNING.get(base, "").split():
            dropped[name] = None
            owner.ClearField(name if is_field else "engine")
        elif kind in _AT_ONCE and name not in READ.get(base, "").split():
            raise FormatError(f"{where}: {_unread(kind, name)}")
    if dropped:
        log.info(f"{where}: {', '.join(dropped)}: of a fork's own engine, not looked at here")


def unread(layer: Message) -> str:
    """Return the error for a fork's field or value in `layer` that nothing reads; "" for none.

    Such a layer cannot be made; its net can still be read, and built in the other phase.
    """
    for owner, name, _ in _additions(layer):
        kind = owner.DESCRIPTOR.name
        if name == "normalize_type" and layer.type == "Normalize" and owner.normalize_type == "L2":
            continue  # where its early files have it, and the layer's own default
        if name not in READ.get(kind, "").split():
            return _unread(kind, name)
    return ""


def _unread(kind, name):
    return f"{kind}'s '{name}' is not BVLC Caffe's and nothing here reads it{origin(kind, name)}"


def _additions(message: Message) -> Iterator[tuple[Message, str, bool]]:
    """(owner, name, whether a field) of forks' fields and enum values set in BVLC's messages."""
    owner = message.DESCRIPTOR.name
    for field, value in message.ListFields():
        parts = [value] if hasattr(value, "DESCRIPTOR") or not hasattr(value, "extend") else value
        # A parameter message of a layer that only forks have is that layer's business.
        of_fork_layer = owner in _LAYERS and field.name.endswith("_param")
        of_fork_layer = of_fork_layer and field.name not in _NAMESAKES
        tuning = field.name in TUNING.get("LayerParameter", "").split()
        if field.number >= FIRST_FIELD and (tuning or not of_fork_layer):
            yield message, field.name, True
        elif field.message_type is not None and field.name != "blobs":
            for part in parts:
                yield from _additions(part)
        elif field.enum_type is not None and field.enum_type.name != "LayerType":
            for part in parts:
                if part >= _FIRST_VALUE:
                    yield message, field.enum_type.values_by_number[part].name, False


def _hole(convolution: Message, where: str) -> None:
    """DeepLab v1's `hole: n`, or hole_h and hole_w, as BVLC's `dilation`."""
    given = [name for name in ("hole", "hole_h", "hole_w") if convolution.HasField(name)]
    if convolution.dilation or given not in (["hole"], ["hole_h", "hole_w"]):
        others = ["dilation"] if convolution.dilation else []
        raise FormatError(
            f"{where}: ConvolutionParameter has {', '.join(given + others)}; give hole alone, "
            "hole_h and hole_w, or dilation"
        )
    convolution.dilation.extend(getattr(convolution, name) for name in given)
    for name in given:
        convolution.ClearField(name)


def _ceil_mode(pooling: Message, where: str) -> None:
    """Pull request 3057's `ceil_mode` as BVLC 1.0's `round_mode`."""
    mode = pb.PoolingParameter.CEIL if pooling.ceil_mode else pb.PoolingParameter.FLOOR
    if pooling.HasField("round_mode") and pooling.round_mode != mode:
        raise FormatError(f"{where}: PoolingParameter's ceil_mode and round_mode disagree")
    pooling.round_mode = mode
    pooling.ClearField("ceil_mode")


_REWRITTEN = {"hole": _hole, "hole_h": _hole, "hole_w": _hole, "ceil_mode": _ceil_mode}
