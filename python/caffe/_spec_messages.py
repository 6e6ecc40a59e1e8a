"""Python objects into messages of the schema, for net_spec."""

from ._nearest import nearest


def assign_proto(proto, name, val):
    """Set field `name` of message `proto` to the Python object `val`.

    A dict fills a message, a list fills a repeated field, and anything else is assigned as it is. A
    single value given to a repeated field is taken as a list of one.

    Raises
    ------
    AttributeError
        For a field that the message lacks.
    TypeError
        For a value that does not fit the field.
    """
    field = proto.DESCRIPTOR.fields_by_name.get(name)
    if field is None:
        known = nearest(name, proto.DESCRIPTOR.fields_by_name)
        raise AttributeError(f"{proto.DESCRIPTOR.name} has no field {name!r}{known}")
    where = f"{proto.DESCRIPTOR.name}.{name}"
    target = getattr(proto, name)
    if hasattr(target, "extend"):
        _fill_repeated(target, field, val if isinstance(val, (list, tuple)) else [val], where)
    elif isinstance(val, (list, tuple)):
        raise TypeError(f"{where} holds one value, got the list {val!r}")
    elif isinstance(val, dict):
        if field.message_type is None:
            raise TypeError(f"{where} is not a message, got the dict {val!r}")
        # An empty dict still makes the message present.
        target.SetInParent()
        for key, item in val.items():
            assign_proto(target, key, item)
    else:
        _put(where, val, lambda value: setattr(proto, name, value))


def _fill_repeated(target, field, values, where):
    for value in values:
        if not isinstance(value, dict):
            _put(where, value, target.append)
        elif field.message_type is None:
            raise TypeError(f"{where} holds no messages, got the dict {value!r}")
        else:
            item = target.add()
            for key, inner in value.items():
                assign_proto(item, key, inner)


def _put(where, value, put):
    """`put(value)`; what protobuf refuses is raised with the field's name in front."""
    try:
        put(value)
    except (TypeError, ValueError, AttributeError) as problem:
        raise TypeError(f"{where} cannot be {value!r}: {problem}") from problem
