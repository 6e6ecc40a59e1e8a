"""caffe upgrade MODULE.py: Python 3 copies of Python 2 layer modules.

The syntax is translated by fissix, a kept-up copy of Python's own 2to3 (the extra `python2`
installs it). Some of what old layers use was removed from their libraries and not from Python;
`MOVED` names it. Division is left alone: whether `/` meant whole numbers cannot be known from the
text, so lines where it looks like it are logged.
"""

import ast
import os
import re
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass, field

from .common import log_line, need_file, write_file
from .options import CommandError

# Aliases of Python's own types that NumPy removed in 1.24 and 2.0.
MOVED = {
    "float": "float", "int": "int", "bool": "bool", "object": "object", "str": "str",
    "complex": "complex", "long": "int", "unicode": "str", "float_": "np.float64",
    "Inf": "np.inf", "infty": "np.inf", "NaN": "np.nan",
}  # fmt: skip
# Names that usually hold whole numbers in layers.
_WHOLE = re.compile(
    r"[nijkhwNHW]|num.*|.*_num|.*(size|count|width|height|len|length|idx|index|stride|pad|dim"
    r"|batch|kernel)|channels?|rows?|cols?|.*_[hwn]|shape",
    re.IGNORECASE,
)


@dataclass
class Translation:
    """A translated module: its text, the encoding to write it in, and remarks by line."""

    text: str
    encoding: str
    remarks: list[tuple[int, str]] = field(default_factory=list)


def upgrade_modules(old: str, new: str | None) -> int:
    """Translate a module, or all modules below a folder, from Python 2; never in place.

    Parameters
    ----------
    old : str
        A file or folder.
    new : str, optional
        The copy's name; by default `python3/MODULE.py` beside a file, `FOLDER_python3` beside a
        folder, so that the modules' own names, which prototxts give, stay the same.

    Returns
    -------
    int
        The exit status: 1 where a module could not be translated, which is logged.

    Raises
    ------
    CommandError
        Where fissix is not installed, there is nothing to translate, or `new` is `old`.
    """
    old = os.path.normpath(old)
    pairs = list(_pairs(old, new))
    if not pairs:
        raise CommandError(f"no Python module lies below {old!r}")
    failed = 0
    for source, target in pairs:
        if os.path.realpath(source) == os.path.realpath(target):
            raise CommandError(f"{target!r} is the module itself: write the copy elsewhere")
        try:
            translation = translate(source)
        except (SyntaxError, UnicodeError) as problem:
            log_line(f"{source}: not translated: {problem}", 1)
            failed = 1
            continue
        write_file(target, translation.text.encode(translation.encoding))
        for line, remark in translation.remarks:
            log_line(f"{target}:{line}: {remark}", 1)
        log_line(f"Wrote Python 3 copy of {source} to {target}", 1)
    root = os.path.dirname(pairs[0][1]) if os.path.isfile(old) else new or old + "_python3"
    log_line(f"To use it: PYTHONPATH={os.path.abspath(root)}:$PYTHONPATH", 1)
    return failed


def _pairs(old, new) -> Iterator[tuple[str, str]]:
    if not os.path.isdir(old):
        need_file(old, "module")
        folder, name = os.path.split(old)
        yield old, new or os.path.join(folder, "python3", name)
        return
    new = new or old + "_python3"
    for folder, folders, names in os.walk(old):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if name.endswith(".py"):
                source = os.path.join(folder, name)
                yield source, os.path.join(new, os.path.relpath(source, old))


def translate(path: str) -> Translation:
    """Return the Python 3 text of the module `path`, with remarks on what needs a person's eye.

    Raises
    ------
    SyntaxError
        Where the module is no Python 2 either, or the translation is no Python 3.
    CommandError
        Where fissix is not installed.
    """
    text, encoding = _read(path)
    divides_floats = re.search(r"^from __future__ import .*\bdivision\b", text, re.MULTILINE)
    text = _two_to_three(text, path)
    try:
        tree = ast.parse(text, path)
    except TabError:  # Python 2 took a tab for the next multiple of 8 columns
        text = re.sub(r"^[ \t]*\t", lambda lead: lead[0].expandtabs(8), text, flags=re.MULTILINE)
        tree = ast.parse(text, path)
    text, remarks = _replace_moved(text, tree)
    remarks += _float_sizes(tree)
    if not divides_floats:
        remarks += _whole_divisions(tree)
    return Translation(text, encoding, sorted(remarks))


def _read(path):
    with open(path, "rb") as file:
        try:
            encoding, _ = tokenize.detect_encoding(file.readline)
        except SyntaxError:  # no encoding is declared, and the bytes are not UTF-8
            encoding = "latin-1"
    with open(path, encoding=encoding) as file:
        text = file.read()
    if encoding == "latin-1":
        encoding = "utf-8"  # Python 3's own, where a module declares nothing
    return text if text.endswith("\n") else text + "\n", encoding


def _two_to_three(text, path):
    try:
        from fissix import pgen2, refactor
    except ImportError:
        raise CommandError(
            "translating Python 2 needs fissix: pip install fissix (the extra 'python2')"
        ) from None
    tool = refactor.RefactoringTool(refactor.get_fixers_from_package("fissix.fixes"))
    try:
        return str(tool.refactor_string(text, path))
    except (pgen2.parse.ParseError, pgen2.tokenize.TokenError) as problem:
        raise SyntaxError(f"{path}: {problem}") from None


def _replace_moved(text, tree):
    """Return `text` with what libraries removed replaced, and a remark for each place."""
    edits, remarks = [], []
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            if node.value.id in ("np", "numpy") and node.attr in MOVED:
                new = MOVED[node.attr].replace("np", node.value.id)
                edits.append((node, new))
                remarks.append((node.lineno, f"{node.value.id}.{node.attr} is now {new}"))
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        called = ast.unparse(node.func)
        if called == "yaml.load" and len(node.args) == 1 and not node.keywords:
            edits.append((node.func, "yaml.safe_load"))
            remarks.append((node.lineno, "yaml.load without a Loader is now yaml.safe_load"))
        if called == "pickle.load" and not node.keywords:
            remarks.append((node.lineno, "pickle.load of a Python 2 file needs encoding='latin1'"))
    lines = [line.encode() for line in text.splitlines(keepends=True)]
    for node, new in sorted(edits, key=lambda edit: (edit[0].lineno, edit[0].col_offset))[::-1]:
        line = lines[node.lineno - 1]  # such an expression is on one line
        lines[node.lineno - 1] = (
            line[: node.col_offset] + new.encode() + line[node.end_col_offset :]
        )
    return b"".join(lines).decode(), remarks


def _float_sizes(tree):
    """Remarks on roundings whose floats NumPy once took as sizes and indices."""
    taken = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "int":
            taken |= {id(argument) for argument in node.args}
        elif isinstance(node, ast.Attribute) and node.attr == "astype":
            taken.add(id(node.value))
    rounding = {
        f"{numpy}.{name}" for numpy in ("np", "numpy") for name in ("round", "floor", "ceil")
    }
    return [
        (
            node.lineno,
            f"{ast.unparse(node)} is a float, which NumPy takes as a size or index no more; write "
            "int(...) if it is one",
        )
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) in rounding
        and id(node) not in taken
    ]


def _whole_divisions(tree):
    return [
        (
            node.lineno,
            f"{ast.unparse(node)}: Python 2 divided whole numbers without remainder; write // if "
            "both are whole",
        )
        for node in ast.walk(tree)
        if isinstance(node, ast.BinOp)
        and isinstance(node.op, ast.Div)
        and _looks_whole(node.left)
        and _looks_whole(node.right)
    ]


def _looks_whole(node):
    """Tell whether an expression looks like a whole number."""
    if isinstance(node, ast.Constant):
        return type(node.value) is int
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Name) and node.func.id in ("int", "len", "max", "min")
    if isinstance(node, ast.BinOp):
        return _looks_whole(node.left) and _looks_whole(node.right)
    if isinstance(node, ast.Subscript):
        key = getattr(node.slice, "value", None)
        return _looks_whole(node.value) or (isinstance(key, str) and bool(_WHOLE.fullmatch(key)))
    if isinstance(node, ast.UnaryOp):
        return _looks_whole(node.operand)
    name = getattr(node, "attr", getattr(node, "id", ""))
    return bool(_WHOLE.fullmatch(name))
