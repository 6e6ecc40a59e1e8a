"""ONNX's windows, normalisations and neurons as Caffe's layers."""

import numpy as np

from .onnx_table import reads

NEURONS = {"Relu": "ReLU", "Sigmoid": "Sigmoid", "Tanh": "TanH", "Exp": "Exp", "Abs": "AbsVal"}


@reads("Identity", "Dropout")
def alias(r, node, a):
    r.alias(node, node.input[0])


@reads(*NEURONS)
def neuron(r, node, a):
    """The layer of the same function."""
    r.add(NEURONS[node.op_type], node, [r.blob(node, 0)])


# -- windows


def _windows(r, node, a) -> dict:
    """Return pad, and stride as Caffe's fields, of symmetrical windows in two dimensions."""
    if a.get("auto_pad", b"NOTSET") not in (b"NOTSET", b"VALID"):
        r.fail(node, "auto_pad: export the model with explicit pads")
    pads = list(a.get("pads", [0, 0, 0, 0]))
    if len(pads) != 4 or pads[:2] != pads[2:]:
        r.fail(node, f"pads {pads}: a layer pads both ends of two axes alike")
    (ph, pw), (sh, sw) = pads[:2], a.get("strides", (1, 1))
    return dict(pad_h=ph, pad_w=pw, stride_h=sh, stride_w=sw)


@reads("Conv", "ConvTranspose")
def convolution(r, node, a):
    """Convolution; ConvTranspose's kernels lie as Deconvolution's."""
    kernel = r.constant(node, 1, "kernel")
    fields = _windows(r, node, a)
    group, dilation = a.get("group", 1), list(a.get("dilations", (1, 1)))
    if any(a.get("output_padding", ())) or "output_shape" in a:
        r.fail(node, "output_padding and output_shape have no layer")
    transposed = node.op_type == "ConvTranspose"
    count = kernel.shape[1] * group if transposed else len(kernel)
    arrays = [kernel]
    if len(node.input) > 2:
        arrays.append(r.constant(node, 2, "bias"))
    fields |= dict(
        num_output=count, group=group, kernel_h=kernel.shape[2], kernel_w=kernel.shape[3],
        bias_term=len(arrays) > 1,
    )  # fmt: skip
    if dilation != [1, 1]:
        fields["dilation"] = dilation
    kind = "Deconvolution" if transposed else "Convolution"
    r.add(kind, node, [r.blob(node, 0)], arrays=arrays, convolution_param=fields)


@reads("MaxPool", "AveragePool")
def pooling(r, node, a):
    """Pooling, rounding as the node says."""
    fields, average = _windows(r, node, a), node.op_type == "AveragePool"
    if len([o for o in node.output if o]) > 1 or any(d != 1 for d in a.get("dilations", ())):
        r.fail(node, "indices and dilations have no layer")
    padded = fields["pad_h"] or fields["pad_w"]
    if average and padded and not a.get("count_include_pad", 0):
        r.fail(node, "a layer's average counts the padding (count_include_pad 1)")
    fields |= dict(
        pool="AVE" if average else "MAX",
        kernel_h=a["kernel_shape"][0], kernel_w=a["kernel_shape"][1],
        round_mode="CEIL" if a.get("ceil_mode", 0) else "FLOOR",
    )  # fmt: skip
    r.add("Pooling", node, [r.blob(node, 0)], pooling_param=fields)


@reads("GlobalAveragePool", "GlobalMaxPool")
def global_pooling(r, node, a):
    pool = "AVE" if "Average" in node.op_type else "MAX"
    fields = dict(pool=pool, global_pooling=True)
    r.add("Pooling", node, [r.blob(node, 0)], pooling_param=fields)


OPERATIONS = {
    "ReduceMean": "MEAN",
    "ReduceSum": "SUM",
    "ReduceL1": "ASUM",
    "ReduceSumSquare": "SUMSQ",
}


@reads(*OPERATIONS)
def reduction(r, node, a):
    """Reduction of all axes from one on; a mean that leaves height and width as 1 is a Pooling."""
    rank = len(r.shape(node.input[0]))
    given = a.get("axes") or (r.constant(node, 1, "axes") if len(node.input) > 1 else range(rank))
    axes = sorted(int(x) % rank for x in given)
    blob, keep = r.blob(node, 0), a.get("keepdims", 1)
    if node.op_type == "ReduceMean" and keep and axes == [2, 3] and rank == 4:
        r.add("Pooling", node, [blob], pooling_param=dict(pool="AVE", global_pooling=True))
    elif not keep and axes == list(range(axes[0], rank)):
        fields = dict(operation=OPERATIONS[node.op_type], axis=axes[0])
        r.add("Reduction", node, [blob], reduction_param=fields)
    else:
        r.fail(node, f"a layer reduces all axes from one on, and drops them; not {axes} of {rank}")


# -- normalisation and neurons


@reads("BatchNormalization")
def batch_norm(r, node, a):
    """BatchNorm by the stored figures, and Scale."""
    names = ("scale", "bias", "mean", "variance")
    scale, bias, average, variance = (r.constant(node, i, n) for i, n in enumerate(names, 1))
    middle = r.add(
        "BatchNorm", node, [r.blob(node, 0)], top=r.fresh(f"{node.output[0]}/norm"),
        arrays=[average, variance, np.ones(1)], batch_norm_param=dict(eps=a.get("epsilon", 1e-5)),
    )  # fmt: skip
    r.add("Scale", node, [middle], arrays=[scale, bias], scale_param=dict(bias_term=True))


@reads("LRN")
def lrn(r, node, a):
    defaults = dict(alpha=1e-4, beta=0.75, bias=1.0) | a
    fields = dict(local_size=a["size"], alpha=defaults["alpha"], beta=defaults["beta"])
    r.add("LRN", node, [r.blob(node, 0)], lrn_param=fields | dict(k=defaults["bias"]))


@reads("Softmax")
def softmax(r, node, a):
    """Softmax; before ONNX's set 13 over all axes from axis 1 on."""
    fields = dict(axis=a.get("axis", -1))
    r.add("Softmax", node, [r.blob(node, 0)], softmax_param=fields)


@reads("LeakyRelu")
def leaky_relu(r, node, a):
    fields = dict(negative_slope=a.get("alpha", 0.01))
    r.add("ReLU", node, [r.blob(node, 0)], relu_param=fields)


@reads("Elu")
def elu(r, node, a):
    r.add("ELU", node, [r.blob(node, 0)], elu_param=dict(alpha=a.get("alpha", 1.0)))


@reads("PRelu")
def prelu(r, node, a):
    """PReLU with a slope for each channel, or one."""
    slope = r.constant(node, 1, "slope").reshape(-1)
    shared = len(slope) == 1
    fields = dict(channel_shared=shared)
    array = slope.reshape(()) if shared else slope
    r.add("PReLU", node, [r.blob(node, 0)], arrays=[array], prelu_param=fields)


@reads("Clip")
def clip(r, node, a):
    """ReLU, or ReLU6."""
    given = [a.get("min"), a.get("max")]
    for i in (1, 2):
        if len(node.input) > i and node.input[i]:
            given[i - 1] = float(r.constant(node, i, "limits"))
    kinds = {(0.0, 6.0): "ReLU6", (0.0, None): "ReLU"}
    if tuple(given) not in kinds:
        r.fail(node, f"no layer clips to {given[0]} and {given[1]}")
    r.add(kinds[tuple(given)], node, [r.blob(node, 0)])


@reads("Neg", "Sqrt", "Pow")
def power(r, node, a):
    if node.op_type == "Pow":
        exponent = r.constant(node, 1, "exponent")
        if exponent.size != 1:
            r.fail(node, "a layer has one exponent")
        fields = dict(power=float(exponent.reshape(())))
    else:
        fields = dict(scale=-1.0) if node.op_type == "Neg" else dict(power=0.5)
    r.add("Power", node, [r.blob(node, 0)], power_param=fields)
