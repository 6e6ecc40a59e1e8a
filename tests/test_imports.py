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
    {"solve", "score", "infer", "surgery", "demo", "fcn"},
    {"family"},
]
LEVEL = {name: level for level, row in enumerate(RANKS) for name in row}
# Beside the standard library, public caffe and each other; the last two are optional.
LIBRARIES = {
    "caffe", "caffe_cli", "google", "h5py", "matplotlib", "numpy", "PIL", "scipy", "tensorboard",
    "tqdm",
}  # fmt: skip
MEASURES_TORCH = ("benchmarks",)  # what the runtime is measured against
RIVALS = {"onnxruntime", "openvino"}


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
        measured = top == "torch" and module.startswith(MEASURES_TORCH)
        measured = measured or top in RIVALS and module == "benchmarks.rivals"
        assert allowed or measured, source
        if top == "caffe":
            private = any(p.startswith("_") for p in f"{source}.{name or ''}".split("."))
            assert not private, f"{module} imports the engine: {source}.{name}"


@pytest.mark.parametrize("module", OUTSIDE)
def test_no_module_reads_another_s_underscore_names(module):
    """Neither `from a import _b` nor `a._b` of an imported module of the project."""
    bound = set()
    for source, name in imported(module):
        if name and name.startswith("_") and not name.startswith("__"):
            other = f"{source}.{name}" not in MODULES  # caffe._caffe is a package's name
            assert source not in MODULES or not other, f"{module} imports {source}.{name}"
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


def test_the_module_path_is_changed_for_the_layers_and_where_a_wheel_is_entered():
    changing = [name for name, path in OUTSIDE.items() if "sys.path" in path.read_text()]
    assert changing == ["fcn", "layers"]
    tests = Path(__file__).parent
    marks = ("sys.path[", "sys.path.insert", "sys.path.append")
    assert not [
        path.name
        for path in tests.rglob("*.py")
        if path != Path(__file__) and any(mark in path.read_text() for mark in marks)
    ]


# -- python/

INSIDE = {name: path for name, path in MODULES.items() if name not in OUTSIDE}
# Lowest first, by the longest matching name; what is in one row may import each other.
ENGINE_RANKS = [
    {"caffe.proto", "caffe._nearest"},
    {"caffe._caffe.errors", "caffe._caffe.log"},
    {"caffe._caffe.formats"},
    {"caffe._caffe.core"},
    {"caffe._caffe.sources"},
    {"caffe._caffe.layers"},
    {"caffe._caffe.graph"},
    {"caffe._caffe.solvers", "caffe._caffe.export"},
    {"caffe._caffe"},
    {"caffe._spec_messages"},
    {
        "caffe.net_spec",
        "caffe.io",
        "caffe.pycaffe",
        "caffe.coord_map",
        "caffe.draw",
        "caffe.export",
    },
    {"caffe.classifier", "caffe.detector"},
    {"caffe"},
    {"caffe_cli"},
]
ENGINE_LEVEL = {name: level for level, row in enumerate(ENGINE_RANKS) for name in row}
APART = "caffe._caffe.drawing"  # imports only formats, and only caffe.draw imports it
_LAYERS = "caffe._caffe.layers"
FAMILIES = [m for m in INSIDE if m.startswith(f"{_LAYERS}.") and m != f"{_LAYERS}.forks"]


def engine_rank(module):
    """Return the rank of the longest prefix of a module's name that has one."""
    parts = module.split(".")
    prefixes = (".".join(parts[:n]) for n in range(len(parts), 0, -1))
    return next(ENGINE_LEVEL[prefix] for prefix in prefixes if prefix in ENGINE_LEVEL)


@pytest.mark.parametrize("module", INSIDE)
def test_python_imports_only_from_ranks_up_to_its_own(module):
    for other in dependencies(module):
        assert other in INSIDE, f"python/ imports nothing of the top level: {other}"
        if module.startswith(APART):
            assert other.startswith((APART, "caffe._caffe.formats", "caffe.proto")), other
        elif other.startswith(APART):
            assert module == "caffe.draw"
        else:
            assert engine_rank(other) <= engine_rank(module), f"{module} imports {other}"


def test_nothing_in_python_imports_in_a_circle():
    assert circles({module: dependencies(module) & set(INSIDE) for module in INSIDE}) == []


@pytest.mark.parametrize("module", INSIDE)
def test_python_reads_no_other_module_s_underscore_names(module):
    test_no_module_reads_another_s_underscore_names(module)


@pytest.mark.parametrize("module", INSIDE)
def test_torch_only_in_the_engine(module):
    uses = any(source.split(".")[0] == "torch" for source, _ in imported(module))
    assert not uses or ENGINE in INSIDE[module].parents


def test_the_caffe_command_is_public_pycaffe_s_client():
    for module in INSIDE:
        for source, name in imported(module) if module.startswith("caffe_cli") else ():
            private = any(p.startswith("_") for p in f"{source}.{name or ''}".split("."))
            assert source.split(".")[0] != "caffe" or not private, f"{module} imports {source}"


def test_net_spec_needs_the_schema_alone():
    own = {"proto", "_nearest", "_spec_messages"}
    assert {m.split(".")[1] for m in dependencies("caffe.net_spec")} == own
    assert dependencies("caffe._spec_messages") == {"caffe._nearest"}
    assert not dependencies("caffe._nearest")


def test_layer_families_and_forks_do_not_import_each_other():
    assert len(FAMILIES) > 15
    for module in FAMILIES:
        assert not [m for m in dependencies(module) if m in FAMILIES], module


def test_the_graph_names_no_layer_type():
    types = {
        node.args[0].value
        for path in (ENGINE / "layers").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "register"
    }
    # net.cpp itself asks for Input, to know the net's inputs; insert_splits.cpp makes Splits.
    assert len(types) > 50
    for path in (ENGINE / "graph").glob("*.py"):
        tree = ast.walk(ast.parse(path.read_text()))
        named = {n.value for n in tree if isinstance(n, ast.Constant)} & types
        assert named <= {"Input", "Split"}, path.name


def test_import_stays_light():
    code = (
        "import gc, sys, caffe; print([m for m in sys.argv[1:] if m in sys.modules], "
        "gc.isenabled(), gc.get_freeze_count())"
    )
    heavy = ["h5py", "lmdb", "PIL.Image", "scipy.ndimage", "matplotlib"]
    run = subprocess.run([sys.executable, "-c", code, *heavy], capture_output=True, text=True)
    assert run.stdout.strip() == "[] True 0", run.stdout + run.stderr
