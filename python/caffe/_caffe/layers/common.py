"""Layers that compute across a blob: ArgMax, Embed, InnerProduct, Parameter, Reduction."""

import math

import torch
from torch.nn import functional as F

from ..core import context
from ..core.axes import as_rows, canonical_axis, count
from ..core.labels import LabelReader
from ..core.layer import Layer, register


@register("ArgMax")
class ArgMax(Layer):
    """The places (or values) of the top_k largest; of equals, the last comes first.

    Without `axis`, over each whole item: top (N, 1, top_k), or (N, 2, top_k) with the values in
    channel 1. With it, the axis's size becomes top_k (argmax_layer.cpp).
    """

    backward = Layer.refuse_backward

    def setup(self, x):
        param = self.layer_param.argmax_param
        self.top_k, self.values = param.top_k, param.out_max_val
        self.axis = param.axis if param.HasField("axis") else None
        if self.axis is None:
            self.check(x.dim() > 0, "needs a bottom of at least 1 axis, given a scalar")
            choices = count(x.shape, 1)
        else:
            choices = x.shape[canonical_axis(self, self.axis, x.shape)]
        self.check(
            1 <= self.top_k <= choices,
            f"top_k must be 1 to {choices} for bottom shape {tuple(x.shape)}, given {self.top_k}",
        )

    def reshape(self, shape):
        if self.axis is not None:
            axis = canonical_axis(self, self.axis, shape)
            return [(*shape[:axis], self.top_k, *shape[axis + 1 :])]
        # At least three axes, as many as the bottom's.
        return [(shape[0], 1 + self.values, self.top_k, *(1,) * (len(shape) - 3))]

    def forward(self, x):
        if self.axis is not None:
            axis = canonical_axis(self, self.axis, x.shape)
            values, places = self._largest(x, axis)
            return values if self.values else places
        values, places = self._largest(as_rows(x), 1)
        top = torch.stack([places, values], 1) if self.values else places
        return top.view(self.reshape(tuple(x.shape))[0])

    def _largest(self, x, axis):
        # BVLC sorts (value, place) pairs downwards, so among equals the last place wins.
        backwards = x.flip(axis)
        if self.top_k == 1:
            places = backwards.argmax(axis, keepdim=True)
        else:
            places = backwards.argsort(dim=axis, descending=True, stable=True)
            places = places.narrow(axis, 0, self.top_k)
        values = backwards.gather(axis, places)
        return values, (x.shape[axis] - 1 - places).to(x.dtype)


@register("Embed")
class Embed(Layer):
    """Each index of the bottom becomes its row of the weights, plus a bias (embed_layer.cpp).

    Parameters: weights (input_dim, num_output), bias (num_output,). Top: the bottom's shape and
    num_output.
    """

    no_gradient = frozenset({0})

    def setup(self, x):
        param = self.layer_param.embed_param
        self.check_positive(param, "num_output", "input_dim")
        self.add_param((param.input_dim, param.num_output), param.weight_filler)
        self.bias = param.bias_term
        if self.bias:
            self.add_param((param.num_output,), param.bias_filler)
        self.read = LabelReader(self, 0, what="index", among="rows of its weights")

    def reshape(self, shape):
        return [(*shape, self.blobs[0].shape[1])]

    def forward(self, x):
        weights = self.param(0)
        labels = self.read(x, weights.shape[0])
        top = F.embedding(labels.index, weights)
        return labels.mark(top + self.param(1) if self.bias else top)

    def backward(self, propagate_down, bottom, top, top_diff):
        self.check(not propagate_down[0], "no gradient reaches the indices it takes")
        rows = top_diff[0].reshape(-1, top_diff[0].shape[-1])
        if self.wants_param(0):
            index = self.read(bottom[0], self.blobs[0].shape[0]).index
            diff = torch.zeros_like(self.param(0))
            self.blobs[0].add_diff(diff.index_add_(0, index.reshape(-1), rows))
        if self.bias and self.wants_param(1):
            self.blobs[1].add_diff(rows.sum(0))
        return [None]


@register("InnerProduct")
class InnerProduct(Layer):
    """y = x W^T + b over the axes from `axis` on, taken as one (inner_product_layer.cpp).

    Parameters: W (num_output, K), or (K, num_output) with `transpose`; b (num_output,). With
    caffe-windows' `normalize` a forward first brings each row of W to length 1, in the parameter
    itself; no gradient passes through the length.
    """

    def setup(self, x):
        param = self.layer_param.inner_product_param
        self.outputs, self.given_axis, self.bias = param.num_output, param.axis, param.bias_term
        self.transpose, self.normalize = param.transpose, param.normalize
        self.check(
            not (param.normalize and param.transpose), "takes normalize or transpose, given both"
        )
        axis = canonical_axis(self, param.axis, x.shape)
        self.check_positive(param, "num_output")
        self.inputs = count(x.shape, axis)
        shape = (self.outputs, self.inputs)
        self.add_param(shape[::-1] if self.transpose else shape, param.weight_filler)
        if self.bias:
            self.add_param((self.outputs,), param.bias_filler)

    def reshape(self, shape):
        axis = canonical_axis(self, self.given_axis, shape)
        if count(shape, axis) != self.inputs:
            self.fail(
                f"its weights take {self.inputs} inputs; bottom shape {shape} brings "
                f"{count(shape, axis)} from axis {axis} on"
            )
        return [(*shape[:axis], self.outputs)]

    def forward(self, x):
        axis = canonical_axis(self, self.given_axis, x.shape)
        flat = x.reshape(-1, self.inputs)
        if self.normalize:
            own = self.running_param(0)
            own.div_((own.square().sum(1, keepdim=True) + 1e-6).sqrt())
        weights = self.param(0).t() if self.transpose else self.param(0)
        bias = self.param(1) if self.bias else None
        top = F.linear(*context.narrow(flat, weights, bias)).float()
        return top if axis == 1 else top.view((*x.shape[:axis], self.outputs))

    def backward(self, propagate_down, bottom, top, top_diff):
        """dW = dy^T x, db = the sum of dy, dx = dy W.

        Autograd's gradients, without its bookkeeping: LeNet's step notices.
        """
        x, dy = context.narrow(bottom[0].view(-1, self.inputs), top_diff[0].view(-1, self.outputs))
        if self.wants_param(0):
            diff = x.t().mm(dy) if self.transpose else dy.t().mm(x)
            self.blobs[0].add_diff(diff.float())
        if self.bias and self.wants_param(1):
            self.blobs[1].add_diff(dy.sum(0).float())
        if not propagate_down[0]:
            return [None]
        (weights,) = context.narrow(self.param(0).t() if self.transpose else self.param(0))
        return [dy.mm(weights).float().view(bottom[0].shape)]


@register("Parameter")
class Parameter(Layer):
    """A learnable blob of the given shape as the top (parameter_layer.hpp).

    Zero at first, or by caffe-windows' `blob_filler`.
    """

    allocates_tops = False

    bottoms = (0, 0)

    def setup(self):
        param = self.layer_param.parameter_param
        self.add_param(
            tuple(param.shape.dim), param.blob_filler if param.HasField("blob_filler") else None
        )

    def reshape(self):
        return [self.blobs[0].shape]

    def forward(self):
        """Return the parameter; a running net shows the blob itself (`run`)."""
        return self.param(0)

    def run(self, bottom, top):
        """Make the top the blob itself, values and gradient.

        So whoever reads the top writes the gradient; it is not added up over iter_size passes.
        """
        top[0].share_data(self.blobs[0])
        top[0].share_diff(self.blobs[0])

    def backward(self, propagate_down, bottom, top, top_diff):
        """The gradient is in place already."""
        return []


@register("Reduction")
class Reduction(Layer):
    """coeff times SUM, ASUM, SUMSQ or MEAN over the axes from `axis` on (reduction_layer.cpp).

    Of nothing these are 0, the MEAN is NaN.
    """

    def setup(self, x):
        param = self.layer_param.reduction_param
        self.given_axis, self.coeff = param.axis, param.coeff
        self.mean = param.operation == param.MEAN
        terms = {param.ASUM: torch.abs, param.SUMSQ: torch.square}
        self.term = terms.get(param.operation, lambda rows: rows)

    def reshape(self, shape):
        return [shape[: canonical_axis(self, self.given_axis, shape)]]

    def forward(self, x):
        rows = x.flatten(canonical_axis(self, self.given_axis, x.shape))
        factor = self.coeff / (rows.shape[-1] or math.nan) if self.mean else self.coeff
        return self.term(rows).sum(-1) * factor
