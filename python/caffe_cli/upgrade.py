"""caffe upgrade: old prototxts, caffemodels and Python 2 modules in today's form."""

import os

from . import python2
from .common import beyond_bvlc, log_line, need_file, prototxt, read_net, read_solver, write_file
from .options import CommandError


def upgrade(options):
    """Write OLD in today's form to NEW.

    A net or solver prototxt, or a caffemodel, comes in the current schema; with -align_crops a
    net's Crop layers without `crop_param` get the offsets that align their bottoms. A Python
    module, or a folder of them, is translated from Python 2 (see `python2`).
    """
    if os.path.isdir(options.old) or options.old.endswith(".py"):
        return python2.upgrade_modules(options.old, options.new)
    need_file(options.old, "file")
    if not options.new:
        raise CommandError(f"expected caffe upgrade OLD NEW, got {options.old!r} alone")
    if options.align_crops:
        return align_crops(options.old, options.new)
    kind, data = _upgraded(options.old)
    write_file(options.new, data)
    log_line(f"Wrote upgraded {kind} to {options.new}", 1)
    return 0


def align_crops(old: str, new: str) -> int:
    """Write the net `old` to `new` with the aligned offset in every Crop that gives none.

    Returns
    -------
    int
        The exit status: 1 where a Crop's bottoms cannot be aligned, which is logged.
    """
    if os.path.exists(new) and os.path.samefile(old, new):
        raise CommandError(f"{new!r} is the file itself: write the aligned net to another")
    align = beyond_bvlc("align_crops", "it does not align crops")
    net, failed = read_net(old), 0
    for place, found in align(net).items():
        layer = f"layer {net.layer[place].name!r} (Crop)"
        if isinstance(found, Exception):
            failed = 1
            log_line(f"{layer}: left at offset 0: {found}", 1)
        else:
            log_line(f"{layer}: offset {found[0]}, {found[1]}", 1)
    write_file(new, prototxt(net))
    log_line(f"Wrote aligned net to {new}", 1)
    return failed


def _upgraded(path):
    """Return `(kind, bytes)` of a file in the current schema."""
    beyond_bvlc(
        "read_net",
        "use its upgrade_net_proto_text, upgrade_net_proto_binary and upgrade_solver_proto_text",
    )
    if _is_binary(path):
        return "weights", read_net(path).SerializeToString()
    if _names_solver_fields(path):
        return "solver", prototxt(read_solver(path))
    return "net", prototxt(read_net(path))


def _is_binary(path):
    with open(path, "rb") as file:
        return any(byte < 9 or 13 < byte < 32 for byte in file.read(512))


def _names_solver_fields(path):
    """Tell whether a prototxt names a field that only solvers have, and no layers."""
    from caffe.proto import caffe_pb2

    nets = set(caffe_pb2.NetParameter.DESCRIPTOR.fields_by_name)
    solvers = set(caffe_pb2.SolverParameter.DESCRIPTOR.fields_by_name) - nets
    with open(path, encoding="utf-8", errors="replace") as file:
        words = {line.strip().split(":")[0].split("{")[0].strip() for line in file}
    return bool(words & solvers) and not words & {"layer", "layers", "input"}
