"""The layer types, one file per family; importing a family enters its types in the registry."""

from . import (  # noqa: F401
    arithmetic,
    class_loss,
    combine,
    common,
    conv,
    crop,
    forks,
    hdf5,
    im2col,
    image_data,
    indexing,
    input,
    loss,
    lrn,
    neuron,
    norm,
    pooling,
    recurrent,
    shaping,
    window,
)
