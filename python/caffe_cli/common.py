"""What the commands share: log lines, files, nets, and where Python layers are found."""

import logging
import os
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from .options import CommandError


def log_line(message: str, line: int) -> None:
    """Write one INFO line as from line `line` of BVLC's caffe.cpp."""
    import caffe  # sets up its log

    if caffe.solver_rank():
        return
    log = logging.getLogger("caffe")
    if log.handlers:
        log.info("%s", message, extra={"src": f"caffe.cpp:{line}"})
    else:  # a BVLC build logs through glog alone
        caffe.log(message)


def read_net(path: str):
    """Return the NetParameter that the file `path` holds; see `_read`."""
    return _read(path, "net", "NetParameter")


def read_solver(path: str):
    """Return the SolverParameter that the file `path` holds; see `_read`."""
    return _read(path, "solver", "SolverParameter")


def _read(path, kind, message):
    """Read a prototxt; where caffe can (`caffe.read_net`), old forms come in today's form."""
    import caffe

    need_file(path, f"{kind} definition")
    if reader := getattr(caffe, f"read_{kind}", None):
        return reader(path)
    from google.protobuf import text_format

    from caffe.proto import caffe_pb2

    with open(path, encoding="utf-8") as file:
        return text_format.Parse(file.read(), getattr(caffe_pb2, message)())


def need_file(path: str, what: str) -> None:
    """Raise CommandError unless `path` is a file: a BVLC build would end the process."""
    if not os.path.isfile(path):
        raise CommandError(f"{what} {path!r} is not a file")


@contextmanager
def as_file(message, name: str = "net.prototxt") -> Iterator[str]:
    """Yield the path of a file with a message's text: pycaffe builds nets and solvers of files."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(str(message))
        yield path


def write_file(path: str, data: bytes) -> None:
    """Write `data` to `path`, which afterwards is whole or as it was before."""
    folder, name = os.path.split(os.path.abspath(path))
    os.makedirs(folder, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{name}.", dir=folder) as scratch:
        temporary = os.path.join(scratch, name)
        with open(temporary, "wb") as file:
            file.write(data)
        os.replace(temporary, path)


def add_module_folders(prototxts: Iterable[str]) -> None:
    """Let Python layers' modules be imported.

    They are looked for in the current folder, in its `layers`, and beside each of `prototxts`;
    a console script searches none of these by itself, and what PYTHONPATH names goes first.
    """
    folders = [os.getcwd(), os.path.join(os.getcwd(), "layers")]
    folders += [os.path.dirname(os.path.abspath(path)) for path in prototxts]
    present = [folder for folder in dict.fromkeys(folders) if os.path.isdir(folder)]
    sys.path += [folder for folder in present if folder not in sys.path]


def beyond_bvlc(name: str, lack: str) -> Any:
    """Return `caffe.NAME`; of a BVLC build, which has none, say what it lacks."""
    import caffe

    if not hasattr(caffe, name):
        raise CommandError(f"this caffe is a BVLC build: {lack}")
    return getattr(caffe, name)


def apply_settings(options) -> None:
    """Set for the whole process what -dialect, -precision and -workers say."""
    for flag, name, lack in (
        ("dialect", "set_dialect", "it has no dialects"),
        ("precision", "set_precision", "it multiplies in float32"),
        ("workers", "set_data_workers", "one thread of each data layer loads"),
    ):
        value = getattr(options, flag, None)
        if value not in (None, ""):
            beyond_bvlc(name, lack)(value)


def phase_of(options, default):
    """Return caffe.TRAIN or caffe.TEST as -phase asks, or `default`."""
    import caffe

    phases = {"TRAIN": caffe.TRAIN, "TEST": caffe.TEST, "": default}
    if options.phase not in phases:
        raise CommandError(f"-phase must be TRAIN or TEST, got {options.phase!r}")
    return phases[options.phase]


def split_names(text: str) -> list[str]:
    """Return the names that commas separate in `text`."""
    return [name for name in text.split(",") if name]


def split_numbers(text: str, kind: type, error: str) -> list:
    """Return the numbers that commas separate in `text`; CommandError where one is none."""
    try:
        return [kind(number) for number in split_names(text)]
    except ValueError:
        raise CommandError(f"{error}, got {text!r}") from None


def make_net(options, model: str, phase: int):
    """Build the net of the prototxt `model` with the flags' level and stages; load the weights."""
    import caffe

    need_file(model, "net definition")
    for name in split_names(options.weights):
        need_file(name, "weights")
    add_module_folders([model])
    net = caffe.Net(model, phase, level=options.level, stages=split_names(options.stage))
    for name in split_names(options.weights):
        net.copy_from(name)
    return net


def prototxt(message) -> bytes:
    """Return `message` as prototxt; floats have the digits that bring back the same float."""
    from google.protobuf import text_format

    return text_format.MessageToString(message, as_utf8=True).encode()
