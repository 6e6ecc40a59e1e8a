"""Nets as ONNX files: one small function per layer type, in `TABLE`."""

from . import (
    arithmetic,
    combine,
    common,
    conv,
    crf,
    detect,
    fields,
    forks,
    neuron,
    norm,
    pooling,
    regions,
    shaping,
    volumes,
    yolo,
)
from .table import TABLE

__all__ = [
    "TABLE", "arithmetic", "combine", "common", "conv", "crf", "detect", "fields", "forks",
    "neuron", "norm", "pooling", "regions", "shaping", "volumes", "yolo",
]  # fmt: skip
