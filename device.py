"""Choosing between GPU and CPU, aloud."""

from glob import glob

import caffe


def use_device(gpu=None, log=print):
    """Compute on CUDA device `gpu`; with None on the first one if there is any, else on the CPU.

    A device that was asked for and cannot be had raises; what was chosen is always said.
    """
    if gpu is not None:
        caffe.set_device(gpu)
        caffe.set_mode_gpu()
        log(f"computing on GPU {gpu}")
        return True
    # Looked for as a device file, since a BVLC build without CUDA ends the program when asked.
    if glob("/dev/nvidia[0-9]*") or glob("/dev/dxg"):
        try:
            caffe.set_device(0)
            caffe.set_mode_gpu()
            log("computing on GPU 0")
            return True
        except Exception as e:  # CaffeError; BVLC raises others
            log(f"there is a GPU, but it cannot be used: {e}")
    caffe.set_mode_cpu()
    log("computing on the CPU")
    return False
