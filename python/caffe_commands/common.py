"""What the commands share: errors, log lines, files, nets and devices."""

import csv
import logging
import os
import shutil
import subprocess


class CommandError(Exception):
    """A command line that cannot be carried out as it stands."""


def say(message, line):
    """One INFO line as from line ``line`` of BVLC's caffe.cpp."""
    import caffe  # sets up its log

    log = logging.getLogger("caffe")
    if log.handlers:
        log.info("%s", message, extra={"src": f"caffe.cpp:{line}"})
    else:  # a BVLC build logs through glog alone
        caffe.log(message)


def read(kind, path):
    """The ``net`` or ``solver`` in a prototxt, with old forms upgraded where that is at hand."""
    try:
        from caffe._caffe.formats import prototxt
    except ImportError:
        from google.protobuf import text_format

        from caffe.proto import caffe_pb2

        message = caffe_pb2.NetParameter() if kind == "net" else caffe_pb2.SolverParameter()
        with open(path, encoding="utf-8") as file:
            return text_format.Parse(file.read(), message)
    return getattr(prototxt, f"read_{kind}")(path)


def phase_of(flags, default):
    """caffe.TRAIN or caffe.TEST, as -phase says."""
    import caffe

    phases = {"TRAIN": caffe.TRAIN, "TEST": caffe.TEST, "": default}
    if flags.phase not in phases:
        raise CommandError(f"-phase must be TRAIN or TEST, got {flags.phase!r}")
    return phases[flags.phase]


def stages_of(flags):
    """The stages that -stage names."""
    return [stage for stage in flags.stage.split(",") if stage]


def make_net(flags, model, phase, weights=""):
    """The net of prototxt ``model`` in the state of -level and -stage, with ``weights`` copied."""
    import caffe

    need_file(model, "net definition")
    for name in filter(None, weights.split(",")):
        need_file(name, "weights")
    net = caffe.Net(model, phase, level=flags.level, stages=stages_of(flags))
    for name in filter(None, weights.split(",")):
        net.copy_from(name)
    return net


def need_file(path, what):
    """Raise CommandError unless ``path`` is a file: a BVLC build would end the process."""
    if not os.path.isfile(path):
        raise CommandError(f"{what} {path!r} is not a file")


def choose_device(flags, single_line, cpu_line):
    """Set mode and device from -gpu, and say so."""
    import caffe

    devices = devices_of(flags.gpu)
    if not devices:
        say("Use CPU.", cpu_line)
        caffe.set_mode_cpu()
        return
    if len(devices) > 1:
        raise CommandError(
            f"-gpu {flags.gpu} names {len(devices)} devices, but multi-GPU execution is not "
            "available; name one"
        )
    say(f"Use GPU with device ID {devices[0]}", single_line)
    caffe.set_device(devices[0])
    caffe.set_mode_gpu()


def devices_of(text):
    if text == "all":
        return [int(row[0]) for row in query_devices(["index"])]
    try:
        return [int(number) for number in text.split(",") if number]
    except ValueError:
        raise CommandError(f"-gpu takes device numbers or all, got {text!r}") from None


def query_devices(fields):
    """One row of ``fields`` per device, from the driver's own nvidia-smi."""
    program = shutil.which("nvidia-smi")
    if not program:
        raise CommandError("no GPU is known here: the driver's nvidia-smi is not on PATH")
    query = [program, f"--query-gpu={','.join(fields)}", "--format=csv,noheader"]
    answer = subprocess.run(query, capture_output=True, text=True, check=False)
    if answer.returncode:
        raise CommandError(f"nvidia-smi failed: {(answer.stderr or answer.stdout).strip()}")
    return [[cell.strip() for cell in row] for row in csv.reader(answer.stdout.splitlines())]
