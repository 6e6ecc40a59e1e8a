"""The ``caffe`` command.

    caffe train  -solver SOLVER [-weights W[,W]...] [-snapshot STATE] [-gpu 0]
    caffe test   -model NET -weights W [-iterations 50] [-gpu 0]
    caffe time   -model NET [-iterations 50] [-phase TRAIN] [-forward_only] [-gpu 0]
    caffe device_query [-gpu 0]
    caffe draw    NET PICTURE.png|.svg [-rankdir LR] [-phase TEST] [-display_lrm]
    caffe upgrade OLD NEW
    caffe inspect NET [-phase TEST]

Flags are BVLC's and are written as gflags takes them: one dash or two, ``-flag value`` or
``-flag=value``, anywhere on the line. Log lines read like BVLC's, on standard error.

Like BVLC's tool this uses pycaffe's public interface alone, so that it also runs on a BVLC build.
"""

import logging
import os
import sys
import traceback
from difflib import get_close_matches

from caffe_commands import files, inspect, measure, train
from caffe_commands.common import CommandError

# name: (default, what it is). The default's type is the flag's type.
FLAGS = {
    "gpu": ("", "run on this device; numbers separated by commas, or all"),
    "solver": ("", "the solver prototxt"),
    "model": ("", "the net prototxt"),
    "phase": ("", "TRAIN or TEST; for time, draw and inspect"),
    "level": (0, "level of the net's state"),
    "stage": ("", "stages of the net's state, separated by commas"),
    "snapshot": ("", "the solver state to resume from"),
    "weights": ("", "weights to start from, separated by commas; not together with -snapshot"),
    "iterations": (50, "how many iterations to test or time"),
    "sigint_effect": ("stop", "what Ctrl-C does to training: stop, snapshot or none"),
    "sighup_effect": ("snapshot", "what a hangup does to training: stop, snapshot or none"),
    "forward_only": (False, "time the forward pass alone"),
    "rankdir": ("LR", "the way that data flows in a drawing: LR, RL, TB or BT"),
    "display_lrm": (False, "draw learning rate multipliers"),
    "minloglevel": (0, "log from this level on: 0 info, 1 warning, 2 error, 3 fatal"),
    "log_dir": ("", "also write the log to caffe.INFO in this folder"),
    "logtostderr": (True, "taken for glog's sake: the log always goes to standard error"),
    "alsologtostderr": (True, "taken for glog's sake"),
    "help": (False, "show this text"),
    "version": (False, "show the version"),
}

# name: (function, names of its arguments, what it does)
COMMANDS = {
    "train": (train.train, (), "train or finetune a model"),
    "test": (measure.test, (), "score a model"),
    "time": (measure.time, (), "benchmark model execution time"),
    "device_query": (measure.device_query, (), "show GPU diagnostic information"),
    "draw": (files.draw, ("NET", "PICTURE"), "draw a net as PNG or SVG"),
    "upgrade": (files.upgrade, ("OLD", "NEW"), "rewrite an old file in today's form"),
    "inspect": (inspect.inspect, ("NET",), "list layers, shapes, parameters and costs"),
}

_TRUE, _FALSE = ("true", "t", "yes", "y", "1"), ("false", "f", "no", "n", "0")


class Flags(dict):
    """The values of all flags, as attributes."""

    def __getattr__(self, name):
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None


def parse(argv):
    """``(words, flags)``: what is no flag, and every flag's value. Raises CommandError."""
    words, flags = [], Flags({name: default for name, (default, _) in FLAGS.items()})
    tokens = iter(argv)
    for token in tokens:
        if token == "--":
            words.extend(tokens)
        elif token.startswith("-") and len(token) > 1:
            name, equals, value = token.lstrip("-").partition("=")
            name = name.replace("-", "_")
            if not equals and name[:2] == "no" and _is_switch(name[2:]):
                flags[name[2:]] = False
                continue
            if name not in FLAGS:
                raise CommandError(f"unknown flag {token!r}{nearest(name, FLAGS, '-')}")
            if not equals:
                value = "true" if _is_switch(name) else next(tokens, None)
            if value is None:
                raise CommandError(f"flag -{name} is missing its value: {FLAGS[name][1]}")
            flags[name] = _converted(name, value)
        else:
            words.append(token)
    return words, flags


def _is_switch(name):
    return name in FLAGS and isinstance(FLAGS[name][0], bool)


def _converted(name, value):
    default = FLAGS[name][0]
    if isinstance(default, bool):
        if value.lower() not in _TRUE + _FALSE:
            raise CommandError(f"flag -{name} is true or false, got {value!r}")
        return value.lower() in _TRUE
    if isinstance(default, int):
        try:
            return int(value)
        except ValueError:
            raise CommandError(f"flag -{name} is a whole number, got {value!r}") from None
    return value


def nearest(name, known, prefix=""):
    """``"; did you mean ...?"`` with the nearest of the known names, or an empty string."""
    close = get_close_matches(name, list(known), n=1)
    return f"; did you mean {prefix}{close[0]}?" if close else ""


def usage():
    """The text that `caffe` shows when asked for nothing or for help."""
    lines = ["usage: caffe <command> <args>", "", "commands:"]
    for name, (_, arguments, text) in COMMANDS.items():
        lines.append(f"  {' '.join([name, *arguments]):24}{text}")
    lines += ["", "flags:"]
    for name, (default, text) in FLAGS.items():
        shown = str(default).lower() if isinstance(default, bool) else default
        lines.append(f"  -{name:23}{text}" + (f" (default {shown})" if shown != "" else ""))
    return "\n".join(lines)


def run(argv):
    """Run one command line; returns the exit status. Raises CommandError where it is wrong."""
    words, flags = parse(argv)
    if flags.version:
        import caffe

        print(f"caffe version {caffe.__version__}")
        return 0
    if flags.help or not words:
        print(usage())
        return 0 if flags.help else 1
    name, *arguments = words
    if name not in COMMANDS:
        raise CommandError(
            f"unknown command {name!r}{nearest(name, COMMANDS)} (known: {', '.join(COMMANDS)})"
        )
    function, expected, _ = COMMANDS[name]
    if len(arguments) != len(expected):
        wanted = " ".join([name, *expected])
        raise CommandError(f"expected caffe {wanted}, got {' '.join(words)!r}")
    if name in ("train", "test", "time"):
        os.environ.setdefault("GLOG_v", "1")  # what is said of every layer of a net, as BVLC does
    _prepare(flags)
    return function(flags, *arguments) or 0


def _prepare(flags):
    """What must stand before caffe is imported: the log's level, and this folder's modules."""
    if flags.minloglevel:
        os.environ["GLOG_minloglevel"] = str(flags.minloglevel)
    # A console script does not look for Python layers in the current folder by itself.
    if "" not in sys.path and os.getcwd() not in sys.path:
        sys.path.append(os.getcwd())
    if flags.log_dir:
        import caffe  # noqa: F401  (sets up its log)

        log = logging.getLogger("caffe")
        copy = logging.FileHandler(os.path.join(flags.log_dir, "caffe.INFO"), mode="w")
        copy.setFormatter(log.handlers[0].formatter if log.handlers else None)
        log.addHandler(copy)


def main(argv=None):
    """Entry point of the console script: exit status 0, or 1 after saying what is wrong."""
    try:
        return run(sys.argv[1:] if argv is None else argv)
    except CommandError as problem:
        print(f"caffe: {problem}", file=sys.stderr)
        print("caffe -help lists commands and flags", file=sys.stderr)
    except KeyboardInterrupt:
        print("caffe: interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:
        sys.stderr.close()  # the reader has gone, as with `caffe inspect NET | head`
    except Exception as problem:
        # What caffe refuses explains itself; anything else, such as an exception in a Python
        # layer, is shown from where it was raised.
        caffe = sys.modules.get("caffe")
        known = (OSError, getattr(caffe, "CaffeError", OSError))
        if problem.__cause__ is not None or not isinstance(problem, known):
            traceback.print_exc()
        print(f"caffe: {problem}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
