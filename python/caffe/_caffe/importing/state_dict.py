"""State dicts of torch: `.pth` and `.safetensors` files, read without running their code."""

import os
import pickle

import torch

from ..errors import FormatError, optional_extra


def read_state_dict(path: str | os.PathLike) -> dict[str, torch.Tensor]:
    """Return {name: float32 tensor} of a file; raise FormatError where it is not such a file."""
    name = os.fspath(path)
    if name.endswith(".safetensors"):
        found = _read_safetensors(name)
    else:
        try:
            found = torch.load(name, map_location="cpu", weights_only=True)
        except (OSError, RuntimeError, EOFError, pickle.UnpicklingError) as error:
            # torch's own words for a pickle are a paragraph, which advises to run its code.
            why = error if isinstance(error, OSError) else type(error).__name__
            raise FormatError(
                f"{name}: no state dict that can be read without running code ({why})"
            ) from error
    if not isinstance(found, dict) or not all(torch.is_tensor(v) for v in found.values()):
        raise FormatError(f"{name}: holds no state dict (tensors by name)")
    return {key: value.float() for key, value in found.items()}


def _read_safetensors(name):
    with optional_extra("torchvision", ("safetensors",), f"reading {name}"):
        from safetensors import SafetensorError
        from safetensors.torch import load_file
    try:
        return load_file(name)
    except (OSError, SafetensorError) as error:
        raise FormatError(f"{name}: not a safetensors file: {error}") from error
