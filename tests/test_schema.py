"""The schema: every message, field, number and default of BVLC Caffe 1.0, held as a table.

tests/golden/schema.txt lists them, one field a line under its message: number, label, type,
name, default.  caffe.proto and the module generated from it must both say the same.  What the
forks add (forks.proto) is told apart by its numbers; test_schema_forks.py holds it.
"""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from google.protobuf import descriptor_pb2

from caffe.proto import caffe_pb2 as pb

ROOT = Path(__file__).resolve().parent.parent
TABLE = Path(__file__).parent / "golden" / "schema.txt"
FORKS_FIELD, FORKS_VALUE = 5001, 1000
OURS = {"SolverState": "  1000 optional bytes runtime_state"}
Proto = descriptor_pb2.FieldDescriptorProto


def default_text(field):
    if field.type == Proto.TYPE_STRING:
        return repr(field.default_value)
    # The C++ runtime writes 1e-08 as 9.99999994e-09, the nearest float.
    floats = (Proto.TYPE_FLOAT, Proto.TYPE_DOUBLE)
    return f"{float(field.default_value):g}" if field.type in floats else field.default_value


def field_line(field):
    kind = field.type_name.removeprefix(".caffe.") or Proto.Type.Name(field.type)[5:].lower()
    label = Proto.Label.Name(field.label)[6:].lower()
    line = f"  {field.number} {label} {kind} {field.name}"
    if field.HasField("default_value"):
        line += f" = {default_text(field)}"
    return line + (" packed" if field.options.packed else "")


def generated():
    """BVLC's part of the generated module as {message or enum: its lines}."""
    table = expected()
    return {name: lines for name, lines in all_generated().items() if name in table}


def all_generated():
    """The generated module as {message or enum: its lines}, without forks' fields and values."""
    file = descriptor_pb2.FileDescriptorProto()
    pb.DESCRIPTOR.CopyToProto(file)
    found = {}

    def add(prefix, messages, enums):
        for enum in enums:
            values = " ".join(f"{v.name}={v.number}" for v in enum.value if v.number < FORKS_VALUE)
            found[prefix + enum.name] = [f"enum {values}"]
        for message in messages:
            fields = sorted(
                (field for field in message.field if field.number < FORKS_FIELD),
                key=lambda field: field.number,
            )
            found[prefix + message.name] = ["message", *map(field_line, fields)]
            add(f"{prefix}{message.name}.", message.nested_type, message.enum_type)

    add("", file.message_type, file.enum_type)
    return found


def expected():
    found, name = {}, ""
    for line in TABLE.read_text().splitlines():
        if line.startswith(" "):
            found[name].append(line)
        else:
            name, rest = line.split(" ", 1)
            found[name] = [rest]
    for name, line in OURS.items():
        found[name].append(line)
    return found


def test_the_table_is_whole():
    table = expected()
    assert len(table) == 89 and sum(map(len, table.values())) > 500


@pytest.mark.parametrize("name", sorted(expected()))
def test_message_is_bvlcs(name):
    assert generated().get(name) == expected()[name]


def test_every_message_of_bvlc_is_there():
    assert set(generated()) == set(expected())


def written():
    """caffe.proto's fields as (message, number, label, type, name, default), read as text."""
    text = (ROOT / "python/caffe/proto/caffe.proto").read_text()
    text = re.sub(r"//[^\n]*", "", text)
    scope, fields = [], set()
    pattern = (
        r"(?:message|enum)\s+(?P<open>\w+)\s*\{|(?P<close>\})|"
        r"(?P<label>optional|repeated|required)\s+(?P<type>\w+)\s+(?P<name>\w+)\s*=\s*(?P<n>\d+)"
        r"(?:\s*\[(?P<options>[^\]]*)\])?;"
    )
    for match in re.finditer(pattern, text):
        if match["open"]:
            scope.append(match["open"])
        elif match["close"]:
            scope.pop()
        else:
            default = re.search(r"default = (\S+)", match["options"] or "")
            key = match["label"], match["type"], match["name"], default and default[1]
            fields.add((".".join(scope), int(match["n"]), *key))
    return fields


def test_generated_module_is_current():
    """caffe_pb2.py says what caffe.proto says; else run `make proto`."""
    module = set()
    for message, lines in generated().items():
        for line in lines[1:] if lines[0] == "message" else []:
            head, _, default = line.removesuffix(" packed").partition(" = ")
            number, label, kind, name = head.split()
            default = default.replace("'", '"') or None
            module.add((message, int(number), label, kind.split(".")[-1], name, default))
    assert module == written()


def test_lives_beside_another_caffe_schema():
    """A fork's own caffe_pb2 in the same process is no conflict: ours has a pool of its own."""
    script = """
from google.protobuf import descriptor_pb2, descriptor_pool
fork = descriptor_pb2.FileDescriptorProto(name="caffe.proto", package="caffe")
fork.message_type.add(name="NetParameter")
descriptor_pool.Default().AddSerializedFile(fork.SerializeToString())
from caffe.proto import caffe_pb2
net = caffe_pb2.NetParameter(name="n")
assert caffe_pb2.NetParameter.FromString(net.SerializeToString()).name == "n"
assert "debug_info" in caffe_pb2.NetParameter.DESCRIPTOR.fields_by_name
"""
    subprocess.run([sys.executable, "-c", script], check=True, cwd=ROOT / "python")


@pytest.mark.parametrize(
    "field, value",
    [
        ("convolution_param.group", 1),
        ("pooling_param.round_mode", pb.PoolingParameter.CEIL),
        ("lrn_param.beta", 0.75),
        ("batch_norm_param.moving_average_fraction", pytest.approx(0.999)),
        ("batch_norm_param.eps", pytest.approx(1e-5)),
        ("crop_param.axis", 2),
        ("exp_param.base", -1.0),
        ("reshape_param.num_axes", -1),
        ("loss_param.normalization", pb.LossParameter.VALID),
        ("data_param.prefetch", 4),
        ("window_data_param.crop_mode", "warp"),
    ],
)
def test_defaults_as_read(field, value):
    param, name = field.split(".")
    assert getattr(getattr(pb.LayerParameter(), param), name) == value
