"""The nets of a solver: one to train, any number to test (solver.cpp, InitTrainNet and on)."""

import copy
import os

from ...proto import caffe_pb2
from ..errors import SolverError
from ..formats import prototxt
from ..formats.upgrade import upgrade_net
from ..graph.net import Net
from ..log import detail, info

_LINES = {"train_net_param": 88, "train_net": 92, "net_param": 97, "net": 102}


def make_train_net(p: caffe_pb2.SolverParameter, net_type: type[Net]) -> Net:
    fields = ("net", "net_param", "train_net", "train_net_param")
    given = [f for f in fields if p.HasField(f)]
    if len(given) != 1:
        raise SolverError(
            f"a solver names its train net by exactly one of {', '.join(fields)}; "
            f"given: {', '.join(given) or 'none'}"
        )
    field, source = given[0], getattr(p, given[0])
    named = f"from {field} file: {source}" if isinstance(source, str) else f"specified in {field}."
    detail(f"Creating training net {named}", f"solver.cpp:{_LINES[field]}")
    return _make(p, net_type, source, caffe_pb2.TRAIN, p.train_state)


def make_test_nets(p: caffe_pb2.SolverParameter, net_type: type[Net]) -> list[Net]:
    """Make the nets that are tested, one for each test_iter."""
    sources = [("test_net_param", net) for net in p.test_net_param]
    sources += [("test_net", net) for net in p.test_net]
    generic = [(f, getattr(p, f)) for f in ("net_param", "net") if p.HasField(f)]
    wanted = len(p.test_iter)
    if wanted < len(sources) or (wanted > len(sources) and not generic):
        raise SolverError(
            f"test_iter must be given once for each test net: {wanted} given, "
            f"{len(sources)} test nets named"
        )
    sources += generic[:1] * (wanted - len(sources))
    if p.test_state and len(p.test_state) != len(sources):
        raise SolverError(
            f"test_state is given {len(p.test_state)} times for {len(sources)} test nets"
        )
    if sources and p.test_interval <= 0:
        raise SolverError("test nets need a test_interval above 0")
    states = p.test_state or [caffe_pb2.NetState()] * len(sources)
    nets = []
    for i, ((field, source), state) in enumerate(zip(sources, states, strict=True)):
        named = f"{field} file: {source}" if isinstance(source, str) else field
        detail(f"Creating test net (#{i}) specified by {named}", "solver.cpp:190")
        nets.append(_make(p, net_type, source, caffe_pb2.TEST, state))
        nets[-1].debug_info = p.debug_info
    return nets


def _make(p, net_type, source, phase, state: caffe_pb2.NetState) -> Net:
    """Make a net whose state is the phase, then the net's own, then the solver's word."""
    folder = ""
    if isinstance(source, str):
        folder = os.path.dirname(os.path.abspath(source))
        source = prototxt.read_net(source)
    else:
        source = copy.deepcopy(source)
        upgrade_net(source, "net_param")
    merged = caffe_pb2.NetState(phase=phase)
    merged.MergeFrom(source.state)
    merged.MergeFrom(state)
    source.state.CopyFrom(merged)
    net = net_type(source, phase, folder=folder)
    for names in p.weights:
        for name in names.split(","):
            info(f"Finetuning from {name.strip()}", src="solver.cpp:71")
            net.copy_from(name.strip())
    return net
