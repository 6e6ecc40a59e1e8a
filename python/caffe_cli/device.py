"""caffe device_query, and the -gpu flag of the others."""

import csv
import shutil
import subprocess

from . import ranks
from .common import log_line, split_numbers
from .options import CommandError

_FIELDS = {
    "index": "Device id",
    "name": "Name",
    "compute_cap": "Compute capability",
    "memory.total": "Total global memory",
    "memory.free": "Free global memory",
    "clocks.max.sm": "Clock rate",
    "driver_version": "Driver version",
}


def device_query(options):
    """Log what the driver knows of the devices that -gpu names, by default of all.

    Without -gpu and without a driver there is nothing to log, which is no error (BVLC's tool
    looks at no device then).
    """
    log_line(f"Querying GPUs {options.gpu}", 138)
    if not options.gpu and not shutil.which("nvidia-smi"):
        return
    rows = {int(row[0]): row for row in _query(list(_FIELDS))}
    for index in list(rows) if options.gpu in ("", "all") else _numbers(options.gpu):
        if index not in rows:
            raise CommandError(f"there is no GPU {index}; the driver lists {sorted(rows)}")
        for text, value in zip(_FIELDS.values(), rows[index], strict=True):
            log_line(f"{text + ':':32}{value}", 145)


def choose_device(options, gpu_line: int, cpu_line: int) -> None:
    """Set caffe's mode and device as -gpu asks (of several, this rank's); log it as those lines."""
    import caffe

    devices = devices_of(options)
    if ranks.is_rank():
        devices = ranks.own_device(devices)
    if not devices:
        log_line("Use CPU.", cpu_line)
        caffe.set_mode_cpu()
        return
    if len(devices) > 1:
        raise CommandError(
            f"-gpu {options.gpu} names {len(devices)} devices; only `caffe train` takes several"
        )
    log_line(f"Use GPU with device ID {devices[0]}", gpu_line)
    caffe.set_device(devices[0])
    caffe.set_mode_gpu()


def devices_of(options) -> list[int]:
    """Return the numbers of the devices that -gpu names."""
    if options.gpu == "all":
        return [int(row[0]) for row in _query(["index"])]
    return _numbers(options.gpu)


def _numbers(text):
    return split_numbers(text, int, "-gpu takes device numbers or all")


def _query(fields):
    """One row of `fields` per device, from the driver's own nvidia-smi."""
    driver = shutil.which("nvidia-smi")
    if not driver:
        raise CommandError("no GPU is known here: the driver's nvidia-smi is not on PATH")
    query = [driver, f"--query-gpu={','.join(fields)}", "--format=csv,noheader"]
    answer = subprocess.run(query, capture_output=True, text=True, check=False)
    if answer.returncode:
        raise CommandError(f"nvidia-smi failed: {(answer.stderr or answer.stdout).strip()}")
    return [[cell.strip() for cell in row] for row in csv.reader(answer.stdout.splitlines())]
