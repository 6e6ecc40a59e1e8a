"""Merge forks.proto's messages into caffe.proto's package: python merge.py SET MERGED.

SET is what protoc --descriptor_set_out writes for both files, MERGED the set with the one file
caffe.proto that protoc --descriptor_set_in then makes caffe_pb2.py of (`make proto`).  A message or
enum that both have gains the fields and values of the forks' one; the others come over whole.
"""

import sys

from google.protobuf import descriptor_pb2

FORKS = ".caffe.forks."


def merge(base, added):
    """Add the messages, enums and fields of descriptor `added` to `base`, a file or a message.

    Parameters
    ----------
    base, added : FileDescriptorProto or DescriptorProto
        Both of the same class; `base` is changed in place.

    Raises
    ------
    ValueError
        Where both give one field or enum value, or one number.
    """
    messages = "nested_type" if hasattr(base, "nested_type") else "message_type"
    for message in getattr(added, messages):
        known = _named(getattr(base, messages), message.name)
        merge(known or getattr(base, messages).add(name=message.name), message)
    for enum in added.enum_type:
        known = _named(base.enum_type, enum.name) or base.enum_type.add(name=enum.name)
        _extend(known.value, enum.value, enum.name)
    if hasattr(base, "field"):
        _extend(base.field, added.field, base.name)
        for field in base.field:
            if field.type_name.startswith(FORKS):
                field.type_name = ".caffe." + field.type_name.removeprefix(FORKS)


def _extend(known, added, where: str) -> None:
    """Append the fields or enum values `added` to `known`, which must have none of them yet."""
    names, numbers = {item.name for item in known}, {item.number for item in known}
    for item in added:
        if item.name in names or item.number in numbers:
            raise ValueError(f"{where}: {item.name} = {item.number} is in caffe.proto already")
    known.extend(added)


def _named(items, name: str):
    return next((item for item in items if item.name == name), None)


def main(source: str, target: str) -> None:
    """Read the descriptor set `source`, merge its two files, write them as `target`."""
    with open(source, "rb") as file:
        files = {f.name: f for f in descriptor_pb2.FileDescriptorSet.FromString(file.read()).file}
    merge(files["caffe.proto"], files["forks.proto"])
    merged = descriptor_pb2.FileDescriptorSet(file=[files["caffe.proto"]])
    with open(target, "wb") as file:
        file.write(merged.SerializeToString(deterministic=True))


if __name__ == "__main__":
    main(*sys.argv[1:])
