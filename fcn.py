"""The `fcn` command of an installed project: a checkout's scripts and modules, by name.

    fcn solve demo-fcn8s --chain     what `python solve.py demo-fcn8s --chain` is in a checkout
    fcn data list                    `python -m data list`

It works in the current folder: `runs/` and `data/` are there, unless $FCN_RUNS and $FCN_DATA name
others. Standard library only, so that `fcn --help` answers at once.
"""

import ast
import os
import runpy
import sys
from difflib import get_close_matches
from pathlib import Path

ROOT = Path(__file__).resolve().parent
SAME = "demo data experiments solve score infer surgery report family".split()
MODULES = {name: name for name in SAME} | dict(claim="training.claim", published="nets.published")


def main() -> None:
    """Run the command line."""
    name, *arguments = sys.argv[1:] or ["--help"]
    if name in ("-h", "--help"):
        print(usage())
        return
    if name not in MODULES:
        close = get_close_matches(name, MODULES, n=1)
        hint = f"; did you mean {close[0]}?" if close else ""
        sys.exit(f"fcn: unknown command {name!r}{hint} (known: {', '.join(MODULES)})")
    enter()
    sys.argv = [f"fcn {name}", *arguments]
    runpy.run_module(MODULES[name], run_name="__main__")


def enter() -> None:
    """Make the project's modules importable, and the current folder the one to work in."""
    sys.path.insert(0, str(ROOT))
    for variable, folder in (("FCN_RUNS", "runs"), ("FCN_DATA", "data")):
        os.environ.setdefault(variable, str(Path(folder).resolve()))


def usage() -> str:
    """Return the commands, each with what it does."""
    lines = [f"  {name:12} {first_line(module)}" for name, module in MODULES.items()]
    return "\n".join(["usage: fcn COMMAND ...", "", *lines, "", "fcn COMMAND --help says more."])


def first_line(module: str) -> str:
    """Return the first sentence of a module's docstring, which is read, not imported."""
    path = ROOT / module.replace(".", "/")
    path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return text.split("\n")[0]


if __name__ == "__main__":
    main()
