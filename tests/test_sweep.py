import json
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from marki import sweep
from marki.__main__ import main
from marki.errors import ConfigError, MarkIError, OutputError, StateError, UnknownName
from marki.experiments import command as experiments
from marki.jobs.options import RunOptions
from marki.measurements import Measurement
from successors import command as successors

ROOT = Path(__file__).resolve().parent.parent

SPEC = """
kind = "toy"
seeds = 2
[fixed]
base = 10
[grid]
a = [1, 2, 3]
deep.b = ["x", "y"]
"""


def kinds(wait=0.0, kill="", fail=None):
    """Return a kind whose figures follow from settings and seed; `kill` is a file whose absence kills the worker."""

    def run(settings, seed, folder):
        import os
        import signal
        import time
        from pathlib import Path

        time.sleep(wait)
        if settings["a"] == 2 and seed == 1 and settings["deep.b"] == "y":
            if kill and not Path(kill).exists():
                Path(kill).write_text("")
                os.kill(os.getpid(), signal.SIGKILL)
            if fail:
                from marki.errors import ConfigError

                raise ConfigError(fail)
        return {"value": settings["base"] * settings["a"] + seed}

    def check(settings):
        from marki.errors import ConfigError

        if settings["a"] > 5:
            raise ConfigError(f"a = {settings['a']} is too much")
        return {}

    return {"toy": sweep.SweepKind(check=check, run=run)}


@pytest.fixture
def spec(tmp_path):
    path = tmp_path / "spec.toml"
    path.write_text(SPEC)
    return sweep.read(path, kinds())


def test_every_value_with_every_other_and_every_seed(spec, tmp_path):
    rows = sweep.run_sweep(spec, kinds(), RunOptions(out=tmp_path / "out", jobs=1, quiet=True))
    assert len(rows) == 12
    assert rows[0] == {"base": 10, "a": 1, "deep.b": "x", "seed": 0, "value": 10}
    assert [row["value"] for row in rows] == [10, 11, 10, 11, 20, 21, 20, 21, 30, 31, 30, 31]
    table = (tmp_path / "out/sweep.csv").read_text().splitlines()
    assert table[0] == "base,a,deep.b,seed,value"
    assert len(table) == 13


def test_means_over_the_seeds_and_a_picture_of_them(spec, tmp_path):
    about = {"toy": replace(kinds()["toy"], measure=lambda found: [measured_value(found["value"])])}
    sweep.run_sweep(spec, about, RunOptions(out=tmp_path / "out", jobs=1, quiet=True))
    means = json.loads((tmp_path / "out/sweep.json").read_text())["measurements"]
    assert [row["value"] for row in means] == [10.5, 10.5, 20.5, 20.5, 30.5, 30.5]
    assert all((row["seeds"], row["missing"], row["name"]) == (2, 0, "points") for row in means)
    assert (tmp_path / "out/measurements.csv").read_text().startswith("base,a,deep.b,name,condition,value,low")
    assert (tmp_path / "out/sweep.png").read_bytes().startswith(b"\x89PNG")


def measured_value(value):
    return Measurement(name="points", condition="in all", value=value, unit="points", trials=1)


def test_a_table_has_no_digits_that_arithmetic_left():
    assert sweep._table([{"score": 1 - 0.42, "steps": 3, "name": "x"}], "plain").splitlines()[1] == "0.58,3,x"


def test_pictures_can_be_swept(tmp_path):
    for folder, colours in (("a", (0, 255)), ("b", (40, 200))):
        for name, box in (("left", (1, 8)), ("right", (12, 19))):
            (tmp_path / folder / name).mkdir(parents=True)
            picture = Image.new("L", (20, 20), colours[0])
            picture.paste(colours[1], (box[0], 4, box[1], 16))
            picture.save(tmp_path / folder / name / "1.png")
    path = tmp_path / "spec.toml"
    folders = [str(tmp_path / name) for name in "ab"]
    path.write_text(
        f'kind = "experiment"\n[fixed]\nexperiment = "images"\nideal = true\ntwin = true\n[grid]\nimages = {folders}'
    )
    assert main(["sweep", str(path), "--out", str(tmp_path / "out"), "--jobs", "1", "--quiet"]) == 0
    rows = json.loads((tmp_path / "out/sweep.json").read_text())["rows"]
    assert {row["images"] for row in rows} == set(folders)
    assert all(row["value"] == 1.0 for row in rows if row["name"] == "right responses")


def test_machines_of_ones_own_can_be_swept(tmp_path, capsys):
    files = [tmp_path / f"theta{theta}.toml" for theta in (1, 4)]
    for theta, file in zip((1, 4), files, strict=True):
        file.write_text(f'[machine]\nassociation.theta = {{ value = {theta}, badge = "assumed" }}\n')
    fixed = '[fixed]\nexperiment = "left_right"\nideal = true\ntwin = true'
    (tmp_path / "spec.toml").write_text(
        f'kind = "experiment"\n{fixed}\n[grid]\nmachine = {list(map(str, files))}\nexcitatory = [4]\n'
    )
    command = ["sweep", str(tmp_path / "spec.toml"), "--out", str(tmp_path / "out"), "--jobs", "1", "--quiet"]
    assert main(command) == 0
    rows = json.loads((tmp_path / "out/sweep.json").read_text())["rows"]
    digests = {row["machine"]: row["digest"] for row in rows}
    assert list(digests) == list(map(str, files))
    for file in files:
        run = ["run", "left_right", "--ideal", "--twin", "--set", "excitatory=4", "--machine", str(file), "--quiet"]
        capsys.readouterr()
        assert main([*run, "--json", "--out", str(tmp_path / file.stem)]) == 0
        assert json.loads(capsys.readouterr().out)["digest"] == digests[str(file)]
    files[0].write_text(files[1].read_text())
    assert main([*command, "--resume"]) == 2
    assert "other content of --machine" in capsys.readouterr().err
    files[0].write_text("[machine]\nassociation.theta = 4\n")
    assert main([*command, "--resume"]) == 2
    assert "theta1.toml: machine.association.theta: expected a table" in capsys.readouterr().err


def test_two_processes_give_what_one_does(spec, tmp_path):
    one = sweep.run_sweep(spec, kinds(), RunOptions(out=tmp_path / "one", jobs=1, quiet=True))
    two = sweep.run_sweep(spec, kinds(), RunOptions(out=tmp_path / "two", jobs=2, quiet=True))
    assert one == two
    assert (tmp_path / "one/sweep.csv").read_bytes() == (tmp_path / "two/sweep.csv").read_bytes()


def test_resuming_runs_what_is_missing_only(spec, tmp_path):
    out = tmp_path / "out"
    rows = sweep.run_sweep(spec, kinds(), RunOptions(out=out, jobs=1, quiet=True))
    with pytest.raises(OutputError, match="has results already"):
        sweep.run_sweep(spec, kinds(), RunOptions(out=out, jobs=1, quiet=True))
    files = sorted((out / "results").iterdir())
    files[3].unlink()
    before = {path: path.stat().st_mtime_ns for path in files if path.exists()}
    assert sweep.run_sweep(spec, kinds(), RunOptions(out=out, resume=True, jobs=1, quiet=True)) == rows
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert files[3].exists()


def test_a_sweep_may_grow_but_not_become_another(spec, tmp_path):
    options = RunOptions(out=tmp_path / "out", resume=True, jobs=1, quiet=True)

    def go_on(**changes):
        return sweep.run_sweep(replace(spec, **changes), kinds(), options)

    rows = go_on()
    with pytest.raises(StateError, match=r"fixed\.base = 10, not 11"):
        go_on(fixed={"base": 11})
    with pytest.raises(StateError, match="grid ="):
        go_on(grid={**spec.grid, "c": [1, 2]})
    more = go_on(grid={**spec.grid, "a": [1, 2, 3, 4]}, seeds=(0, 1, 2))
    assert len(more) == 24
    assert all(row in more for row in rows)


def test_a_point_whose_files_have_changed_is_refused(spec, tmp_path):
    content = {"wiring": "1"}
    kind = replace(kinds()["toy"], check=lambda settings: dict(content))
    options = RunOptions(out=tmp_path / "out", resume=True, jobs=1, quiet=True)

    def go_on():
        return sweep.run_sweep(spec, {"toy": kind}, options)

    assert go_on() == go_on()
    content["wiring"] = "2"
    with pytest.raises(StateError, match="other content of --wiring"):
        go_on()


def test_a_killed_worker_loses_the_tasks_in_hand_only(spec, tmp_path):
    out, marker = tmp_path / "out", str(tmp_path / "killed")
    with pytest.raises(MarkIError, match=r"worker process was killed.*--resume"):
        sweep.run_sweep(spec, kinds(wait=0.1, kill=marker), RunOptions(out=out, jobs=2, quiet=True))
    done = list((out / "results").glob("*.json"))
    assert 12 > len(done) >= 5
    assert all(json.loads(path.read_text())["result"] for path in done)
    rows = sweep.run_sweep(spec, kinds(kill=marker), RunOptions(out=out, resume=True, jobs=2, quiet=True))
    assert rows == sweep.run_sweep(spec, kinds(), RunOptions(out=tmp_path / "whole", jobs=1, quiet=True))


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_task_that_fails_is_named(spec, tmp_path, jobs):
    with pytest.raises(MarkIError, match=r"a=2, deep.b=y, seed=1: broken"):
        sweep.run_sweep(spec, kinds(fail="broken"), RunOptions(out=tmp_path / "out", jobs=jobs, quiet=True))


@pytest.mark.parametrize(
    ("text", "error", "said"),
    [
        ('kind = "toys"', UnknownName, "Did you mean 'toy'"),
        ('kind = "toy"\nsedes = 3', UnknownName, "Did you mean 'seeds'"),
        ('kind = "toy"\nseeds = -1', ConfigError, "seeds"),
        ('kind = "toy"\nseeds = [1, -1]', ConfigError, "seeds"),
        ('kind = "toy"\nseeds = "all"', ConfigError, "seeds"),
        ('kind = "toy"\n[grid]\na = 3', ConfigError, "list of values"),
        ('kind = "toy"\n[grid]\na = []', ConfigError, "list of values"),
        ('kind = "toy"\n[fixed]\na = 1\n[grid]\na = [1]', ConfigError, "fixed and in the grid"),
        ('kind = "toy"\n[grid]\na = [1, 9]', ConfigError, "a = 9 is too much"),
        ('kind = "toy"\n[grid]\na = [3, 3]', ConfigError, "grid: a has 3 twice"),
        ('kind = "toy"\n[grid]\na = [3, 1, 3.0]', ConfigError, "grid: a has 3.0 twice"),
        ('kind = "toy"\n[grid]\na = [1]\nb = [[1, 2], [1, 2.0]]', ConfigError, "grid: b has .1, 2.0. twice"),
        (
            'kind = "toy"\n[grid]\nb = [{c = {d = [1]}}, {c = {d = [1.0]}}]',
            ConfigError,
            "grid: b has .* twice",
        ),
        ("kind = ", ConfigError, "cannot be read"),
    ],
)
def test_a_wrong_spec_is_refused(tmp_path, text, error, said):
    path = tmp_path / "spec.toml"
    path.write_text(text)
    with pytest.raises(error, match=said):
        sweep.read(path, kinds())


def test_one_and_true_are_two_values(tmp_path):
    path = tmp_path / "spec.toml"
    path.write_text('kind = "toy"\n[grid]\na = [1]\nb = [1, true]')
    assert len(sweep.read(path, kinds()).points) == 2


EXPERIMENT = sweep.SweepKind(check=experiments.check_point, run=experiments.run_point, names=experiments.point_names)
TRAINING = sweep.SweepKind(check=successors.check_point, run=successors.run_point, names=successors.point_names)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('kind = "experiment"\n[fixed]\nexperiment = "left_right"\nmachine.association.theta = 2\n[grid]\ntheta = [3]',
         "'machine.association.theta' and 'theta' are the same setting"),
        ('kind = "experiment"\n[fixed]\nexperiment = "left_right"\n[grid]\ntheta = [3]\nassociation.theta = [4]',
         "'theta' and 'association.theta' are the same setting"),
        ('kind = "training"\n[fixed]\nlearner = "mlp"\ntask = "digits"\ntrain = 20\n[grid]\noptions.train = [30]',
         "'train' and 'options.train' are the same setting"),
    ],
)  # fmt: skip
def test_a_setting_under_two_names_is_refused(tmp_path, text, said):
    path = tmp_path / "spec.toml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=said) as refused:
        sweep.read(path, {"experiment": EXPERIMENT, "training": TRAINING})
    assert str(path) in str(refused.value)


def test_settings_get_their_full_names(tmp_path):
    path = tmp_path / "spec.toml"
    path.write_text('kind = "experiment"\n[fixed]\nexperiment = "left_right"\nexcitatory = 4\n[grid]\ntheta = [3, 4]')
    spec = sweep.read(path, {"experiment": EXPERIMENT})
    assert dict(spec.fixed) == {"experiment": "left_right", "machine.plugboard.excitatory": 4}
    assert dict(spec.grid) == {"machine.association.theta": [3, 4]}
    path.write_text(
        'kind = "training"\n[fixed]\ntask = "digits"\ntrain = 20\n[grid]\nlearner = ["mlp", "mark1"]\nrate = [0.1, 0.2]'
    )
    spec = sweep.read(path, {"training": TRAINING})
    assert list(spec.points[0].settings) == ["task", "options.train", "learner", "recipe.rate"]


@pytest.mark.parametrize("path", sorted((ROOT / "benchmarks/sweeps").glob("*.toml")), ids=lambda path: path.stem)
def test_the_sweeps_that_are_kept_can_be_run(path):
    kind = sweep.SweepKind(check=successors.check_point, run=successors.run_point)
    assert len(sweep.read(path, {"training": kind}).points) == 10


@pytest.mark.slow
def test_trainings_and_experiments_from_the_command_line(tmp_path, capsys):
    path = tmp_path / "rates.toml"
    path.write_text(
        'kind = "training"\n[fixed]\ntask = "two_class"\noptions = {train = 100, valid = 40, test = 40, shift = 0.0}\n'
        '[grid]\nlearner = ["perceptron", "mark1"]\n'
    )
    assert main(["sweep", str(path), "--out", str(tmp_path / "out"), "--jobs", "1", "--quiet"]) == 0
    assert "2 points" in capsys.readouterr().out
    assert main(["sweep", str(path), "--out", str(tmp_path / "out"), "--resume", "--jobs", "2", "--quiet"]) == 0
    path.write_text(
        'kind = "experiment"\n[fixed]\nexperiment = "left_right"\n[grid]\nmachine.association.theta = [2, 3]'
    )
    assert main(["sweep", str(path), "--out", str(tmp_path / "more"), "--jobs", "2", "--quiet"]) == 0
    rows = json.loads((tmp_path / "more/sweep.json").read_text())["rows"]
    assert [row["machine.association.theta"] for row in rows] == [2] * 5 + [3] * 5
    assert len({row["digest"] for row in rows}) == 2
    conditions = {row["condition"] for row in rows}
    assert len(conditions) == 5
    means = json.loads((tmp_path / "more/sweep.json").read_text())["measurements"]
    assert {(row["machine.association.theta"], row["condition"]) for row in means} == {
        (theta, condition) for theta in (2, 3) for condition in conditions
    }
    assert all(row["low"] is None for row in means)
    capsys.readouterr()
    for text, said in (
        ('kind = "training"\n[fixed]\ntask = "two_class"\n[grid]\nlearner = ["mpl"]', "Did you mean 'mlp'?"),
        ('kind = "training"\n[fixed]\ntask = "two_class"', "learner is missing"),
        ('kind = "training"\n[fixed]\ntask = "two_class"\nlearner = "lstm"', "cannot take part"),
        ('kind = "training"\n[fixed]\ntask = "two_class"\nlearner = "mlp"\nhiden = 3', "Did you mean 'hidden'?"),
        ('kind = "training"\n[fixed]\ntask = "two_class"\nlearner = "mark1"\nhidden = 3', "unknown setting 'hidden'"),
        ('kind = "experiment"\n[fixed]\nexperiment = "left_right"\nworld.name = "digits"', "itself"),
        ('kind = "experiment"\n[fixed]\nexperiment = "left_right"\ntwin = true', "--ideal"),
        ('kind = "experiment"\n[fixed]\nexperiment = "left_right"\ntwin = 3', "sweep: twin"),
        ('kind = "experiment"\n[fixed]\nexperiment = "alfabet"', "Did you mean 'alphabet'?"),
        ('kind = "experiment"\n[fixed]\nexperiment = "alphabet"\nworld.shft = 1', "shift"),
    ):
        path.write_text(text)
        assert main(["sweep", str(path), "--out", str(tmp_path / "none")]) == 2
        error = capsys.readouterr().err
        assert said in error
        assert error.count("\n") == 1
    assert not (tmp_path / "none").exists()


class TestCluster:
    """Against a real scheduler with two workers, in processes of their own."""

    @pytest.fixture
    def cluster(self):
        distributed = pytest.importorskip("distributed")
        with distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=":0", processes=True, silence_logs=50
        ) as cluster:
            yield cluster

    def test_a_cluster_gives_what_one_process_does(self, spec, tmp_path, cluster):
        one = sweep.run_sweep(spec, kinds(), RunOptions(out=tmp_path / "one", jobs=1, quiet=True))
        many = sweep.run_sweep(
            spec, kinds(), RunOptions(out=tmp_path / "many", cluster=cluster.scheduler_address, quiet=True)
        )
        assert one == many

    def test_a_worker_killed_in_mid_task_loses_nothing(self, spec, tmp_path, cluster):
        marker = str(tmp_path / "killed")
        rows = sweep.run_sweep(
            spec, kinds(kill=marker), RunOptions(out=tmp_path / "out", cluster=cluster.scheduler_address, quiet=True)
        )
        assert os.path.exists(marker)
        assert rows == sweep.run_sweep(spec, kinds(), RunOptions(out=tmp_path / "one", jobs=1, quiet=True))

    def test_no_scheduler_is_one_clear_error(self, spec, tmp_path):
        pytest.importorskip("distributed")
        with pytest.raises(MarkIError, match="no scheduler answers"):
            sweep.run_sweep(spec, kinds(), RunOptions(out=tmp_path / "out", cluster="tcp://127.0.0.1:1", quiet=True))


@pytest.fixture
def started(tmp_path):
    """Start a scheduler and workers as a user would, each a process; yields a function of the number of workers."""
    pytest.importorskip("distributed")
    processes = []

    def start(module, *options):
        command = [sys.executable, "-m", f"distributed.cli.{module}", "--no-dashboard", *options]
        processes.append(subprocess.Popen(command, stderr=subprocess.DEVNULL))

    def cluster(workers):
        file = tmp_path / "scheduler.json"
        start("dask_scheduler", "--port", "0", "--scheduler-file", str(file))
        while not (file.exists() and file.read_text()):
            time.sleep(0.1)
        address = json.loads(file.read_text())["address"]
        for _ in range(workers):
            start("dask_worker", address, "--nthreads", "1", "--no-nanny")
        from distributed import Client

        with Client(address) as client:
            client.wait_for_workers(workers, timeout=60)
        return address, processes[0].pid

    yield cluster
    for process in processes:
        process.kill()
        process.wait(timeout=30)


def test_a_scheduler_killed_in_mid_sweep_loses_nothing_that_is_done(spec, tmp_path, started):
    address, scheduler = started(2)
    out = tmp_path / "out"

    def kill():
        while len(list((out / "results").glob("*.json"))) < 3:
            time.sleep(0.02)
        os.kill(scheduler, signal.SIGKILL)

    killer = threading.Thread(target=kill, daemon=True)
    killer.start()
    with pytest.raises(MarkIError, match="--resume"):
        sweep.run_sweep(spec, kinds(wait=1.0), RunOptions(out=out, cluster=address, quiet=True))
    killer.join(timeout=30)
    assert len(list((out / "results").glob("*.json"))) >= 3
    rows = sweep.run_sweep(spec, kinds(), RunOptions(out=out, resume=True, jobs=1, quiet=True))
    assert rows == sweep.run_sweep(spec, kinds(), RunOptions(out=tmp_path / "one", jobs=1, quiet=True))


def test_a_cluster_of_one_thread_does_it_too(spec, tmp_path, started):
    address, _ = started(1)
    rows = sweep.run_sweep(spec, kinds(), RunOptions(out=tmp_path / "out", cluster=address, quiet=True))
    assert rows == sweep.run_sweep(spec, kinds(), RunOptions(out=tmp_path / "one", jobs=1, quiet=True))
