"""The import law: who may import what, read from the syntax trees (see CONTRIBUTING.md).

Every module of the project has a rank, by its package or its own name; a module imports only from
ranks up to its own, imports inside functions included. Nothing imports in a circle, and no module
reads another's underscore names.
"""

import ast
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ENGINE = ROOT / "python" / "caffe" / "_caffe"

PACKAGES = ("data", "experiments", "nets", "layers", "training", "report", "benchmarks")

# Lowest first; what is in one row may import each other, if not in a circle.
RANKS = [
    {"data"},
    {"experiments"},
    {"nets", "layers"},
    {"training"},
    {"report", "benchmarks"},
    {"solve", "score", "infer", "surgery", "demo"},
]
LEVEL = {name: level for level, row in enumerate(RANKS) for name in row}
# Beside the standard library, public caffe and each other; the last two are optional.
LIBRARIES = {"caffe", "google", "numpy", "PIL", "scipy", "tqdm", "matplotlib", "tensorboard"}
MEASURES_TORCH = ("benchmarks",)  # what the runtime is measured against


def files():
    """Return the Python files of the project outside tests."""
    found = [*ROOT.glob("*.py"), *(ROOT / "python").rglob("*.py")]
    return sorted(found + [p for name in PACKAGES for p in (ROOT / name).rglob("*.py")])


def module_of(path):
    """Return the dotted name that a file is imported by."""
    base = ROOT / "python" if ROOT / "python" in path.parents else ROOT
    parts = path.relative_to(base).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_of(path): path for path in files()}
OUTSIDE = {name: path for name, path in MODULES.items() if ROOT / "python" not in path.parents}


@cache
def imported(module):
    """Return [(module, name or None)] of all imports in a module, in functions too, absolute."""
    path = MODULES[module]
    package = module.split(".") if path.name == "__init__.py" else module.split(".")[:-1]
    found = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found += [(alias.name, None) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            source = ".".join([*base, *filter(None, [node.module])])
            found += [(source, alias.name) for alias in node.names]
    return found


def dependencies(module):
    """Return the project's modules that a module imports: `from a import b` is a.b if that is one.

    A package's own `__init__` is not counted for a module of the same package: it runs before
    any of its modules.
    """
    found = set()
    for source, name in imported(module):
        whole = f"{source}.{name}" if name else source
        target = whole if whole in MODULES else source
        if target in MODULES and not module.startswith(f"{target}."):
            found.add(target)
    return found - {module}


def circles(graph):
    """Return the strongly connected parts of more than one node (Tarjan 1972)."""
    index, low, stack, found = {}, {}, [], []

    def visit(node):
        index[node] = low[node] = len(index)
        stack.append(node)
        for other in graph[node]:
            if other not in index:
                visit(other)
                low[node] = min(low[node], low[other])
            elif other in stack:
                low[node] = min(low[node], index[other])
        if low[node] == index[node]:
            part = []
            while not part or part[-1] != node:
                part.append(stack.pop())
            if len(part) > 1:
                found.append(sorted(part))

    for node in graph:
        if node not in index:
            visit(node)
    return found


def test_circles_are_found():
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": {"a"}}) == [["b", "c"]]
    assert circles({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == []


def test_every_module_outside_python_has_a_rank():
    assert {name.split(".")[0] for name in OUTSIDE} == set(LEVEL)


@pytest.mark.parametrize("module", OUTSIDE)
def test_a_module_imports_only_from_ranks_up_to_its_own(module):
    own = LEVEL[module.split(".")[0]]
    for other in dependencies(module):
        if other in OUTSIDE:
            assert LEVEL[other.split(".")[0]] <= own, f"{module} imports {other}"


def test_nothing_outside_python_imports_in_a_circle():
    graph = {module: dependencies(module) & set(OUTSIDE) for module in OUTSIDE}
    assert circles(graph) == []


@pytest.mark.parametrize("module", OUTSIDE)
def test_outside_python_only_public_caffe_and_small_libraries(module):
    for source, name in imported(module):
        top = source.split(".")[0]
        allowed = top in LEVEL or top in LIBRARIES or top in sys.stdlib_module_names
        assert allowed or (top == "torch" and module.startswith(MEASURES_TORCH)), source
        if top == "caffe":
            private = any(p.startswith("_") for p in f"{source}.{name or ''}".split("."))
            assert not private, f"{module} imports the engine: {source}.{name}"


@pytest.mark.parametrize("module", OUTSIDE)
def test_no_module_reads_another_s_underscore_names(module):
    """Neither `from a import _b` nor `a._b` of an imported module of the project."""
    bound = set()
    for source, name in imported(module):
        if name and name.startswith("_") and not name.startswith("__"):
            assert source not in MODULES, f"{module} imports {source}.{name}"
        whole = f"{source}.{name}" if name else source
        if whole in MODULES:
            bound.add(name or source.split(".")[0])
    for node in ast.walk(ast.parse(MODULES[module].read_text())):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            private = node.attr.startswith("_") and not node.attr.startswith("__")
            assert not (private and node.value.id in bound), f"{node.value.id}.{node.attr}"


def test_the_table_is_the_standard_library_s_alone():
    """`experiments/` reads no picture and runs no net."""
    for module in OUTSIDE:
        if module.split(".")[0] == "experiments":
            for source, _ in imported(module):
                top = source.split(".")[0]
                assert top in sys.stdlib_module_names or top in ("data", "experiments"), source


def test_the_module_path_is_changed_in_one_place():
    changing = [name for name, path in OUTSIDE.items() if "sys.path" in path.read_text()]
    assert changing == ["layers"]
    tests = Path(__file__).parent
    marks = ("sys.path[", "sys.path.insert", "sys.path.append")
    assert not [
        path.name
        for path in tests.rglob("*.py")
        if path != Path(__file__) and any(mark in path.read_text() for mark in marks)
    ]


# -- python/ (its ranks by file are in ENGINE_RANKS)


def modules(path):
    """Yield every module a file may pull in: `from a import b` counts as a and a.b."""
    for source, name in imported(module_of(path)):
        yield source
        if name:
            yield f"{source}.{name}"


def family(path):
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", sorted((ROOT / "python").rglob("*.py")), ids=family)
def test_torch_only_in_the_engine(path):
    uses = any(m.split(".")[0] == "torch" for m in modules(path))
    assert not uses or ENGINE in path.parents


@pytest.mark.parametrize("path", sorted((ROOT / "python").rglob("*.py")), ids=family)
def test_python_imports_nothing_of_the_top_level(path):
    for module in modules(path):
        assert module.split(".")[0] not in LEVEL, module


# In the engine a file imports only from rows above its own.
ENGINE_RANKS = [
    {"blob", "mode", "errors"},
    {"layer", "filler"},
    {"layers", "python_layer"},
    {"net", "weights", "params"},
    {"solvers"},
]
ENGINE_LEVEL = {name: i for i, row in enumerate(ENGINE_RANKS) for name in row}


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
        if mine in ENGINE_LEVEL and other in ENGINE_LEVEL:
            assert ENGINE_LEVEL[other] <= ENGINE_LEVEL[mine], f"{family(path)} imports {module}"


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
    net = ast.parse((ENGINE / "graph" / "net.py").read_text())
    named = {n.value for n in ast.walk(net) if isinstance(n, ast.Constant)} & types
    assert named <= {"Input"}


def test_import_stays_light():
    code = "import sys, caffe; print([m for m in sys.argv[1:] if m in sys.modules])"
    heavy = ["h5py", "lmdb", "PIL.Image", "scipy.ndimage", "matplotlib"]
    run = subprocess.run([sys.executable, "-c", code, *heavy], capture_output=True, text=True)
    assert run.stdout.strip() == "[]", run.stdout + run.stderr
