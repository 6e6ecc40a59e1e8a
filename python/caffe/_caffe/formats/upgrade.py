"""Bring old net and solver definitions to the current form.

Caffe kept reading what it once wrote.  The steps, in Caffe's order (util/upgrade_proto.cpp):

    V0    layers { layer { type: "conv" ... } }      connection and settings apart, 2013
    data  data_param { crop_size mirror ... }        now in transform_param
    V1    layers { type: CONVOLUTION ... }           enum types and blobs_lr, 2014
    input input: "data" input_dim: 1 ...             now an Input layer in front
    norm  BatchNorm with three param blocks          their learning rates become 0

V0 itself is in `upgrade_v0`.  Every function changes its message in place.
"""

from ...proto import caffe_pb2 as pb
from .. import log
from ..errors import FormatError
from . import crop_offsets
from .respelled import respell
from .upgrade_v0 import put, upgrade_v0_net

_SRC = "upgrade_proto.cpp:30"

# V1 types whose name today is not just the enum value's words run together; forks' after BVLC's.
_V1_IRREGULAR = {
    "NONE": "", "ABSVAL": "AbsVal", "ARGMAX": "ArgMax", "BNLL": "BNLL", "HDF5_DATA": "HDF5Data",
    "HDF5_OUTPUT": "HDF5Output", "LRN": "LRN", "MVN": "MVN", "RELU": "ReLU",
    "SOFTMAX_LOSS": "SoftmaxWithLoss", "TANH": "TanH",
    "BIN_ACCURACY": "BinaryAccuracy", "BN": "BN", "CONVOLUTION3D": "Convolution3D",
    "CROP": "CoordCrop", "DECONVOLUTION3D": "Deconvolution3D", "DENSE_CRF": "DenseCRF",
    "ONEHOT": "OneHot", "POOLING3D": "Pooling3D", "RED_SOFTMAX_LOSS": "RedSoftmaxWithLoss",
    "SOFTMAX_LOSS_EXPECTATION": "SoftmaxWithLossExpectation",
    "SOFTMAX_LOSS_OBJECTNESS": "SoftmaxWithLossObjectness",
    "SOFTMAX_LOSS_OBJECTNESS_PRESENCE": "SoftmaxWithLossObjectnessPresence",
}  # fmt: skip

SOLVER_TYPES = {
    "SGD": "SGD", "NESTEROV": "Nesterov", "ADAGRAD": "AdaGrad", "RMSPROP": "RMSProp",
    "ADADELTA": "AdaDelta", "ADAM": "Adam",
}  # fmt: skip

# The data layers whose own scale, mean_file, crop_size and mirror moved to transform_param.
_TRANSFORMING = {
    "DATA": "data_param", "IMAGE_DATA": "image_data_param", "WINDOW_DATA": "window_data_param"
}  # fmt: skip
_TRANSFORM_FIELDS = ("scale", "mean_file", "crop_size", "mirror")

# V1 fields that LayerParameter holds under another name or type; the rest copy over as they are.
_V1_RENAMED = {"type", "param", "blob_share_mode", "blobs_lr", "weight_decay", "layer"}


def upgrade_net(net: pb.NetParameter, where: str = "net") -> list[str]:
    """Bring `net` to the current form in place; return the names of the steps that were needed.

    A V0 setting that its layer type cannot have is logged, as in Caffe. FormatError for a net that
    mixes forms or names an unknown V0 layer type; `where` names the net there.
    """
    steps = {
        "V0LayerParameter": upgrade_v0_net,
        "data transformation fields": _upgrade_transforms,
        "V1LayerParameter": _upgrade_v1_net,
        "input fields": _upgrade_inputs,
        "BatchNorm params": _upgrade_batch_norm,
    }
    done = [name for name, upgrade in steps.items() if upgrade(net, where)]
    respell(net, where)
    if done:
        log.info(f"Upgraded {where} from deprecated {', '.join(done)}", _SRC)
    return done


def upgrade_solver(solver: pb.SolverParameter, where: str = "solver") -> list[str]:
    """Bring `solver`, and the nets written inside it, to the current form, as `upgrade_net` does.

    FormatError where both the old solver_type and the new type are given (Caffe refuses that too).
    """
    done = []
    if solver.HasField("solver_type"):
        if solver.HasField("type"):
            raise FormatError(
                f'{where}: both solver_type (old, an enum) and type: "{solver.type}" are given; '
                "keep type only"
            )
        names = pb.SolverParameter.SolverType
        solver.type = SOLVER_TYPES[names.Name(solver.solver_type)]
        solver.ClearField("solver_type")
        done.append("solver_type")
        log.info(f"Upgraded {where} from deprecated solver_type", _SRC)
    for field in ("net_param", "train_net_param"):
        if solver.HasField(field):
            done += upgrade_net(getattr(solver, field), f"{where}, {field}")
    for i, net in enumerate(solver.test_net_param):
        done += upgrade_net(net, f"{where}, test_net_param {i}")
    return done


def v1_type_name(number: int) -> str:
    """Return today's type of a V1 enum value, '' for NONE; KeyError for an unknown number."""
    name = pb.V1LayerParameter.LayerType.DESCRIPTOR.values_by_number[number].name
    regular = "".join(word.capitalize() for word in name.split("_"))
    return _V1_IRREGULAR.get(name, regular)


def _upgrade_transforms(net: pb.NetParameter, where: str) -> bool:
    name_of = pb.V1LayerParameter.LayerType.Name
    fields = ((layer, _TRANSFORMING.get(name_of(layer.type))) for layer in net.layers)
    old = [(layer, getattr(layer, field)) for layer, field in fields if field]
    if not any(param.HasField(field) for _, param in old for field in _TRANSFORM_FIELDS):
        return False
    for layer, param in old:
        layer.transform_param.SetInParent()
        param.SetInParent()
        for field in _TRANSFORM_FIELDS:
            if param.HasField(field):
                setattr(layer.transform_param, field, getattr(param, field))
                param.ClearField(field)
    return True


def _upgrade_v1_net(net: pb.NetParameter, where: str) -> bool:
    if not net.layers:
        return False
    if net.layer:
        raise FormatError(
            f"{where}: has both 'layer' (type: \"{net.layer[0].type}\") and 'layers' (old enum "
            "types); write all of them as 'layer'"
        )
    for old in net.layers:
        _upgrade_v1_layer(old, net.layer.add())
    net.ClearField("layers")
    crop_offsets.upgrade(net)
    return True


def _upgrade_v1_layer(old: pb.V1LayerParameter, new: pb.LayerParameter) -> None:
    for field, value in old.ListFields():
        if field.name not in _V1_RENAMED:
            put(new, field.name, value)
    if old.HasField("type"):
        new.type = v1_type_name(old.type)
    # One ParamSpec per blob; any of the four old lists may be the longest.
    columns = {
        "name": old.param,
        "share_mode": old.blob_share_mode,
        "lr_mult": old.blobs_lr,
        "decay_mult": old.weight_decay,
    }
    for field, values in columns.items():
        for i, value in enumerate(values):
            while len(new.param) <= i:
                new.param.add()
            setattr(new.param[i], field, value)


def _upgrade_inputs(net: pb.NetParameter, where: str) -> bool:
    """Turn net-level input, input_shape and input_dim into an Input layer in front.

    An input with neither is what old caffemodels carry: there the field is just dropped.
    """
    if (count := len(net.input)) == 0:
        return False
    shapes = [list(shape.dim) for shape in net.input_shape]
    if not shapes and net.input_dim:
        dims = list(net.input_dim)
        if len(dims) != 4 * count:
            raise FormatError(
                f"{where}: {count} input(s) need {4 * count} input_dim (num, channels, height, "
                f"width of each), {len(dims)} given"
            )
        shapes = [dims[i : i + 4] for i in range(0, len(dims), 4)]
    if shapes and len(shapes) != count:
        raise FormatError(f"{where}: {count} input(s), but {len(shapes)} input_shape")
    if shapes:
        layer = pb.LayerParameter(name="input", type="Input", top=net.input)
        for shape in shapes:
            layer.input_param.shape.add(dim=shape)
        net.layer.insert(0, layer)
    for field in ("input", "input_shape", "input_dim"):
        net.ClearField(field)
    return True


def _upgrade_batch_norm(net: pb.NetParameter, where: str) -> bool:
    """Let no BatchNorm learn its statistics, which had one param per blob (3), as Caffe wanted."""
    specs = [
        spec
        for layer in net.layer
        if layer.type == "BatchNorm" and len(layer.param) == 3
        for spec in layer.param
        if spec.lr_mult or spec.decay_mult
    ]
    for spec in specs:
        spec.lr_mult = spec.decay_mult = 0
    return bool(specs)
