"""The import law: who may import what, read from the syntax trees (see CONTRIBUTING.md)."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ENGINE = ROOT / "python" / "caffe" / "_caffe"
# Outside python/: the standard library, public caffe, and these.
OUTSIDE = {"caffe", "google", "numpy", "PIL", "scipy"}
OPTIONAL = {"tqdm", "matplotlib", "tensorboard", "rich"}
TOP_LEVEL = [
    *(p for p in ROOT.glob("*.py")),
    *(p for d in ("nets", "layers", "data", "report") for p in (ROOT / d).rglob("*.py")),
]


def imported(path):
    """Yield each imported module, absolute, with the names taken from it."""
    package = path.resolve().relative_to(ROOT).with_suffix("").parts
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from ((alias.name, ()) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            names = tuple(alias.name for alias in node.names)
            if not node.level:
                yield node.module, names
                continue
            parts = package[: len(package) - node.level]
            if "caffe" in parts:
                parts = parts[parts.index("caffe") :]
            yield ".".join((*parts, *filter(None, [node.module]))), names


def modules(path):
    """Yield every module a file may pull in: `from a import b` counts as a and a.b."""
    for module, names in imported(path):
        yield module
        yield from (f"{module}.{name}" for name in names)


def family(path):
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", TOP_LEVEL, ids=family)
def test_outside_python_only_public_caffe(path):
    local = {p.stem for p in ROOT.glob("*.py")} | {"nets", "layers", "data", "report"}
    for module in modules(path):
        top = module.split(".")[0]
        allowed = OUTSIDE | OPTIONAL | local | set(sys.stdlib_module_names)
        allowed |= {p.stem for p in path.parent.glob("*.py")}
        assert top in allowed, f"{family(path)} imports {module}"
        private = any(part.startswith("_") and part != "__future__" for part in module.split("."))
        assert not (top == "caffe" and private), f"{family(path)} imports the engine: {module}"


def test_experiments_is_a_table_of_the_standard_library():
    local = {p.stem for p in ROOT.glob("*.py")} | {"data"}
    for module in modules(ROOT / "experiments.py"):
        assert module.split(".")[0] in set(sys.stdlib_module_names) | local, module


@pytest.mark.parametrize("path", sorted((ROOT / "python").rglob("*.py")), ids=family)
def test_torch_only_in_the_engine(path):
    uses = any(m.split(".")[0] == "torch" for m in modules(path))
    assert not uses or ENGINE in path.parents


@pytest.mark.parametrize("path", sorted((ROOT / "python").rglob("*.py")), ids=family)
def test_python_imports_nothing_of_the_top_level(path):
    local = {p.stem for p in ROOT.glob("*.py")} | {"nets", "layers", "data", "report"}
    for module in modules(path):
        assert module.split(".")[0] not in local, module


# In the engine a file imports only from rows above its own.
ROWS = [
    {"blob", "mode", "errors"},
    {"layer", "filler"},
    {"layers", "python_layer"},
    {"net", "weights", "params"},
    {"solvers"},
]
LEVEL = {name: i for i, row in enumerate(ROWS) for name in row}


@pytest.mark.parametrize("path", sorted(ENGINE.rglob("*.py")), ids=family)
def test_engine_rows(path):
    mine = path.relative_to(ENGINE).parts[0].removesuffix(".py")
    for module in modules(path):
        if module == "caffe._caffe":
            continue
        if not module.startswith("caffe._caffe."):
            assert not module.startswith("caffe.") or module.startswith("caffe.proto"), module
            continue
        other = module.split(".")[2]
        if mine in LEVEL and other in LEVEL:
            assert LEVEL[other] <= LEVEL[mine], f"{family(path)} imports {module}"


@pytest.mark.parametrize("path", sorted((ENGINE / "layers").glob("*.py")), ids=family)
def test_families_do_not_import_each_other(path):
    if path.name == "__init__.py":
        return
    for module in modules(path):
        assert not module.startswith("caffe._caffe.layers."), module


def test_net_names_no_layer_type():
    types = {
        node.args[0].value
        for path in (ENGINE / "layers").glob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "register"
    }
    # net.cpp itself asks for Input, to know the net's inputs; insert_splits.cpp makes Splits.
    assert len(types) > 50
    net = ast.parse((ENGINE / "net.py").read_text())
    named = {n.value for n in ast.walk(net) if isinstance(n, ast.Constant)} & types
    assert named <= {"Input"}


def test_import_stays_light():
    code = "import sys, caffe; print([m for m in sys.argv[1:] if m in sys.modules])"
    heavy = ["h5py", "lmdb", "PIL.Image", "scipy.ndimage", "matplotlib"]
    run = subprocess.run([sys.executable, "-c", code, *heavy], capture_output=True, text=True)
    assert run.stdout.strip() == "[]", run.stdout + run.stderr
