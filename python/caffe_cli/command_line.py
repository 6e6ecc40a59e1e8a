"""Choose a command, parse what it is given, run it, and report what goes wrong."""

import logging
import os
import sys
import traceback
from argparse import Namespace
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from . import check, device, draw, export, importing, measure, page, ranks, train, upgrade
from .common import apply_settings
from .options import CommandError, Parser, did_you_mean


@dataclass
class Command:
    """One command: its name, what runs it, what it does, its flags and its words."""

    name: str
    run: Callable[[Namespace], int | None]
    text: str
    uses: str = ""
    arguments: dict[str, bool] = field(default_factory=dict)  # and whether each is needed
    logs_build: bool = False  # log every layer while a net is built, as BVLC's tool does
    forms: tuple[str, ...] = ()  # of the words, where their names do not say how to put them

    def parser(self) -> Parser:
        """Return the parser of what follows the command's name."""
        return Parser(self.name, self.text, self.arguments, self.uses.split(), self.forms)


_TRAIN = (
    "solver weights snapshot gpu ranks sync_bn optimize precision workers level stage "
    "sigint_effect sighup_effect dialect"
)
_TIME = "model weights iterations phase forward_only gpu precision level stage dialect"
COMMANDS = {
    command.name: command
    for command in [
        Command("train", train.train, "train or finetune a model", _TRAIN, logs_build=True),
        Command(
            "test",
            measure.test,
            "score a model",
            "model weights iterations gpu precision workers level stage dialect",
            logs_build=True,
        ),
        Command("time", measure.time, "benchmark model execution time", _TIME, logs_build=True),
        Command("device_query", device.device_query, "show GPU diagnostic information", "gpu"),
        Command(
            "inspect",
            page.inspect,
            "list a net's layers, shapes, parameters and costs, or write a page to look into it",
            "html diff phase weights level stage dialect",
            {"NET": True},
        ),
        Command(
            "draw",
            draw.draw,
            "draw a net as PNG, SVG or another format that the extension names",
            "rankdir phase display_lrm",
            {"NET": True, "PICTURE": True},
        ),
        Command(
            "export",
            export.export,
            "write a net and its weights as an ONNX file or a torch program",
            "weights level stage dialect mean channel_order classes",
            {"FORM": True, "DEPLOY": True, "WEIGHTS_OR_OUT": True, "OUT": False},
            forms=("onnx DEPLOY [WEIGHTS] OUT", "torch DEPLOY [WEIGHTS] OUT"),
        ),
        Command(
            "import",
            importing.import_net,
            "write an ONNX file, or a torchvision model's state dict, as prototxt and caffemodel",
            "",
            {"FORM": True, "FIRST": True, "SECOND": True, "THIRD": True, "FOURTH": False},
            forms=importing.USAGES,
        ),
        Command(
            "check",
            check.check,
            "build every net below a folder and list what stops which",
            "replace_data timeout memory jobs json dialect",
            {"FOLDER": True},
        ),
        Command(
            "upgrade",
            upgrade.upgrade,
            "write an old prototxt, caffemodel or Python 2 module in today's form",
            "align_crops",
            {"OLD": True, "NEW": False},
            forms=("OLD NEW", "MODULE.py [NEW]", "FOLDER [NEW]"),
        ),
    ]
}


def usage() -> str:
    """Return what `caffe` shows when it is given no command."""
    lines = ["usage: caffe <command> <args>", "", "commands:"]
    lines += [f"  {command.name:16}{command.text}" for command in COMMANDS.values()]
    return "\n".join([*lines, "", "caffe <command> -help lists what a command takes."])


def run(argv: Sequence[str]) -> int:
    """Run what follows `caffe`; return the exit status. As with gflags, flags may come first."""
    argv = list(argv)
    place = next((i for i, word in enumerate(argv) if word in COMMANDS), None)
    if place is None:
        return _without_command(argv)
    command = COMMANDS[argv.pop(place)]
    parser = command.parser()
    if {"-help", "--help", "-h"} & set(argv):
        print(parser.format_help().rstrip())
        return 0
    options = parser.parse(argv)
    options.argv = [command.name, *argv]
    if options.version:
        return _without_command(["-version"])
    _prepare_log(options, command.logs_build)
    apply_settings(options)
    return command.run(options) or 0


def _without_command(argv):
    """Show help or the version; status 0 as in BVLC's tool, which shows its usage then."""
    words = [word for word in argv if not word.startswith("-")]
    if words:
        raise CommandError(
            f"unknown command {words[0]!r}{did_you_mean(words[0], COMMANDS)} "
            f"(known: {', '.join(COMMANDS)})"
        )
    if {"-version", "--version"} & set(argv):
        import caffe

        print(f"caffe version {caffe.__version__}")
        return 0
    Parser("<command>", "", {}).parse(
        [word for word in argv if word.lstrip("-") not in ("help", "h")]
    )
    print(usage())
    return 0


def _prepare_log(options, logs_build):
    """Set what caffe reads of its log's settings when it is imported; add the log file."""
    if logs_build:
        os.environ.setdefault("GLOG_v", "1")
    if options.minloglevel:
        os.environ["GLOG_minloglevel"] = str(options.minloglevel)
    if options.log_dir and ranks.rank() == 0:
        import caffe  # noqa: F401  (sets up its log)

        log = logging.getLogger("caffe")
        copy = logging.FileHandler(os.path.join(options.log_dir, "caffe.INFO"), mode="w")
        copy.setFormatter(log.handlers[0].formatter if log.handlers else None)
        log.addHandler(copy)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the console script, by default with the process's own arguments.

    Returns
    -------
    int
        The command's exit status, 1 after an error, 130 after Ctrl-C.
    """
    try:
        return run(sys.argv[1:] if argv is None else argv)
    except CommandError as problem:
        print(f"caffe: {problem}", file=sys.stderr)
    except KeyboardInterrupt:
        print("caffe: interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:
        sys.stderr.close()  # the reader has gone, as with `caffe inspect NET | head`
    except Exception as problem:
        # caffe's own errors explain themselves, and the system's; any other, such as an exception
        # in a Python layer, is shown with where it was raised.
        caffe = sys.modules.get("caffe")
        if not isinstance(problem, (OSError, getattr(caffe, "CaffeError", OSError))):
            traceback.print_exc()
        print(f"caffe: {problem}", file=sys.stderr)
    return 1
