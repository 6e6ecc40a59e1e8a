"""What snapshot files hold, whichever format they are in."""

from dataclasses import dataclass, field

import numpy as np


@dataclass
class LayerWeights:
    """One layer's parameters as a weights file holds them.

    blobs:  float32 arrays, read-only views of the file where they can be.  From HDF5 one may be
            None, or missing at the end: its values are stored with the layer that it shares with.
    diffs:  gradients (snapshot_diff), per blob an array or None.
    legacy: per blob, whether its shape was stored as num, channels, height, width: then it is 4-D
            and fits a blob of fewer axes by its last ones.
    """

    name: str
    blobs: list[np.ndarray | None] = field(default_factory=list)
    diffs: list[np.ndarray | None] = field(default_factory=list)
    legacy: list[bool] = field(default_factory=list)
    hdf5: bool = False


@dataclass
class SolverSnapshot:
    """A solver's state beside the weights.

    history:       the solver's own arrays, in the order of the net's learnable parameters (Adam and
                   AdaDelta: all first histories, then all second ones).
    runtime_state: this runtime's random generators and data cursors, anything JSON can hold; None
                   in files that BVLC Caffe wrote.
    """

    iter: int = 0
    learned_net: str | None = None
    current_step: int = 0
    history: list[np.ndarray] = field(default_factory=list)
    runtime_state: dict | None = None
