"""Nets as ONNX files: one small function per layer type, in `TABLE`."""

from importlib import import_module
from pkgutil import iter_modules

from .table import TABLE

__all__ = ["TABLE"]

for _module in iter_modules(__path__):
    import_module(f"{__name__}.{_module.name}")
