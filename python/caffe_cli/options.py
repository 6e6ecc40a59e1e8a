"""What each command may be given, in gflags' spelling, parsed by argparse.

BVLC's tool is built on gflags: one dash or two, `-flag value` or `-flag=value`, switches as
`-flag`, `-flag=false` or `-noflag`, anywhere on the line.
"""

import argparse
import re
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from itertools import zip_longest
from typing import Any


class CommandError(Exception):
    """A command line that is not valid."""


def did_you_mean(name: str, known: Iterable[str], prefix: str = "") -> str:
    """Return `"; did you mean ...?"` with the nearest known name, or an empty string.

    The command's own: it answers before caffe is imported, and beside a BVLC build.
    """
    close = get_close_matches(name, list(known), n=1)
    return f"; did you mean {prefix}{close[0]}?" if close else ""


def _flag(text: str, metavar: str | None = None, default: Any = "", **more: Any) -> dict[str, Any]:
    """Return argparse's settings of a flag that takes a value."""
    return {"help": text, "metavar": metavar, "default": default, **more}


# The first group are BVLC's flags (tools/caffe.cpp, glog); every command accepts all of them,
# because scripts give them to any, and shows those that it uses.
BVLC = {
    "gpu": _flag("run on these devices; numbers, or all", "IDS"),
    "solver": _flag("the solver prototxt", "FILE"),
    "model": _flag("the net prototxt", "FILE"),
    "phase": _flag("TRAIN or TEST"),
    "level": _flag("level of the net's state", default=0, type=int),
    "stage": _flag("stages of the net's state, separated by commas"),
    "snapshot": _flag("the solver state to resume from", "FILE"),
    "weights": _flag("weights, separated by commas", "FILES"),
    "iterations": _flag("how many iterations (default: 50)", default=50, type=int),
    "sigint_effect": _flag(
        "what Ctrl-C does: stop (default), snapshot or none", "EFFECT", default="stop"
    ),
    "sighup_effect": _flag(
        "what a hangup does: stop, snapshot (default) or none", "EFFECT", default="snapshot"
    ),
    "minloglevel": _flag(
        "log from this level on: 0 info (default), 1 warning, 2 error, 3 fatal",
        "LEVEL", default=0, type=int,
    ),
    "log_dir": _flag("also log to FOLDER/caffe.INFO", "FOLDER"),
}  # fmt: skip
OURS = {
    "dialect": _flag(
        "read layers that several Caffe forks write alike as FORK's (segnet, hed, ...)", "FORK"
    ),
    "workers": _flag(
        "threads of each data layer that load ahead (default: 1)", "COUNT", default=None, type=int
    ),
    "precision": _flag("multiply in float32 (default) or bf16", "NAME"),
    "ranks": _flag(
        "train on the CPU with so many processes; several -gpu are as many ranks",
        "COUNT", default=1, type=int,
    ),
    "html": _flag("write a page for a browser", "FILE"),
    "diff": _flag("show the net OTHER beside it", "OTHER"),
    "mean": _flag("what users of the file are to subtract from each channel, by commas", "NUMBERS"),
    "channel_order": _flag("BGR (default) or RGB", default="BGR"),
    "classes": _flag("the classes' names, one a line", "FILE"),
    "rankdir": _flag("the direction of data: LR (default), RL, TB or BT", default="LR"),
    "timeout": _flag(
        "end a build after so many seconds (default: 60)", "SECONDS", default=60.0, type=float
    ),
    "memory": _flag(
        "memory that a build may take, in GiB (default: 8)", "GIB", default=8.0, type=float
    ),
    "jobs": _flag("builds at a time (default: 2)", default=2, type=int),
}  # fmt: skip
SWITCHES = {
    "forward_only": "time the forward pass alone",
    "sync_bn": "let batch normalisation take mean and variance over all ranks' batches",
    "optimize": "leave out rows that wide padding makes equal (the results are the same)",
    "display_lrm": "draw learning rate multipliers",
    "align_crops": "write aligned offsets into the Crop layers that give none",
    "replace_data": "put placeholders where data sources are absent (default: true)",
    "json": "print JSON instead of a table",
    "version": "show the version",
    "help": "show this text",
    "logtostderr": argparse.SUPPRESS,  # glog's: the log always goes to standard error
    "alsologtostderr": argparse.SUPPRESS,
}
EVERYWHERE = ("minloglevel", "log_dir", "logtostderr", "alsologtostderr", "version", "help")
DEFAULT_ON = ("replace_data", "logtostderr", "alsologtostderr")


class Parser(argparse.ArgumentParser):
    """Parses what follows one command's name.

    Parameters
    ----------
    command : str
        The command's name.
    text : str
        What the command does, for its help.
    arguments : dict of str to bool
        The words it takes, by name, and whether each must be given.
    uses : sequence of str
        The flags that the help shows; BVLC's others are accepted all the same.
    forms : sequence of str
        How the words may be put, where their names in order do not say it.
    """

    def __init__(self, command, text, arguments, uses=(), forms=()):
        words = (name if needed else f"[{name}]" for name, needed in arguments.items())
        lines = [
            " ".join(filter(None, ["caffe", command, form, "[-flag value ...]"]))
            for form in forms or [" ".join(words)]
        ]
        self.form = " or ".join(lines)
        usage = "\n       ".join(lines)
        super().__init__(usage=usage, description=text, add_help=False, allow_abbrev=False)
        self.arguments = arguments
        self.flags = set()
        shown = [*uses, *EVERYWHERE]
        for name in dict.fromkeys([*shown, *BVLC]):
            self._add_flag(name, name in shown)

    def _add_flag(self, name, shown):
        settings: dict[str, Any]
        if name in SWITCHES:
            settings = {"nargs": "?", "type": _boolean, "metavar": "BOOL", "help": SWITCHES[name]}
            settings["default"] = name in DEFAULT_ON
        else:
            settings = dict(BVLC.get(name) or OURS[name])
        if not shown:
            settings["help"] = argparse.SUPPRESS
        self.add_argument("--" + name, **settings)
        self.flags.add(name)

    def parse(self, argv: Sequence[str]) -> argparse.Namespace:
        """Return the values of all words and flags; raises CommandError where one is wrong."""
        argv = list(argv)
        end = argv.index("--") if "--" in argv else len(argv)
        options, words = self.parse_known_args(self._double_dashes(argv[:end]))
        words += argv[end + 1 :]
        least = sum(self.arguments.values())
        if not least <= len(words) <= len(self.arguments):
            given = " ".join(words) or "nothing"
            raise CommandError(f"expected {self.form}, got {given!r}")
        for name, word in zip_longest(self.arguments, words):
            setattr(options, name.lower(), word)
        return options

    def error(self, message):
        """Raise CommandError in place of ending the process."""
        raise CommandError(f"{message.replace('argument --', 'flag -')}; expected {self.form}")

    def _double_dashes(self, argv):
        tokens = []
        for token in argv:
            if re.match(r"--?[A-Za-z]", token):
                name, equals, value = token.lstrip("-").partition("=")
                token = "--" + self._known(name.replace("-", "_"), token, equals, value)
            tokens.append(token)
        return tokens

    def _known(self, name, token, equals, value):
        """Return `name=value` of a flag, or `name` alone where the value is the next token."""
        positive = name.removeprefix("no")
        if not equals and name not in self.flags and positive in self.flags & set(SWITCHES):
            return f"{positive}=false"
        name = {"h": "help"}.get(name, name)
        if name not in self.flags:
            raise CommandError(f"unknown flag {token!r}{did_you_mean(name, self.flags, '-')}")
        if not equals and name in SWITCHES:
            return f"{name}=true"
        return f"{name}={value}" if equals else name


def _boolean(text: str) -> bool:
    if text.lower() in ("true", "t", "yes", "y", "1"):
        return True
    if text.lower() in ("false", "f", "no", "n", "0"):
        return False
    raise argparse.ArgumentTypeError(f"expected true or false, got {text!r}")
