"""Builds one net in a child process, with limits, and says how that ended.

A server process imports caffe once and forks a child for each net, so that a build costs some
milliseconds, and neither a crash nor a failed CHECK of a BVLC build ends the command.
"""

import multiprocessing
import os
import sys
import tempfile
import threading
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Limits:
    """What a build may take: seconds, memory in GiB; whether data may be replaced; a dialect."""

    timeout: float = 60.0
    memory: float = 8.0
    replace_data: bool = True
    dialect: str = ""


@dataclass
class Outcome:
    """How a build ended: "builds", "builds, data replaced", "reads" or "stops", and why.

    `log` has what was logged of warnings and of layers read as a fork's.
    """

    result: str
    message: str = ""
    log: str = field(default="", repr=False)


class Prober:
    """Builds nets of a repository, below whose folder Python layers' modules are looked for.

    Threads may share it.
    """

    # multiprocessing reads every child's exit status when any child is started, and a status
    # that two threads read at once comes out as 255.
    _status = threading.Lock()

    def __init__(self, root: str, limits: Limits):
        self.limits = limits
        self.root = os.path.abspath(root)
        methods = multiprocessing.get_all_start_methods()
        method = "forkserver" if "forkserver" in methods else "spawn"
        self._context: Any = multiprocessing.get_context(method)
        if method == "forkserver":
            self._context.set_forkserver_preload([__name__, f"{__package__}.preload"])

    def build(self, path: str, phase: str) -> Outcome:
        """Build the net `path` in `phase` ("TRAIN" or "TEST")."""
        return self._run(_build, os.path.abspath(path), phase, self.root, self.limits)

    def read_solver(self, path: str) -> Outcome:
        """Read the solver `path`; its nets are not built."""
        return self._run(_read_solver, os.path.abspath(path), self.limits)

    def _run(self, work, *args):
        """Return `work`'s answer from a child process, or what ended the child."""
        ours, theirs = self._context.Pipe(duplex=False)
        with tempfile.TemporaryFile() as output:
            handle = multiprocessing.reduction.DupFd(output.fileno())
            child = self._context.Process(target=_child, args=(theirs, handle, work, args))
            with self._status:
                child.start()
            theirs.close()
            try:
                ours.recv()  # it has begun: importing caffe does not count
                if ours.poll(self.limits.timeout):
                    outcome = ours.recv()
                else:
                    outcome = Outcome("stops", f"took more than {self.limits.timeout:g} s")
            except EOFError:
                with self._status:
                    child.join(5)
                    code = child.exitcode or 0
                ending = f"signal {-code}" if code < 0 else f"status {code}"
                outcome = Outcome("stops", f"ended the process ({ending})")
            finally:
                with self._status:
                    child.kill()
                    child.join()
                    child.close()
                ours.close()
            output.seek(0)
            lines = output.read().decode("utf-8", "replace").splitlines()
        outcome.message = outcome.message.replace(self.root + os.sep, "")
        return with_log(outcome, lines)


def with_log(outcome, lines):
    """Add what a child logged to its outcome; a BVLC build ends itself after an F line."""
    fatal = [line.partition("] ")[2] for line in lines if line.startswith("F") and "] " in line]
    if fatal and outcome.message.startswith("ended"):
        outcome.message = fatal[-1]
    notes = [line for line in lines if line.startswith("W") or "): read as " in line]
    outcome.log = "\n".join(dict.fromkeys(line.partition("] ")[2] for line in notes))
    return outcome


def _child(answer, handle, work, args):
    """In the child: send `work`'s outcome; standard error goes to the file of `handle`."""
    output = handle.detach()
    os.dup2(output, 2)
    os.dup2(output, 1)  # modules of Python layers print
    sys.stderr = open(2, "w", closefd=False)
    sys.stdout = open(1, "w", closefd=False)
    sys.dont_write_bytecode = True
    from . import preload  # noqa: F401  (where the server could not)

    answer.send(None)
    try:
        outcome = work(*args)
    except MemoryError:
        outcome = Outcome("stops", "took more memory than -memory allows")
    except BaseException as problem:  # whatever a Python layer raises, SystemExit included
        outcome = Outcome("stops", _message(problem))
    answer.send(outcome)
    answer.close()
    os._exit(0)


def _message(problem):
    return str(problem).strip() or type(problem).__name__


def _read_solver(path, limits):
    from .common import read_solver

    _limit_memory(limits.memory)
    read_solver(path)
    return Outcome("reads")


def _build(path, phase, root, limits):
    import caffe

    from . import placeholders
    from .common import apply_settings, read_net

    apply_settings(limits)
    _limit_memory(limits.memory)
    number = getattr(caffe, phase)
    folders = dict.fromkeys((os.path.dirname(path), root))  # from where it may have been run
    try:
        _let_import(path, root)
        _build_from(folders, lambda: caffe.Net(path, number))
        return Outcome("builds")
    except Exception as problem:
        first = _message(problem)
    if not limits.replace_data:
        return Outcome("stops", first)
    try:
        if _build_from(folders, lambda: placeholders.build(read_net(path), number)):
            return Outcome("builds, data replaced", first)
    except MemoryError:
        raise
    except Exception as problem:
        second = _message(problem)
        if second.partition(":")[0] != first.partition(":")[0]:  # another layer's
            first = f"{second}\n(with its data replaced; as it is: {first})"
    return Outcome("stops", first)


def _build_from(folders, build):
    """Return what `build()` does in the first working directory where it raises nothing.

    Where it raises in all of `folders`, what it raised in the first.
    """
    first = None
    for folder in folders:
        os.chdir(folder)
        try:
            return build()
        except Exception as problem:
            first = first or problem
    assert first is not None
    raise first


def _let_import(path, root):
    """Let the modules of the net's Python layers be found, wherever below `root` they are."""
    from .common import add_module_folders, read_net

    wanted = {
        os.path.join(*layer.python_param.module.split("."))
        for layer in read_net(path).layer
        if layer.type == "Python" and layer.python_param.module
    }
    add_module_folders([path])
    if not wanted:
        return
    for folder, folders, _ in os.walk(root):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for module in wanted:
            place = os.path.join(folder, module)
            if os.path.isfile(place + ".py") or os.path.isfile(os.path.join(place, "__init__.py")):
                sys.path.append(folder)


def _limit_memory(gib):
    """Let this process have so much more address space than it has now (Unix)."""
    try:
        import resource
    except ImportError:
        return
    with open("/proc/self/statm") as file:
        pages = int(file.read().split()[0])
    limit = pages * resource.getpagesize() + int(gib * 2**30)
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
