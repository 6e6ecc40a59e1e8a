"""Check and time the runtime on a CUDA GPU: `python -m benchmarks.gpu --out report.json`.

It takes less than 8 minutes. Each part runs in a process of its own and within its own time, so
that whatever one of them comes to, the report has the rest. The exit status is 0 where every part
that this machine can run has found all as it has to be (which no time is), otherwise 1.
`--device cpu --small` is a rehearsal of this command itself.
"""

import argparse
import contextlib
import faulthandler
import multiprocessing
import os
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from data.files import write_json

from . import report
from .gpu_parts import PARTS, LeftOut, Part, Scale

MINUTES = 8
LAST = 10  # seconds of them that are left for the report
START = 60  # seconds that a process may take to import what it needs
BEGUN, OK, LEFT_OUT, FAILED = "begun", "ok", "left out", "FAILED"


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.gpu",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--out", type=Path, metavar="FILE", help="write the report as JSON")
    parser.add_argument("--device", choices=("cuda", "cpu"), default="cuda")
    parser.add_argument("--small", action="store_true", help="tiny nets, one round")
    parser.add_argument(
        "--only", default="", metavar="WORDS", help=f"some of: {','.join(PARTS)} (all)"
    )
    parser.add_argument(
        "--minutes", type=float, default=MINUTES, help=f"for all parts together ({MINUTES})"
    )
    options = parser.parse_args(arguments)
    options.only = [word for word in options.only.split(",") if word]
    if unknown := [word for word in options.only if word not in PARTS]:
        parser.error(f"--only takes some of {','.join(PARTS)}; given {','.join(unknown)}")
    return options


def attempt(part: Part, scale: Scale, limit: float) -> dict[str, Any]:
    """Run a part in a process of its own; after `limit` seconds end it and all that it started.

    Returns
    -------
    dict
        status, seconds, and what there is of rows, notes, faults, error (a traceback).
    """
    begin = time.monotonic()
    context = multiprocessing.get_context("spawn")
    pipe, theirs = context.Pipe()
    with tempfile.TemporaryDirectory() as folder:
        stack = Path(folder, "stack")
        process = context.Process(target=_serve, args=(theirs, part, scale, str(stack), limit))
        process.start()
        theirs.close()
        try:
            if not pipe.poll(START):
                answer = {"status": FAILED, "error": f"not imported in {START} s"}
            elif pipe.recv() == BEGUN and pipe.poll(limit + 1):  # 1 for writing the stack
                answer = pipe.recv()
            else:
                where = stack.read_text()
                answer = {"status": FAILED, "error": f"not done after {limit:.0f} s, at:\n{where}"}
        except EOFError:
            process.join()
            code = process.exitcode
            answer = {"status": FAILED, "error": f"its process ended by itself, exit code {code}"}
        finally:
            process.kill()
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)  # type: ignore[arg-type]
            process.join()
    return {**answer, "seconds": round(time.monotonic() - begin, 1)}


def _serve(pipe, part: Part, scale: Scale, stack: str, limit: float) -> None:
    os.setsid()
    with open(stack, "w") as file:
        faulthandler.dump_traceback_later(limit, file=file)
        pipe.send(BEGUN)
        try:
            found = part.find(scale)
            answer = {"status": FAILED if found.faults else OK, **found._asdict()}
        except LeftOut as why:
            answer = {"status": LEFT_OUT, "notes": [str(why)]}
        except Exception:
            answer = {"status": FAILED, "error": traceback.format_exc()}
        pipe.send(answer)


def device() -> dict[str, str]:
    """Return what torch and the driver say about the GPU."""
    import torch

    first = torch.cuda.get_device_properties(0)
    query = ["nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader"]
    try:
        driver = subprocess.run(query, capture_output=True, text=True, check=True).stdout.split()[0]
    except (OSError, subprocess.CalledProcessError, IndexError) as error:
        driver = f"unknown ({error})"
    return {
        "gpu": f"{torch.cuda.device_count()} x {first.name}, {first.total_memory / 2**30:.0f} GiB, "
        f"compute capability {first.major}.{first.minor}",
        "driver": driver,
        "cuda": f"{torch.version.cuda}, cuDNN {torch.backends.cudnn.version()}",
    }


def show(name: str, answer: dict[str, Any]) -> str:
    """Return a part's outcome as text."""
    lines = [f"== {name}: {answer['status']}, {answer['seconds']:.0f} s"]
    if answer.get("rows"):
        lines.append(report.show(answer["rows"]))
    lines += answer.get("notes", [])
    lines += [f"fault: {fault}" for fault in answer.get("faults", [])]
    if "error" in answer:
        lines.append(answer["error"])
    return "\n".join(lines)


def _as_json(answer: dict[str, Any]) -> dict[str, Any]:
    return {**answer, "rows": [row._asdict() for row in answer.get("rows", [])]}


def main(arguments: Sequence[str] | None = None, parts: dict[str, Part] = PARTS) -> int:
    begin = time.monotonic()
    options = parse(arguments)
    os.environ.setdefault("GLOG_minloglevel", "2")
    scale = Scale(options.device == "cuda", options.small)
    content: dict[str, Any] = {"machine": report.machine(), "parts": {}}
    if scale.gpu:
        import torch

        if not torch.cuda.is_available():
            print(f"torch {torch.__version__} finds no CUDA device", file=sys.stderr)
            return 2
        content["machine"].update(device())
    for name, value in content["machine"].items():
        print(f"{name}: {value}", flush=True)
    for name in options.only or parts:
        left = 60 * options.minutes - LAST - (time.monotonic() - begin)
        if left > 0:
            answer = attempt(parts[name], scale, min(left, parts[name].limit))
        else:
            answer = {"status": FAILED, "error": "no time was left for it", "seconds": 0}
        print(show(name, answer), flush=True)
        content["parts"][name] = _as_json(answer)
        if options.out:
            write_json(options.out, content)
    tally = [answer["status"] for answer in content["parts"].values()]
    print(", ".join(f"{tally.count(status)} {status}" for status in (OK, LEFT_OUT, FAILED)))
    return int(FAILED in tally)


if __name__ == "__main__":
    sys.exit(main())
