"""Write nets as Python expressions.

`layers` and `params` (customarily imported as `L` and `P`) offer every layer type
and every enum of the schema::

    n = NetSpec()
    n.data = L.Input(shape=dict(dim=[1, 3, 224, 224]))
    n.conv1 = L.Convolution(n.data, num_output=64, kernel_size=3, pad=1)
    n.pool1 = L.Pooling(n.conv1, pool=P.Pooling.MAX, kernel_size=2, stride=2)
    print(n.to_proto())

Nothing is listed here: which keyword belongs to which field is read from the schema's
descriptors, so a layer type added to `caffe.proto` can be written at once.

Tops that were never assigned to a `NetSpec` get names made of the layer type and a running
number (`Convolution1`), counted per type in the order in which layers are written out.
"""

from collections import Counter, OrderedDict

from ._nearest import nearest
from ._spec_messages import assign_proto
from .proto import caffe_pb2

_LAYER_FIELDS = caffe_pb2.LayerParameter.DESCRIPTOR.fields_by_name


def param_name_dict():
    """Map layer types to the stem of their parameter field: `{"Pooling": "pooling", ...}`.

    The stem lacks `_param`. Keys are message names without `Parameter`, so messages that
    are not a layer's own (`Transformation` -> `transform`) are in the map as well.
    """
    suffix, message_suffix = "_param", "Parameter"
    return {
        field.message_type.name[: -len(message_suffix)]: name[: -len(suffix)]
        for name, field in _LAYER_FIELDS.items()
        if name.endswith(suffix)
    }


def to_proto(*tops):
    """NetParameter with every layer that is needed to compute `tops`, inputs first."""
    return _Writer({}).net(tops)


class Top:
    """One output of a layer: top number `n` of `Function` `fn`."""

    def __init__(self, fn, n):
        self.fn = fn
        self.n = n

    def to_proto(self):
        """NetParameter with every layer that is needed to compute this top."""
        return to_proto(self)


class Function:
    """A layer: its type, the Tops it reads, and its parameters.

    Two keywords are not layer parameters: `ntop` is the number of tops (default 1) and
    `in_place` makes the layer write into its bottoms.
    """

    def __init__(self, type_name, inputs, params):
        self.type_name = type_name
        for index, bottom in enumerate(inputs):
            if not isinstance(bottom, Top):
                raise TypeError(f"{type_name} input {index} is not a Top (type is {type(bottom)})")
        self.inputs = inputs
        self.params = params
        self.ntop = params.pop("ntop", 1)
        self.in_place = params.pop("in_place", False)
        self.tops = tuple(Top(self, n) for n in range(self.ntop))


class NetSpec:
    """A net whose blobs carry the names of the attributes that they were assigned to.

    `n.conv1 = L.Convolution(...)` and `n["conv1"] = ...` are the same. A layer is named
    after its first top; a layer without tops after the attribute that holds it.
    """

    def __init__(self):
        super().__setattr__("tops", OrderedDict())

    def __setattr__(self, name, value):
        if not isinstance(value, (Top, Function)):
            hint = ""
            if isinstance(value, tuple):
                hint = f": unpack it, as in n.a, n.b = L.Data(..., ntop={len(value)})"
            raise TypeError(f"NetSpec top {name!r} is of {type(value)}, expected a Top{hint}")
        self.tops[name] = value

    def __getattr__(self, name):
        if name == "tops":  # not set yet: copy and pickle ask before __init__ has run
            raise AttributeError(name)
        if name not in self.tops:
            raise _UnknownTop(f"the NetSpec has no top {name!r}{nearest(name, self.tops)}")
        return self.tops[name]

    def __setitem__(self, key, value):
        setattr(self, key, value)

    def __getitem__(self, item):
        return self.__getattr__(item)

    def __delitem__(self, name):
        self[name]  # an unknown name is named, with the nearest
        del self.tops[name]

    # SSD's fork and five others have these four; their model_libs.py needs them.

    def keys(self):
        """Return a list of the names of the tops, in the order in which they were assigned."""
        return list(self.tops)

    def vals(self):
        """Return a list of the tops, in the order in which they were assigned."""
        return list(self.tops.values())

    def update(self, name, params):
        """Set parameters (a dict) of the layer that makes top `name`; others stay."""
        top = self[name]
        (top.fn if isinstance(top, Top) else top).params.update(params)

    def to_proto(self):
        """NetParameter with all layers that are needed for the assigned tops."""
        return _Writer({top: name for name, top in self.tops.items()}).net(self.tops.values())


class Layers:
    """`Layers().Pooling(bottom, ...)` makes a Pooling layer; likewise for every type name.

    Returns its Top, a tuple of Tops where `ntop` is above 1, or the `Function` where it is 0.
    """

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)

        def layer_fn(*args, **kwargs):
            fn = Function(name, args, kwargs)
            if fn.ntop == 0:
                return fn
            return fn.tops[0] if fn.ntop == 1 else fn.tops

        return layer_fn


class Parameters:
    """`Parameters().Pooling.MAX` is the number of that enum value in PoolingParameter."""

    def __getattr__(self, name):
        message = getattr(caffe_pb2, name + "Parameter", None)
        if message is None:
            known = [m[: -len("Parameter")] for m in dir(caffe_pb2) if m.endswith("Parameter")]
            raise AttributeError(f"the schema has no {name}Parameter{nearest(name, known)}")
        return _Enums(message)


class _Enums:
    """The enum values of one parameter message, as attributes."""

    def __init__(self, message):
        self._message = message

    def __getattr__(self, name):
        values = self._message.DESCRIPTOR.enum_values_by_name
        if name not in values:
            kind = self._message.DESCRIPTOR.name
            raise AttributeError(f"{kind} has no enum value {name!r}{nearest(name, values)}")
        return values[name].number


class _UnknownTop(AttributeError, KeyError):
    """A top asked for by a name it does not have; BVLC's NetSpec raises KeyError here."""

    __str__ = Exception.__str__


class _Writer:
    """Collects layers in the order in which they must run and names what has no name."""

    def __init__(self, names):
        self.names = names
        self.counts = Counter()
        self.layers = OrderedDict()

    def net(self, tops):
        for top in tops:
            self.add(top)
        net = caffe_pb2.NetParameter()
        net.layer.extend(self.layers.values())
        return net

    def add(self, top):
        """Write the layer of `top` (a Top or a Function) after all that it depends on."""
        # An explicit stack: very deep nets exceed Python's recursion limit.
        pending = [getattr(top, "fn", top)]
        while pending:
            fn = pending[-1]
            missing = next((t.fn for t in fn.inputs if t.fn not in self.layers), None)
            if missing is not None:
                pending.append(missing)
                continue
            pending.pop()
            if fn not in self.layers:
                self.layers[fn] = self.layer(fn)

    def layer(self, fn):
        layer = caffe_pb2.LayerParameter(type=fn.type_name)
        layer.bottom.extend(self.layers[t.fn].top[t.n] for t in fn.inputs)
        if fn.in_place:
            layer.top.extend(layer.bottom)
        else:
            layer.top.extend(self.name(top, fn) for top in fn.tops)
        layer.name = self.name(fn.tops[0] if fn.tops else fn, fn)
        for key, value in fn.params.items():
            assign_proto(_owner(layer, key), key, value)
        return layer

    def name(self, item, fn):
        if item not in self.names:
            self.counts[fn.type_name] += 1
            self.names[item] = f"{fn.type_name}{self.counts[fn.type_name]}"
        return self.names[item]


def _owner(layer, key):
    """Return the message that keyword `key` of a layer belongs to: its own param, or the layer."""
    own = _param_names.get(layer.type)
    # `param`, `transform_param`, ... are the layer's even where its own message has such a field.
    if own and not key.endswith("param"):
        message = getattr(layer, own + "_param")
        if key in message.DESCRIPTOR.fields_by_name:
            return message
    if key not in _LAYER_FIELDS:
        raise AttributeError(_no_parameter(layer, key, own))
    return layer


def _no_parameter(layer, key, own):
    known = list(_LAYER_FIELDS)
    if own:
        known += _LAYER_FIELDS[own + "_param"].message_type.fields_by_name
        return f"layer {layer.name!r} ({layer.type}) has no parameter {key!r}{nearest(key, known)}"
    # Deconvolution, LSTM and others borrow a message, which BVLC wants spelled out.
    homes = [
        name
        for name, field in _LAYER_FIELDS.items()
        if name.endswith("_param") and key in field.message_type.fields_by_name
    ]
    hint = f"; pass it inside one of {', '.join(homes)}" if homes else nearest(key, known)
    return (
        f"layer {layer.name!r} ({layer.type}) has no parameter message of its own "
        f"that could hold {key!r}{hint}"
    )


_param_names = param_name_dict()
layers = Layers()
params = Parameters()
