"""What the forks add to the schema: forks.proto against the generated module and NetSpec.

BVLC's own part is held by test_schema.py.
"""

import re
from pathlib import Path

import pytest
from google.protobuf import descriptor_pb2, text_format

import caffe
from caffe._caffe.formats import fork_fields, upgrade
from caffe._caffe.formats.prototxt import parse_net
from caffe.proto import caffe_pb2 as pb

ROOT = Path(__file__).resolve().parent.parent
LAYER = pb.LayerParameter.DESCRIPTOR
V1 = pb.V1LayerParameter.DESCRIPTOR


def schema():
    """The generated module as {full name: DescriptorProto or EnumDescriptorProto}."""
    file = descriptor_pb2.FileDescriptorProto()
    pb.DESCRIPTOR.CopyToProto(file)
    found = {}

    def add(prefix, messages, enums):
        found.update({prefix + enum.name: enum for enum in enums})
        for message in messages:
            found[prefix + message.name] = message
            add(f"{prefix}{message.name}.", message.nested_type, message.enum_type)

    add("", file.message_type, file.enum_type)
    return found


def bvlc():
    text = (ROOT / "tests/golden/schema.txt").read_text()
    return {line.split()[0] for line in text.splitlines() if not line.startswith(" ")}


def written(name):
    """(message, field) pairs that the .proto file of that name spells out."""
    text = (ROOT / "python/caffe/proto" / name).read_text()
    text = re.sub(r"//[^\n]*", "", text)
    scope, fields = [], set()
    pattern = (
        r"(?:message|enum)\s+(?P<open>\w+)\s*\{|(?P<close>\})|"
        r"(?:optional|repeated|required)\s+\S+\s+(?P<field>\w+)\s*=\s*(?P<number>\d+)"
    )
    for match in re.finditer(pattern, text):
        if match["open"]:
            scope.append(match["open"])
        elif match["close"]:
            scope.pop()
        else:
            fields.add((".".join(scope), match["field"], int(match["number"])))
    return fields


def test_module_is_both_files():
    """caffe_pb2.py holds caffe.proto and forks.proto, field for field; else run `make proto`."""
    module = {
        (name, field.name, field.number)
        for name, message in schema().items()
        for field in getattr(message, "field", [])
    }
    ours, forks = written("caffe.proto"), written("forks.proto")
    assert len(forks) > 1000 and not ours & forks
    assert module == ours | forks


def test_no_number_or_name_is_given_twice():
    for name, item in schema().items():
        parts = item.field if hasattr(item, "field") else item.value
        for key in ("name", "number"):
            assert len({getattr(part, key) for part in parts}) == len(parts), f"{name}: {key}"


def test_additions_to_bvlcs_messages_have_numbers_apart():
    known = {(message, field) for message, field, _ in written("caffe.proto")}
    assert {message for message, _ in known} <= bvlc()
    for message, field, number in written("forks.proto"):
        assert (message, field) not in known
        if message in bvlc():
            assert number >= 5001, f"{message}.{field}"
        else:
            assert number < 5001, f"{message}.{field}"


def test_netspec_still_maps_bvlcs_messages_to_bvlcs_fields():
    """A fork's field of a BVLC message type would take that type's keywords over."""
    stems = caffe.net_spec.param_name_dict()
    for field in LAYER.fields:
        kind = field.message_type.name if field.message_type else ""
        if field.name.endswith("_param") and field.number < 5001:
            assert stems[kind.removesuffix("Parameter")] == field.name.removesuffix("_param")


FORKS_LAYERS = [f for f in LAYER.fields if f.number >= 5001 and f.message_type]


@pytest.mark.parametrize("field", FORKS_LAYERS, ids=lambda field: field.name)
def test_netspec_writes_a_forks_layer(field):
    """L.Interp(x, zoom_factor=8): the message's name is the type's, and its field holds it."""
    if not field.name.endswith("_param"):
        assert field.name == "multinode"
        return
    kind = field.message_type.name
    assert kind.endswith("Parameter")
    own = field.message_type.fields[0]
    layer = getattr(caffe.layers, kind.removesuffix("Parameter"))
    if own.message_type:
        value = {}
    elif own.enum_type:
        value = own.enum_type.values[0].number
    else:
        value = "x" if own.cpp_type == own.CPPTYPE_STRING else 1
    written = layer(ntop=0, **{own.name: value}).params
    net = caffe.NetSpec()
    net.l = layer(ntop=0, **written)
    assert net.to_proto().layer[0].HasField(field.name)


def test_interp_as_text():
    net = caffe.NetSpec()
    net.data = caffe.layers.Input(shape=dict(dim=[1, 1, 5, 5]))
    net.up = caffe.layers.Interp(net.data, zoom_factor=8)
    assert "interp_param {\n    zoom_factor: 8" in str(net.to_proto())


def test_v1_fields_come_over():
    """What V1 layers of forks hold, LayerParameter holds under the same name and type."""
    for field in V1.fields:
        if field.number >= 5001:
            new = LAYER.fields_by_name[field.name]
            assert (new.type, new.message_type) == (field.type, field.message_type)


@pytest.mark.parametrize(
    "old, new",
    [
        ("CROP", "CoordCrop"),
        ("INTERP", "Interp"),
        ("MAT_WRITE", "MatWrite"),
        ("SEG_ACCURACY", "SegAccuracy"),
        ("IMAGE_SEG_DATA", "ImageSegData"),
        ("DENSE_CRF", "DenseCRF"),
        ("MULTI_STAGE_MEANFIELD", "MultiStageMeanfield"),
        ("BN", "BN"),
        ("UNPOOLING", "Unpooling"),
        ("CONVOLUTION3D", "Convolution3D"),
    ],
)
def test_v1_types_of_forks(old, new):
    net = parse_net(f"layers {{ name: 'l' type: {old} }}")
    assert net.layer[0].type == new


def test_every_v1_type_has_a_name():
    names = [
        upgrade.v1_type_name(value.number)
        for value in pb.V1LayerParameter.LayerType.DESCRIPTOR.values
    ]
    assert len(set(names)) == len(names)
    assert not [name for name in names if "_" in name or name.isupper() and len(name) > 4]


@pytest.mark.parametrize(
    "field, value",
    [
        ("interp_param.zoom_factor", 1),
        ("bn_param.momentum", pytest.approx(0.9)),
        ("bn_param.eps", pytest.approx(1e-5)),
        ("bn_param.bn_mode", 0),
        ("upsample_param.scale", 2),
        ("dense_crf_param.max_iter", 10),
        ("dense_crf_param.output_probability", True),
        ("densecrf_param.r_bilateral", 20),
        ("roi_pooling_param.spatial_scale", 1),
        ("smooth_l1_loss_param.sigma", 1),
        ("norm_param.across_spatial", True),
        ("norm_param.eps", pytest.approx(1e-10)),
        ("prior_box_param.offset", 0.5),
        ("prior_box_param.flip", True),
        ("multibox_loss_param.overlap_threshold", 0.5),
        ("detection_output_param.share_location", True),
        ("image_data_param.ignore_label", 255),
        ("dropout_param.scale_train", True),
        ("loss_param.pre_fixed_normalizer", 1),
        ("loss_param.ignore_rank", True),
        ("bias_channel_param.fg_bias", 2),
        ("domain_transform_param.range_sigma", 5),
        ("shuffle_channel_param.group", 1),
    ],
)
def test_forks_defaults(field, value):
    """As golden/forks' README and the forks' own schemas have them."""
    param, name = field.split(".")
    assert getattr(getattr(pb.LayerParameter(), param), name) == value


def test_ssds_database_records_have_ssds_numbers():
    """AnnotatedDatum lies in LMDBs that SSD wrote: bytes by SSD's numbers, by hand."""
    record = pb.AnnotatedDatum.FromString(
        b"\x0a\x02\x18\x07\x10\x00"  # datum { width: 7 } type: BBOX
        b"\x1a\x0d\x08\x05\x12\x09\x08\x01\x12\x05\x0d\x00\x00\x00\x3f"  # its one group
    )
    group = record.annotation_group[0]
    assert record.datum.width == 7 and record.type == pb.AnnotatedDatum.BBOX
    assert group.group_label == 5 and group.annotation[0].instance_id == 1
    assert group.annotation[0].bbox.xmin == 0.5


def test_label_map_of_ssd():
    text = "item { name: 'none_of_the_above' label: 0 display_name: 'background' }"
    labels = text_format.Parse(text, pb.LabelMap())
    assert labels.item[0].display_name == "background"


@pytest.mark.parametrize("number", [1, 2])
def test_resize_param_once_or_several_times(number):
    resizes = "resize_param { height: 300 width: 300 } " * number
    net = parse_net(f"layer {{ transform_param {{ {resizes} }} }}")
    assert len(net.layer[0].transform_param.resize_param) == number


def test_engines_of_forks_are_dropped_and_said_once(caplog):
    net = parse_net(
        "default_forward_type: FLOAT16 layer { type: 'Convolution' forward_type: FLOAT16 "
        "convolution_param { num_output: 1 engine: MKL2017 } quantization_param { } } "
        "layer { type: 'BatchNorm' batch_norm_param { engine: CUDNN eps: 0.1 } }",
        "f",
    )
    assert [field.name for field, _ in net.ListFields()] == ["layer"]
    conv, norm = net.layer
    assert [field.name for field, _ in conv.ListFields()] == ["type", "convolution_param"]
    assert not conv.convolution_param.HasField("engine")
    assert [field.name for field, _ in norm.batch_norm_param.ListFields()] == ["eps"]
    (said,) = [line for line in caplog.messages if "fork's own engine" in line]
    for name in ("default_forward_type", "forward_type", "MKL2017", "quantization_param"):
        assert name in said


def test_ceil_mode_is_round_mode():
    for word, mode in (("true", pb.PoolingParameter.CEIL), ("false", pb.PoolingParameter.FLOOR)):
        param = (
            parse_net(f"layer {{ pooling_param {{ ceil_mode: {word} }} }}").layer[0].pooling_param
        )
        assert param.round_mode == mode and not param.HasField("ceil_mode")
    with pytest.raises(caffe.CaffeError, match="ceil_mode and round_mode disagree"):
        parse_net("layer { pooling_param { ceil_mode: true round_mode: FLOOR } }")


def test_what_is_read_or_tuned_is_in_the_schema():
    for table in (fork_fields.READ, fork_fields.TUNING):
        for message, names in table.items():
            descriptor = pb.DESCRIPTOR.message_types_by_name[message]
            for name in names.split():
                field = descriptor.fields_by_name.get(name)
                value = descriptor.enum_values_by_name.get(name)
                assert (field and field.number >= 5001) or (value and value.number >= 1000), name
    for message in fork_fields.READ:
        both = set(fork_fields.READ[message].split()) & set(
            fork_fields.TUNING.get(message, "").split()
        )
        assert not both


def test_every_field_said_to_be_read_is_read():
    """A name in READ that no layer, source or solver speaks of would be ignored in silence."""
    engine = ROOT / "python/caffe/_caffe"
    text = "\n".join(
        path.read_text() for path in engine.rglob("*.py") if path.name != "fork_fields.py"
    )
    unread = {
        name
        for names in fork_fields.READ.values()
        for name in names.split()
        if not re.search(rf'\.{name}\b|"{name}"', text)
    }
    assert not unread
