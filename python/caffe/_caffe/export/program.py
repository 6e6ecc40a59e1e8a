"""A net as a file of torch's own: a program with its parameters, without this package."""

import io
import os

import torch

from ..errors import CaffeError, NetError
from ..formats.atomic import atomic_write
from ..graph.net import Net
from .torch_module import torch_module


def save_program(net: Net, path: str | os.PathLike) -> None:
    """Write `net` as `torch.export` sees it at its present sizes; see `caffe.export.torch`."""
    module = torch_module(net)
    inputs = tuple(blob.tensor().clone() for blob in net.built.inputs)
    with torch.no_grad():
        wanted = module(*inputs)
        try:
            program = torch.export.export(module, inputs)
        except CaffeError:
            raise
        except Exception as error:  # torch's own classes share no base
            raise NetError(f"torch.export cannot trace net '{net.name}': {error}") from error
        found = program.module()(*inputs)
    for name, value in wanted.items():
        if not torch.equal(found[name].nan_to_num(), value.nan_to_num()):
            raise NetError(
                f"net '{net.name}' and its torch program differ in '{name}'; nothing was written"
            )
    whole = io.BytesIO()
    torch.export.save(program, whole)
    with atomic_write(path) as temporary, open(temporary, "wb") as file:
        file.write(whole.getbuffer())
