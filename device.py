"""Choosing between GPU and CPU, aloud."""

import os
import platform
from glob import glob
from pathlib import Path

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


def machine():
    """The computer in a few words, for the log: processor, cores, system, Python, caffe."""
    processor = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.is_file():
        lines = info.read_text(errors="replace").splitlines()
        models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
        processor = models[0] if models else processor
    return (
        f"{processor}, {os.cpu_count()} cores, {platform.system()}, "
        f"Python {platform.python_version()}, caffe {caffe.__version__}"
    )
