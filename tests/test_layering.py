"""Imports point down, and back in time; only the console knows pygame; no network, no pickle, no evaluated text."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FILES = sorted([*(ROOT / "marki").rglob("*.py"), ROOT / "run_sim.py", *(ROOT / "successors").rglob("*.py")])

# Rooms from the ground up; a file may import from its own room and from those below.
ROOMS = [
    {
        "errors",
        "ticks",
        "seeding",
        "registers",
        "trace",
        "config",
        "provenance",
        "files",
        "reading",
        "language",
        "interruption",
        "jobs",
        "program",
        "intervals",
        "measurements",
        "versions",
        "pictures",
        "sweep",
        "sweep_plot",
        "theory",
        "comparison",
        "data_frames",
        "setting_rows",
        "",
    },
    {"io"},
    {"pen"},
    {"hardware"},
    {"machine", "twin", "shipped_wipers", "session_picture", "machine_settings", "machine_file"},
    {
        "history",
        "probe",
        "command_values",
        "session",
        "twin_session",
        "savefile",
        "trial_rows",
        "tables",
        "sklearn",
        "damage",
        "script",
    },
    {"teaching", "paper"},
    {"experiments", "session_command", "list_commands"},
    {"console", "completion"},
    {"__main__"},
]
FORBIDDEN = {"pickle", "shelve", "marshal", "socket", "urllib", "http", "requests", "ssl", "ftplib"}
ONLY_IN = {
    "pygame": ("marki/console/",),
    "simpy": ("marki/hardware/", "marki/machine.py", "marki/session.py", "successors/cluster/"),
    "matplotlib": ("marki/pictures.py", "successors/evaluation/plots.py"),
    "PIL": (
        "marki/io/stimuli/",
        "marki/paper/",
        "marki/pen/",
        "marki/console/",
        "successors/training/samples.py",
        "marki/session_picture.py",
    ),
    "pandas": ("marki/data_frames.py",),
    "sklearn": ("marki/io/retina_classifier.py",),
}


# The same inside the two largest, by the folder or file under them.
INSIDE = {
    "marki.console": [
        {"", "window_settings", "state"},
        {"drawing"},
        {"panels"},
        {"front", "timeline", "editor"},
        {"export"},
        {"actions"},
        {"pages"},
        {"input"},
        {"observer", "arrange", "renderer", "recorder", "kiosk"},
        {"app"},
        {"command"},
    ],
    "successors": [
        {"", "nn"},
        {"cluster"},
        {"model_card"},
        {"timeline", "tasks", "baselines"},
        {"registry"},
        {"training"},
        {"evaluation", "serving", "sklearn"},
        {"command"},
    ],
}


def imports(path, *, types=False):
    """Yield the modules and names that a file imports; with `types`, also what only the type checker reads."""
    tree = ast.parse(path.read_text())
    if not types:
        tree.body = [n for n in tree.body if not (isinstance(n, ast.If) and ast.unparse(n.test) == "TYPE_CHECKING")]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def room(module):
    parts = module.split(".")
    name = parts[1] if len(parts) > 1 else ""
    return next((k for k, names in enumerate(ROOMS) if name in names), None)


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_imports(path):
    here = str(path.relative_to(ROOT))
    for module in imports(path):
        top = module.split(".")[0]
        assert top not in FORBIDDEN, f"{here} imports {module}"
        if top in ONLY_IN:
            assert here.startswith(ONLY_IN[top]), f"{here} imports {module}"
        # The composition root alone knows both packages.
        if here.startswith("marki/") and here != "marki/__main__.py" and top == "successors":
            raise AssertionError(f"{here} imports {module}")
        if here.startswith("marki/") and top == "marki":
            own = module_of(path)
            if room(module) is not None:
                assert room(module) <= room(own), f"{here} imports {module} from above"


def module_of(path):
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def inside(package, module):
    """Return the height of a module's room within a package; None if it is not of it."""
    if module != package and not module.startswith(f"{package}."):
        return None
    name = module.removeprefix(package).lstrip(".").split(".")[0]
    return next((k for k, names in enumerate(INSIDE[package]) if name in names), None)


@pytest.mark.parametrize("package", INSIDE)
def test_arrows_point_down_inside_too(package):
    modules = {module_of(path) for path in FILES}
    assert not [m for m in modules if m.startswith(f"{package}.") and inside(package, m) is None], "without a room"
    up = [
        f"{module_of(path)} imports {module}"
        for path in FILES
        for module in imports(path, types=True)
        if module in modules
        and module_of(path) != package  # its front names what is below for the type checker, and loads it when asked
        and inside(package, module_of(path)) is not None
        and inside(package, module) is not None
        and inside(package, module) > inside(package, module_of(path))
    ]
    assert up == []


def circles(graph):
    """Return what remains of a graph when nodes that point at no remaining one are taken away, again and again."""
    left = {name: set(targets) for name, targets in graph.items()}
    while done := [name for name, targets in left.items() if not targets & left.keys() - {name}]:
        for name in done:
            del left[name]
    return left


def test_there_are_no_circles_not_even_for_the_type_checker():
    modules = {module_of(path) for path in FILES}
    graph = {}
    for path in FILES:
        found = set(imports(path, types=True)) & modules
        # `from package import module` is the module's, not the package's.
        graph[module_of(path)] = {m for m in found if not any(o.startswith(f"{m}.") for o in found)}
    assert circles(graph) == {}
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}, "e": set()}).keys() == {"a", "b", "c", "d"}


@pytest.mark.parametrize("path", [p for p in FILES if p.is_relative_to(ROOT / "successors")], ids=lambda p: p.stem)
def test_successors_know_the_ports_but_not_the_machine(path):
    for module in imports(path):
        if module.split(".")[0] == "marki":
            assert room(module) is None or room(module) <= 2, f"{path.name} imports {module}"


def from_the_future(stem, modules):
    """Return what a timeline file may not import: of `successors` all but engine, machine room, card, earlier years."""
    for module in modules:
        parts = module.split(".")
        if parts[0] != "successors":
            continue
        past = parts[1:2] == ["timeline"] and (len(parts) < 3 or parts[2][:5] < stem[:5])
        if not past and parts[1:2] not in (["nn"], ["cluster"], ["model_card"]):
            yield module


def test_the_timeline_imports_the_engine_the_machine_room_and_the_past_only():
    for path in (ROOT / "successors/timeline").glob("y*.py"):
        assert not list(from_the_future(path.stem, imports(path))), path.name


def declared_parents(path):
    """Return what the ENTRY of a timeline file names as parents."""
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "ENTRY":
            return next(ast.literal_eval(k.value) for k in node.value.keywords if k.arg == "parents")
    raise AssertionError(f"{path.name} has no ENTRY")


def systems_imported(modules):
    """Return the names of the systems of which a timeline file imports something."""
    found = re.findall(r"successors\.timeline\.y\d{4}_(\w+)", " ".join(modules))
    return set(found)


def test_imports_between_timeline_files_are_descent():
    files = {path.stem[6:]: path for path in (ROOT / "successors/timeline").glob("y*.py")}
    for name, path in files.items():
        parents = declared_parents(path)
        assert systems_imported(imports(path)) <= set(parents), f"{path.name} imports what it does not descend from"
        assert all(files[parent].stem[:5] < path.stem[:5] for parent in parents), f"{path.name}: {parents}"
        assert name not in parents


def test_a_system_that_is_imported_is_told_by_its_file():
    assert systems_imported(["successors.timeline", "successors.timeline.y1997_lstm", "numpy"]) == {"lstm"}


def test_the_future_and_the_same_year_are_told_from_the_past():
    allowed = [
        "numpy",
        "successors.nn.tensor",
        "successors.cluster.pipeline",
        "successors.timeline.y1980_neocognitron",
        "marki.errors",
    ]
    refused = ["successors.timeline.y1986_rnn", "successors.timeline.y1998_lenet5.LeNet5", "successors.tasks"]
    assert list(from_the_future("y1986_mlp", allowed + refused)) == refused


def test_the_engine_knows_no_task_and_no_system():
    for path in (ROOT / "successors/nn").rglob("*.py"):
        for module in imports(path):
            assert not module.startswith(("successors.tasks", "successors.timeline")), f"{path.name} imports {module}"


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_no_eval(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in ("eval", "exec"), path
        if isinstance(node, ast.keyword) and node.arg == "allow_pickle":
            assert ast.unparse(node.value) == "False", path


def test_every_module_of_marki_has_a_room():
    modules = {".".join(p.relative_to(ROOT).with_suffix("").parts) for p in FILES if "marki" in p.parts}
    assert not [m for m in modules if m.startswith("marki") and room(m.removesuffix(".__init__")) is None]
