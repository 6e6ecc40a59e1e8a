"""A fully connected CRF behind any net: it moves the scores' borders to those in the picture.

Kraehenbuehl and Koltun (2011); behind a net: Chen et al., DeepLab (ICLR 2015, section 3.2). Pixels
pull their neighbours' labels towards their own, near ones, and more so those of like colour:

    w_1 exp(-|p_i - p_j|^2 / 2 s_xy^2 - |I_i - I_j|^2 / 2 s_rgb^2) + w_2 exp(-|p_i - p_j|^2 / 2 s^2)

The layer DenseCRF of DeepLab's Caffe computes it, in a net of its own.
"""

from dataclasses import asdict, dataclass, fields
from pathlib import Path

import numpy as np
from google.protobuf import text_format

import caffe
from caffe import layers as L
from data.errors import DataError
from data.files import read_json, write_json
from data.text import did_you_mean
from nets.load import forward, net_of_text
from training import run_dir

FILE = "crf.json"  # in a run's folder: the settings that a search found


@dataclass(frozen=True)
class Settings:
    """The mean-field iterations, and the weights and standard deviations of the two kernels."""

    max_iter: int = 10
    bi_w: float = 5.0
    bi_xy_std: float = 50.0  # pixels
    bi_rgb_std: float = 10.0  # of 0 to 255
    pos_w: float = 3.0
    pos_xy_std: float = 3.0  # pixels


PRESETS = {
    "deeplab": Settings(),  # the released prototxt's
    # pathak22/ccnn models/deploy.prototxt: its DenseCRF layer's fields of other names.
    "ccnn": Settings(bi_w=35, bi_xy_std=61, bi_rgb_std=10, pos_w=15, pos_xy_std=19),
}


class DenseCRF:
    """Refines score maps by mean-field inference; DataError where caffe lacks the layer."""

    def __init__(self, settings: Settings):
        if "DenseCRF" not in set(caffe.layer_type_list()):
            raise DataError("the CRF takes a layer DenseCRF, which a BVLC build does not have")
        self.settings = settings
        n = caffe.NetSpec()
        for name, channels in (("score", 3), ("dim", 2), ("image", 3)):
            n[name] = L.Input(shape=[dict(dim=[1, channels, 1, 1])])
        n.prob = L.DenseCRF(n.score, n.dim, n.image, dense_crf_param=asdict(settings))
        self.net = net_of_text(text_format.MessageToString(n.to_proto()))

    def __call__(self, scores: np.ndarray, image: np.ndarray) -> np.ndarray:
        """Return the probabilities after inference.

        Parameters
        ----------
        scores
            C x H x W, before the softmax; or the logarithms of probabilities.
        image
            3 x H x W of range 0 to 255, with or without its mean.

        Returns
        -------
        ndarray
            C x H x W.
        """
        if image.shape != (3, *scores.shape[1:]):
            raise DataError(
                f"the CRF takes a colour picture of the scores' size, {scores.shape[1:]}; given "
                f"one of shape {image.shape}"
            )
        size = np.reshape(scores.shape[1:], (2, 1, 1))
        forward(self.net, {"score": scores, "dim": size, "image": image})
        return self.net.blobs["prob"].data[0]


def named(name: str, run: str) -> Settings:
    """Return the settings of a preset; of "" those that a search left in the run, else deeplab's.

    Raises
    ------
    DataError
        No such preset; or the run's file does not hold settings.
    """
    if name:
        if name not in PRESETS:
            raise DataError(
                f"no CRF preset {name!r}{did_you_mean(name, PRESETS)}: {', '.join(PRESETS)}"
            )
        return PRESETS[name]
    path = run_dir.folder(run) / FILE
    return read(path) if path.is_file() else PRESETS["deeplab"]


def read(path: Path) -> Settings:
    """Return the settings in a file."""
    values, known = read_json(path), {f.name for f in fields(Settings)}
    numbers = isinstance(values, dict) and all(
        isinstance(v, (int, float)) and not isinstance(v, bool) for v in values.values()
    )
    if not numbers or set(values) != known:
        raise DataError(f"{path}: expected numbers for {', '.join(sorted(known))}")
    return Settings(**values)


def write(path: Path, settings: Settings) -> None:
    """Write the settings into a file."""
    write_json(path, asdict(settings))
