"""Layer types of Caffe's forks, one file per fork; all are imported, and so enter the registry."""

from importlib import import_module
from pkgutil import iter_modules

for _module in iter_modules(__path__):
    import_module(f"{__name__}.{_module.name}")
