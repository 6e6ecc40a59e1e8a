"""Digest of a prototxt, layer by layer: what each layer computes, not how it is written.

`digests.json` holds the digests of the reference's thirty train and val nets, made in this way
from its own files. Left out: the net's name, and the data layers' parameters (paths, seeds).
"""

import hashlib
import json

from google.protobuf import text_format
from google.protobuf.descriptor import FieldDescriptor

from caffe.proto import caffe_pb2

PLAIN = (("stride", 1), ("pad", 0), ("dilation", 1))  # written or not, it is the same net


def digest(text):
    """{layer name: digest} of a net in text form."""
    net = text_format.Parse(text, caffe_pb2.NetParameter())
    return {layer.name: _digest(layer) for layer in net.layer}


def _digest(layer):
    content = canonical(layer)
    content.pop("phase", None)
    content.pop("name", None)
    if layer.type == "Python":
        content = {"type": "Python", "top": content.get("top")}
    if "param" in content:
        learning = ("lr_mult", "decay_mult")
        content["param"] = [{k: p[k] for k in p if k in learning} for p in content["param"]]
        if not any(content["param"]):
            content.pop("param")
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]


def canonical(message):
    """The message as plain values, without what equals its default."""
    found = {}
    for field, value in message.ListFields():
        if field.type == FieldDescriptor.TYPE_MESSAGE:
            several = hasattr(value, "add")
            found[field.name] = [canonical(v) for v in value] if several else canonical(value)
        elif hasattr(value, "__len__") and not isinstance(value, str | bytes):
            found[field.name] = [_number(v) for v in value]
        elif value != field.default_value if field.has_default_value else value:
            found[field.name] = _number(value)
    for name, plain in PLAIN:
        if isinstance(found.get(name), list) and set(found[name]) == {plain}:
            del found[name]
    return {k: v for k, v in found.items() if v not in ({}, [])}


def _number(value):
    return round(float(value), 9) if isinstance(value, float) else value
