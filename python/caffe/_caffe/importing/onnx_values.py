"""ONNX's sums, products and moves of values as Caffe's layers."""

import numpy as np

from .onnx_table import reads

# -- sums and products


@reads("Gemm", "MatMul")
def inner_product(r, node, a):
    """InnerProduct over the last axis."""
    weight = r.constant(node, 1, "weights")
    if weight.ndim != 2 or a.get("transA", 0) or {a.get("alpha", 1), a.get("beta", 1)} != {1}:
        r.fail(node, "needs weights (in, out), alpha 1, beta 1 and no transA")
    weight = weight if a.get("transB", 0) else weight.T
    arrays = [weight]
    if len(node.input) > 2:
        bias = r.constant(node, 2, "bias")
        arrays.append(np.broadcast_to(bias.reshape(-1), (len(weight),)))
    fields = dict(num_output=len(weight), bias_term=len(arrays) > 1)
    fields["axis"] = len(r.shape(node.input[0])) - 1
    r.add("InnerProduct", node, [r.blob(node, 0)], arrays=arrays, inner_product_param=fields)


@reads("Add", "Sub", "Mul", "Div", "Sum", "Max")
def arithmetic(r, node, a):
    """Eltwise of blobs; Scale, Bias or Power of a blob and a constant."""
    constants = [i for i, name in enumerate(node.input) if r.known.get(name)]
    if constants:
        return _with_constant(r, node, constants[0])
    shapes = [r.shape(name) for name in node.input]
    blobs = [r.blob(node, i) for i in range(len(node.input))]
    if len(set(shapes)) == 1 and node.op_type != "Div":
        fields: dict = {"Mul": dict(operation="PROD"), "Max": dict(operation="MAX")}.get(
            node.op_type, {}
        )
        if node.op_type == "Sub":
            fields = dict(coeff=[1, -1])
        return r.add("Eltwise", node, blobs, eltwise_param=fields)
    if len(shapes) == 2 and node.op_type in ("Add", "Mul"):
        wide, small = sorted((0, 1), key=lambda i: -r.values[node.input[i]].size)
        if shapes[small] == (*shapes[wide][:2], *(1,) * (len(shapes[wide]) - 2)):
            flat = r.add("Flatten", node, [blobs[small]], top=r.fresh(f"{node.output[0]}/flat"))
            kind, field = (
                ("Scale", "scale_param") if node.op_type == "Mul" else ("Bias", "bias_param")
            )
            return r.add(kind, node, [blobs[wide], flat], **{field: dict(axis=0)})
    return r.fail(node, f"no layer has bottoms of shapes {' and '.join(map(str, shapes))}")


def _with_constant(r, node, index):
    value = r.constant(node, index, "constant")
    other = 1 - index
    blob, shape = r.blob(node, other), r.shape(node.input[other])
    if node.op_type in ("Sub", "Div") and index == 0 or len(node.input) != 2:
        r.fail(node, "no layer computes this of a constant and a blob")
    if node.op_type == "Max":
        if value.size == 1 and value.reshape(()) == 0:
            return r.add("ReLU", node, [blob])
        r.fail(node, "no layer has another floor than 0")
    product = node.op_type in ("Mul", "Div")
    value = {"Sub": np.negative, "Div": np.reciprocal}.get(node.op_type, np.asarray)(value)
    if value.size == 1:
        field = "scale" if product else "shift"
        return r.add("Power", node, [blob], power_param={field: float(value.reshape(()))})
    wide = (1,) * (len(shape) - value.ndim) + value.shape
    if wide != (1, shape[1], *(1,) * (len(shape) - 2)):
        r.fail(node, f"a layer's constant is one a channel, not {value.shape} for {shape}")
    kind = "Scale" if product else "Bias"
    return r.add(kind, node, [blob], arrays=[value.reshape(-1)])


# -- shapes


@reads("Concat")
def concat(r, node, a):
    blobs = [r.blob(node, i) for i in range(len(node.input))]
    r.add("Concat", node, blobs, concat_param=dict(axis=a["axis"]))


@reads("Flatten", "Reshape", "Squeeze", "Unsqueeze")
def reshape(r, node, a):
    """Reshape: the first axes as they are, then the new sizes, one of them open."""
    old, new = r.shape(node.input[0]), r.shape(node.output[0])
    same = 0
    while same < min(len(old), len(new)) and old[same] == new[same]:
        same += 1
    dims = [0] * same + list(new[same:])
    if len(dims) > same:
        given = r.values[node.input[1]] if node.op_type == "Reshape" else ()
        place = list(given).index(-1) if -1 in given else len(dims) - 1
        if place >= same:
            dims[place] = -1
    fields = dict(shape=dict(dim=dims))
    r.add("Reshape", node, [r.blob(node, 0)], reshape_param=fields)


@reads("Transpose")
def transpose(r, node, a):
    rank = len(r.shape(node.input[0]))
    order = a.get("perm", range(rank - 1, -1, -1))
    r.add("Permute", node, [r.blob(node, 0)], permute_param=dict(order=list(order)))


@reads("Split")
def split(r, node, a):
    axis = a.get("axis", 0)
    counts = [r.shape(name)[axis] for name in node.output]
    points = np.cumsum(counts)[:-1].tolist()
    _slices(r, node, axis, points, list(node.output))
    r.blobs.update({name: name for name in node.output})


def _slices(r, node, axis, points, tops):
    layer = r.draft.param.layer.add(
        name=r.fresh(tops[0]), type="Slice", bottom=[r.blob(node, 0)], top=tops
    )
    layer.slice_param.axis = axis
    layer.slice_param.slice_point.extend(points)


@reads("Slice")
def cut(r, node, a):
    """Crop to the size of the blob that the ends come from; with constant ends, Slice."""
    source, shape = node.input[0], r.shape(node.input[0])
    starts, ends = (r.values[name].reshape(-1) for name in node.input[1:3])
    axes = r.constant(node, 3, "axes") if len(node.input) > 3 else np.arange(len(starts))
    axes = [int(x) % len(shape) for x in axes]
    if len(node.input) > 4 and (r.constant(node, 4, "steps") != 1).any():
        r.fail(node, "no layer takes steps")
    starts = [int(v) + (shape[x] if v < 0 else 0) for v, x in zip(starts, axes, strict=True)]
    stops = [s + r.shape(node.output[0])[x] for s, x in zip(starts, axes, strict=True)]
    reference = _origin(r, node.input[2])
    if reference not in (None, source) or len(axes) != 1:
        if reference is None or axes != list(range(axes[0], len(shape))):
            r.fail(node, "a layer crops to another blob's size, all axes from one on")
        fields = dict(axis=axes[0], offset=starts)
        return r.add("Crop", node, [r.blob(node, 0), r.blobs[reference]], crop_param=fields)
    axis, start, stop = axes[0], starts[0], stops[0]
    parts = {f"{node.output[0]}/before": start > 0, node.output[0]: True}
    parts[f"{node.output[0]}/behind"] = stop < shape[axis]
    tops = [name for name, there in parts.items() if there]
    if len(tops) == 1:
        return r.alias(node, source)
    _slices(r, node, axis, [p for p in (start, stop) if 0 < p < shape[axis]], tops)
    r.blobs[node.output[0]] = node.output[0]
    rest = [name for name in tops if name != node.output[0]]
    silence = r.draft.param.layer.add(name=r.fresh(rest[0]), type="Silence", bottom=rest)
    return silence.name


def _origin(r, name) -> str | None:
    """Return the drawn value whose Shape these sizes come from."""
    node = r.makers.get(name)
    if node is None or r.known.get(name):
        return None
    if node.op_type == "Shape":
        return node.input[0] if node.input[0] in r.blobs else None
    return next((v for v in (_origin(r, i) for i in node.input) if v), None)


@reads("ArgMax")
def argmax(r, node, a):
    """ArgMax along an axis that stays."""
    if not a.get("keepdims", 1):
        r.fail(node, "a layer's ArgMax keeps the axis (keepdims 1)")
    r.add("ArgMax", node, [r.blob(node, 0)], argmax_param=dict(axis=a.get("axis", 0)))


@reads("Resize")
def resize(r, node, a):
    """Interp where corners are aligned; repeated pixels as a Deconvolution."""
    c, h, w = r.shape(node.input[0])[1:]
    tall, wide = r.shape(node.output[0])[2:]
    mode = (a.get("mode", b"nearest"), a.get("coordinate_transformation_mode", b"half_pixel"))
    blob = r.blob(node, 0)
    if mode == (b"linear", b"align_corners"):
        fields = dict(height=tall, width=wide)
        zoom = (tall - 1) / max(h - 1, 1), (wide - 1) / max(w - 1, 1)
        if zoom[0] == zoom[1] == int(zoom[0]) and not r.known.get(node.input[-1]):
            fields = dict(zoom_factor=int(zoom[0]))
        return r.add("Interp", node, [blob], interp_param=fields)
    if mode[0] == b"nearest" and tall % h == wide % w == 0:
        kh, kw = tall // h, wide // w
        fields = dict(
            num_output=c, group=c, kernel_h=kh, kernel_w=kw, stride_h=kh, stride_w=kw,
            bias_term=False,
        )  # fmt: skip
        ones = [np.ones((c, 1, kh, kw))]
        return r.add("Deconvolution", node, [blob], arrays=ones, convolution_param=fields)
    return r.fail(node, f"no layer resizes so ({b', '.join(mode).decode()})")
