"""Select and log the compute device."""

from collections.abc import Callable
from glob import glob
from typing import Any

import caffe
from data.errors import ProjectError


def use_device(
    gpu: int | None = None,
    log: Callable[[str], Any] = print,
    default: int = 0,
    precision: str = "float32",
) -> bool:
    """Choose where and in what precision to compute.

    Parameters
    ----------
    gpu
        A CUDA device; None takes `default` if there is any, else the CPU.
    log
        Called with the choice.
    default
        The device taken where none is asked for.
    precision
        What caffe is to multiply in; BVLC's knows float32 alone.

    Returns
    -------
    bool
        Whether it is a GPU. A device that was asked for and cannot be used raises caffe's error.
    """
    if hasattr(caffe, "set_precision"):
        caffe.set_precision(precision)
    elif precision != "float32":
        raise ProjectError(f"precision {precision}: a BVLC build multiplies in float32")
    if gpu is not None:
        caffe.set_device(gpu)
        caffe.set_mode_gpu()
        log(f"computing on GPU {gpu}")
        return True
    # By its device file: a BVLC build without CUDA aborts in set_device.
    if glob("/dev/nvidia[0-9]*") or glob("/dev/dxg"):
        try:
            caffe.set_device(default)
            caffe.set_mode_gpu()
            log(f"computing on GPU {default}")
            return True
        except Exception as e:  # CaffeError; BVLC raises others
            log(f"there is a GPU, but it cannot be used: {e}")
    caffe.set_mode_cpu()
    log("computing on the CPU")
    return False
