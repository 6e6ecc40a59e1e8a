"""The layer types, one file per family; importing a family enters its types in the registry."""

from . import (  # noqa: F401
    combine,
    common,
    conv,
    crop,
    data,
    hdf5,
    lrn,
    neuron,
    norm,
    pooling,
    recurrent,
    shaping,
    sources,
    window,
)
