"""A net as a torch module: for torch's optimizers, `torch.export` and `torch.compile`."""

import os
from collections.abc import Iterator

import torch
from torch import nn

from ..core.blob import Blob
from ..errors import NetError
from ..graph.net import Net
from .flow import Flow, flow_of


class NetModule(nn.Module):
    """What `torch_module` returns: call it with the net's inputs, in order or by name.

    It returns the net's outputs by name, as `net.forward` does, and differentiates as torch does:
    the true gradient, also where Caffe's own is another. Phase and random choices are those of
    the net, whatever `train()` and `eval()` say.
    """

    def __init__(self, net: Net):
        super().__init__()
        self._net = net
        self._flow: Flow = flow_of(net)
        for owner in net.param_table.owners:
            parameter = nn.Parameter(owner.blob.tensor(write=True), owner.spec.lr_mult != 0)
            self._holder(owner.layer.name).register_parameter(str(owner.index), parameter)

    def _holder(self, layer: str) -> nn.Module:
        """Return the submodule with a layer's parameters; dots in the name go a level down."""
        module: nn.Module = self
        for part in layer.split("."):
            if part not in module._modules:
                if hasattr(module, part) or not part:
                    raise NetError(
                        f"layer '{layer}' has parameters and a name that a torch module cannot "
                        f"give to a part of itself ('{part}'); rename the layer"
                    )
                module.add_module(part, nn.Module())
            module = module._modules[part]  # type: ignore[assignment]
        return module

    def forward(self, *inputs: torch.Tensor, **named: torch.Tensor) -> dict[str, torch.Tensor]:
        """Return the net's outputs by name."""
        values = self._bind(inputs, named)
        parameters = dict(self.named_parameters(remove_duplicate=False))
        for step in self._flow.steps:
            params = [parameters[f"{layer}.{i}"] for layer, i in step.params]
            tops = step.layer.compute([values[b] for b in step.bottoms], params)
            values.update(zip(step.tops, tops, strict=False))
            for new, old in step.shared:
                values[new] = tops[0].reshape(values[old].shape)
        return {name: values[value] for name, value in self._flow.outputs.items()}

    def _bind(self, inputs, named) -> dict[str, torch.Tensor]:
        """Return the inputs by name; refuse missing, unknown and repeated ones."""
        wanted = self._flow.inputs
        given = dict(zip(wanted, inputs, strict=False))
        if len(inputs) > len(wanted) or set(given) & set(named) or {*given, *named} != {*wanted}:
            raise NetError(
                f"net '{self._net.name}' takes {', '.join(wanted)}; given {len(inputs)} in order "
                f"and {', '.join(named) or 'none'} by name"
            )
        return {**given, **named}

    # -- caffemodels

    def copy_from(self, weights_file: str) -> None:
        """Load weights by layer name from a .caffemodel or HDF5 file, as `net.copy_from` does."""
        self._net.copy_from(os.fspath(weights_file))
        with torch.no_grad():
            for parameter, blob in self._blobs():
                parameter.copy_(blob.tensor())

    def save(self, filename: str) -> None:
        """Write the parameters, as they are now, as a .caffemodel."""
        with torch.no_grad():
            for parameter, blob in self._blobs():
                blob.tensor(write=True).copy_(parameter)
        self._net.save(os.fspath(filename))

    def _blobs(self) -> Iterator[tuple[nn.Parameter, Blob]]:
        parameters = dict(self.named_parameters(remove_duplicate=False))
        for owner in self._net.param_table.owners:
            yield parameters[f"{owner.layer.name}.{owner.index}"], owner.blob


def torch_module(net: Net) -> NetModule:
    """Return `net` as a torch module that shares its parameters' memory.

    Parameters
    ----------
    net : caffe.Net
        Its phase is the module's.

    Returns
    -------
    torch.nn.Module
        Its parameters have Caffe's names: `net.params["conv1"][0]` is "conv1.0" in `state_dict`;
        a shared one has its owner's name. What `lr_mult: 0` freezes requires no gradient. Training
        it trains the net, and the other way round, until the module is moved to another device
        or type; `save` and `copy_from` work for either. On a GPU the parameters are the device's:
        after training them there, save through the module.

    Raises
    ------
    NetError, LayerError
        For a net that is no function of its inputs: with data or Python layers.
    """
    return NetModule(net)
