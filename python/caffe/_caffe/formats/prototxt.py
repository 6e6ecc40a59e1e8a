"""Nets and solvers as text: read, say what is wrong with it, write.

Parsing is protobuf's own text format.  Added to it is what real files need: the upgrade of
old forms, the placeholders that some releases leave to sed, fields of Caffe's forks, and errors
that name file, line, field and the nearest right choice.
"""

import functools
import os
import re
import warnings
from typing import Any

from google.protobuf import text_format

from ...proto import caffe_pb2 as pb
from ..errors import FormatError, nearest
from . import file_type, fork_fields
from .upgrade import upgrade_net, upgrade_solver, v1_type_name

# Nets are some kB, generated ones up to about 1 MB; weights do not come as text.  Parsing takes up
# to 2 s per MiB, so this is also a bound on time.
MAX_BYTES = 8 << 20

_V1_TYPES = pb.V1LayerParameter.LayerType.DESCRIPTOR
_KIND: dict[Any, str] = {pb.NetParameter: "net", pb.SolverParameter: "solver"}
_UNKNOWN_FIELD = re.compile(r'Message type "([\w.]+)" has no field named "([^"]*)"')
_UNKNOWN_ENUM = re.compile(
    r"""Enum type "([\w.]+)" has no value (?:named|with number) ["']?([\w-]+)"""
)
_NO_NUMBER = re.compile(r"Couldn't parse (?:integer|float): (?!(?i:true|false)$)([A-Za-z_]\w*)$")
_BARE = re.compile(r"Expected string but found: '(\w+)'$")
_TWICE = re.compile(r'Message type "([\w.]+)" should not have multiple "(\w+)" fields')

# The fork whose layers a file means where several write alike: "# dialect: segnet" at its top.
_DIALECT = re.compile(r"\s*#\s*dialect:\s*([\w.-]+)\s*$", re.IGNORECASE | re.MULTILINE)
# A comment with no quote before it on its line, which could hold a '#' of its own.
_COMMENT = re.compile(rb"^([^\"'#\r\n]*)#[^\r\n]*", re.MULTILINE)


def read_net(path: str | os.PathLike) -> pb.NetParameter:
    """Return the net defined in a text file, in the current form (old forms are upgraded).

    Raises
    ------
    FormatError
        Naming file, line and field.
    """
    path = os.fspath(path)
    return parse_net(_read_text(path, "net"), path)


def read_solver(path: str | os.PathLike) -> pb.SolverParameter:
    """Return the solver defined in a text file, in the current form.

    A missing snapshot_prefix becomes the path without its extension, one that is a folder gets the
    file's stem appended (UpgradeSnapshotPrefixProperty in util/upgrade_proto.cpp).

    Raises
    ------
    FormatError
        Naming file, line and field.
    """
    path = os.fspath(path)
    solver = parse_solver(_read_text(path, "solver"), path)
    if not solver.HasField("snapshot_prefix"):
        try:
            solver.snapshot_prefix = os.path.splitext(path)[0]
        except UnicodeEncodeError:
            raise FormatError(f"{path!r}: is not UTF-8; give a snapshot_prefix that is") from None
    elif os.path.isdir(solver.snapshot_prefix):
        stem = os.path.splitext(os.path.basename(path))[0]
        solver.snapshot_prefix = os.path.join(solver.snapshot_prefix, stem)
    return solver


def parse_net(text: str, where: str = "net") -> pb.NetParameter:
    """Return the net defined by `text`, upgraded; `where` names it in errors."""
    net = _parse(text, pb.NetParameter(), where)
    named = _DIALECT.match(text)
    if named:
        net.dialect = named[1].lower()
    upgrade_net(net, where)
    return net


def parse_solver(text: str, where: str = "solver") -> pb.SolverParameter:
    """Return the solver defined by `text`, upgraded; `where` names it in errors."""
    solver = _parse(text, pb.SolverParameter(), where)
    upgrade_solver(solver, where)
    return solver


def _read_text(path: str, kind: str) -> str:
    with file_type.opening(path, f"a {kind} prototxt"), open(path, "rb") as file:
        raw = file.read(MAX_BYTES + 1)
    found = file_type.detect(raw[: file_type.HEAD])
    if found is not None:
        raise FormatError(f"{path}: is {found}, expected a {kind} prototxt")
    if len(raw) > MAX_BYTES:
        raise FormatError(f"{path}: is larger than a {kind} prototxt can be, {MAX_BYTES} bytes")
    return _decode(raw, path)


def _decode(raw: bytes, path: str) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    # Comments in GBK or Latin-1 are common and ignored; the rest must be UTF-8.
    bare = _COMMENT.sub(rb"\1", raw)
    try:
        return bare.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = bare.count(b"\n", 0, error.start) + 1
        raise FormatError(f"{path}:{line}: byte {bare[error.start]:#04x} is not UTF-8") from None


def _parse(text: str, message, where: str):
    """Fill `message` from `text`; FormatError says where and what."""
    if len(text) > MAX_BYTES:
        raise FormatError(f"{where}: {len(text)} characters, more than a prototxt's {MAX_BYTES}")
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    fork_fields.refuse_placeholders(text, where)
    try:
        with warnings.catch_warnings():
            # Python only warns of an unknown escape in a string; protobuf's C++ parser refuses it.
            warnings.simplefilter("error", DeprecationWarning)
            text_format.Parse(text, message)
    except text_format.ParseError as error:
        raise FormatError(_explain(error, message, where)) from None
    except DeprecationWarning as warning:
        raise FormatError(f"{where}: {warning}") from None
    if not message.IsInitialized():
        missing = ", ".join(message.FindInitializationErrors())
        raise FormatError(f"{where}: required but not given: {missing}")
    if not message.ListFields():
        raise FormatError(f"{where}: empty, expected a {_KIND[type(message)]} prototxt")
    fork_fields.translate(message, where)
    return message


def _explain(error: text_format.ParseError, message, where: str) -> str:
    """Protobuf's complaint, with what the user may have meant."""
    text = str(error)
    line = error.GetLine()
    at = f"{where}:{line}" if line else where
    text = re.sub(r"^\d+:\d+ : ", "", text)
    # Protobuf quotes the whole line, which may be the whole file.
    text = re.sub(r"^'(.*)': ", lambda line: f"{line[1].strip()[:60]!r}: ", text, flags=re.DOTALL)
    if field := _UNKNOWN_FIELD.search(text):
        return f"{at}: {_unknown_field(field[1], field[2], message)}"
    if value := _UNKNOWN_ENUM.search(text):
        return f"{at}: {_unknown_value(value[1], value[2])}"
    if bare := _BARE.search(text):
        return f"{at}: {text}{_quoted(bare[1])}"
    if word := _NO_NUMBER.search(text):
        return f"{at}: {text}{_template(word[1])}"
    if twice := _TWICE.search(text):
        return f"{at}: {twice[1].removeprefix('caffe.')} takes one '{twice[2]}', a second is given"
    return f"{at}: {text[:300]}"


def _unknown_field(owner: str, name: str, message: Any) -> str:
    short = owner.removeprefix("caffe.")
    if owner == message.DESCRIPTOR.full_name:
        for other, kind in _KIND.items():
            if type(message) is not other and name in other.DESCRIPTOR.fields_by_name:
                return f"'{name}' belongs in a {kind}; expected a {_KIND[type(message)]} prototxt"
    descriptor = pb.DESCRIPTOR.pool.FindMessageTypeByName(owner)
    known = nearest(name, descriptor.fields_by_name)
    if not known and name.isupper():  # as no field is
        known = _template(name)
    elif not known:
        known = _where_it_belongs(descriptor, name)
    return f"{short} has no field '{name[:60]}'{known}{fork_fields.origin(short, name)}"


def _where_it_belongs(owner: Any, name: str) -> str:
    """Say which of a layer's messages has a field that the layer itself lacks, or that a net has.

    Of BVLC's messages, and where they are few.
    """
    if owner.name not in ("LayerParameter", "V1LayerParameter"):
        return ""
    if name in pb.NetParameter.DESCRIPTOR.fields_by_name:
        return "; it belongs in the net, outside its layers"
    inner = [
        field.name
        for field in owner.fields
        if field.number < fork_fields.FIRST_FIELD
        and field.message_type
        and name in field.message_type.fields_by_name
    ]
    return f"; it belongs in {' or '.join(sorted(inner))}" if 0 < len(inner) < 5 else ""


def _quoted(word: str) -> str:
    """Say how a layer's type is written where it stands without quotes, or as in `layers`."""
    types = _todays_types()
    known = types | {old: new for new, old in types.items()}
    if word not in known:
        return ""
    today = word if word in types else known[word]
    return f"; 'layer' takes \"{today}\", 'layers' takes {types[today]}"


@functools.cache
def _todays_types() -> dict[str, str]:
    """Return the old enum value of each type that has one."""
    return {v1_type_name(v.number): v.name for v in _V1_TYPES.values if v.number}


def _template(word: str) -> str:
    return f"; '{word[:60]}' looks like a template's placeholder: fill it in first"


def _unknown_value(enum: str, name: str) -> str:
    descriptor = pb.DESCRIPTOR.pool.FindEnumTypeByName(enum)
    short = enum.removeprefix("caffe.")
    known = nearest(name, descriptor.values_by_name)
    if descriptor is _V1_TYPES and name in _todays_types():
        known = f"; 'layers' takes {_todays_types()[name]}, 'layer' takes \"{name}\""
    if not known:
        known = f"; known: {', '.join(descriptor.values_by_name)}"
    return f"{short} has no value '{name}'{known}{fork_fields.origin(short, name)}"
