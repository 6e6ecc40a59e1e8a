"""From a row of the table to its prototxts: inputs, net and losses; and the solver."""

import copy
import importlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from google.protobuf import text_format

import caffe
from caffe import layers as L
from caffe import params as P
from caffe.proto import caffe_pb2
from data.errors import ProjectError
from data.files import write_text
from experiments import IGNORE_LABEL, Dataset, Experiment
from nets.outputs import Loss

PHASES = ("train", "val", "deploy")
HEADER = "# Written by `make prototxt` from experiments/ and nets/: change those, not this file.\n"


def net(row: Experiment, data: Dataset, phase: str) -> caffe_pb2.NetParameter:
    """Return the net of `row` over its data set in one of PHASES."""
    if phase not in PHASES:
        raise ValueError(f"phase {phase!r}: expected one of {', '.join(PHASES)}")
    n = caffe.NetSpec()
    if phase == "deploy":
        for each in data.inputs:
            shape = dict(dim=[1, each.channels, *data.deploy_size])
            n[each.top] = L.Input(shape=[shape])
    else:
        read(n, data, phase, row.seed)
    more = row.train_options if phase == "train" else {}
    losses = net_function(row.net)(n, data.heads, **{**row.options, **more})
    if losses is None:
        losses = [Loss(head.score, head.label, head.loss) for head in data.heads]
    if phase != "deploy":
        for each in losses:
            loss(n, row, data, each)
    proto = n.to_proto()
    if phase == "deploy" and row.net_inputs:
        proto = with_net_inputs(proto)
    proto.name = row.name
    return proto


def net_function(name: str) -> Callable:
    """Return the function `module.function` under nets/."""
    module, function = name.split(".")
    return getattr(importlib.import_module("nets." + module), function)


def read(n: caffe.NetSpec, data: Dataset, phase: str, seed: int) -> None:
    """Add the Python layer that reads `data` for `phase` (train or val)."""
    tops = [each.top for each in data.inputs] + [head.label for head in data.heads]
    classes = {head.label: head.classes for head in data.heads}
    params = {**data.common, **getattr(data, phase), "seed": seed, "classes": classes}
    layer = data.layer if phase == "train" else data.val_layer or data.layer
    made = L.Python(
        module=f"layers.{data.module}", layer=layer, ntop=len(tops), param_str=str(params)
    )
    for top, blob in zip(tops, made, strict=True):
        n[top] = blob


def reader(row: Experiment, data: Dataset) -> str:
    """Return the prototxt of the validation net's data layer alone; its pictures come whole."""
    n = caffe.NetSpec()
    whole = {key: value for key, value in data.val.items() if key != "crop"}
    read(n, replace(data, val=whole), "val", row.seed)
    return text_format.MessageToString(n.to_proto())


def loss(n: caffe.NetSpec, row: Experiment, data: Dataset, each: Loss) -> None:
    """Add one loss, its classes weighed where the row says so."""
    weight = dict(loss_weight=each.weight) if each.weight != 1 else {}
    if not row.balance:
        n[each.name] = L.SoftmaxWithLoss(
            n[each.score],
            n[each.label],
            loss_param=dict(normalize=row.normalize, ignore_label=IGNORE_LABEL),
            **weight,
        )
        return
    weights = class_weights(data.pixels, row.balance)
    infogain = "infogain" + each.name.removeprefix("loss")
    n[infogain] = L.Python(
        module="layers.balance_layers", layer="InfogainLayer", param_str=str(dict(weights=weights))
    )
    n[each.name] = L.InfogainLoss(
        n[each.score],
        n[each.label],
        n[infogain],
        loss_param=dict(ignore_label=IGNORE_LABEL, normalization=P.Loss.VALID),
        **weight,
    )


def with_net_inputs(proto: caffe_pb2.NetParameter) -> caffe_pb2.NetParameter:
    """Return the net with its Input layers made `input` and `input_shape` of the net.

    PSPNet's Caffe, for one, has no Input layer: its field's number is InterpParameter's there.
    """
    made = copy.deepcopy(proto)
    del made.layer[:]
    for layer in proto.layer:
        if layer.type == "Input":
            made.input.extend(layer.top)
            made.input_shape.extend(layer.input_param.shape)
        else:
            made.layer.add().CopyFrom(layer)
    return made


def class_weights(pixels: tuple[int, ...], balance: float) -> list[float]:
    """Return the classes' frequencies to the power -balance; their mean over all pixels is 1.

    So guessing costs ln C here too, and a rate means the same with and without.
    """
    weights = [n**-balance for n in pixels]
    mean = sum(w * n for w, n in zip(weights, pixels, strict=True)) / sum(pixels)
    return [round(w / mean, 4) for w in weights]


def solver(row: Experiment, data: Dataset) -> caffe_pb2.SolverParameter:
    """Return the solver of `row`; its paths are relative to the project root."""
    p = caffe_pb2.SolverParameter(
        train_net=f"nets/{row.name}/train.prototxt",
        test_net=[f"nets/{row.name}/val.prototxt"],
        test_iter=[data.test_iter],
        # The test net is made, but scored by score.py over the whole set, not by the solver.
        test_interval=999999999,
        test_initialization=False,
        display=20,
        average_loss=20,
        lr_policy="fixed",
        base_lr=row.base_lr,
        momentum=row.momentum,
        weight_decay=row.weight_decay,
        iter_size=row.iter_size,
        max_iter=row.max_iter,
        # For `caffe train`, whose folder must exist; solve.py snapshots into the run's own.
        snapshot=row.score_every,
        snapshot_prefix=f"runs/{row.name}",
        random_seed=row.seed,
    )
    p.MergeFrom(caffe_pb2.SolverParameter(**row.solver))
    return p


def files(row: Experiment, data: Dataset) -> dict[str, str]:
    """Return {path relative to the root: text} of all that is generated for `row`.

    On a BVLC build a net with a fork's layers is refused by a ProjectError.
    """
    try:
        messages = {f"nets/{row.name}/{phase}.prototxt": net(row, data, phase) for phase in PHASES}
    except AttributeError as lack:
        if hasattr(caffe, "CaffeError"):
            raise
        raise ProjectError(
            f"{row.name} takes a fork's layers, which a BVLC build does not have: {lack}"
        ) from lack
    messages[f"solvers/{row.name}.prototxt"] = solver(row, data)
    return {path: HEADER + text_format.MessageToString(p) for path, p in messages.items()}


def stale(row: Experiment, data: Dataset, root: Path) -> list[str]:
    """Return the paths of the row's files that are absent from `root` or differ."""
    paths = {name: (root / name, text) for name, text in files(row, data).items()}
    return [n for n, (p, text) in paths.items() if not p.is_file() or p.read_text() != text]


def write(row: Experiment, data: Dataset, root: Path) -> list[str]:
    """Write the row's files under `root` where they differ; return the paths written."""
    texts, written = files(row, data), stale(row, data, root)
    for path in written:
        write_text(root / path, texts[path])
    return written
