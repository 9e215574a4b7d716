"""Jobs: on one process or many, interrupted and resumed, killed, refused; what comes out is the same."""

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from marki.errors import ConfigError, MarkIError, OutputError, StateError
from marki.experiments import command, replicas
from marki.experiments.lab import ExperimentSpec
from marki.io.stimuli.forms import form
from marki.jobs import pool, progress
from marki.jobs.folders import ORDER, claimed, free_folder, holds
from marki.jobs.identity import Identity, content_hash
from marki.jobs.options import RunOptions, resumable
from marki.jobs.pool import map_unordered
from marki.jobs.progress import ProgressBar
from marki.jobs.runner import Job, run_job, run_jobs

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENT = os.environ | {"PYTHONPATH": str(ROOT)}
posix = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")


# -- identity ----------------------------------------------------------------------------------------------------------

values = st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.lists(st.integers(), max_size=3)
identities = st.builds(
    Identity,
    kind=st.sampled_from(["a", "b"]),
    settings=st.dictionaries(st.sampled_from(["x", "y", "z.w"]), values, max_size=3),
    seed=st.none() | st.integers(0, 3),
    inputs=st.dictionaries(st.sampled_from(["images", "mnist"]), st.sampled_from(["1", "2"])),
)


@given(identities, identities)
def test_only_equal_orders_are_taken_for_each_other(one, other):
    stored, same = json.loads(json.dumps(one.to_mapping())), one.to_mapping() == other.to_mapping()
    one.check(stored, where=Path("out"))
    assert (one.key == other.key) == same
    if same:
        other.check(stored, where=Path("out"))
    else:
        with pytest.raises(StateError, match=r"out: holds another run: .+--out"):
            other.check(stored, where=Path("out"))


@pytest.mark.parametrize("stored", [None, [], {}, {"kind": "a"}, 3])
def test_what_is_no_order_is_something_else(stored):
    with pytest.raises(StateError, match="holds something else"):
        Identity(kind="a").check(stored, where=Path("out"))


def test_numbers_of_numpy_are_of_the_same_order():
    given = Identity(
        kind="run", settings={"theta": np.int64(2), "rates": np.array([0.5, 1.0]), "deep": {"on": np.True_}}
    )
    plain = Identity(kind="run", settings={"theta": 2, "rates": [0.5, 1.0], "deep": {"on": True}})
    assert given.to_mapping() == plain.to_mapping()


def test_a_refusal_names_what_differs():
    old = Identity(kind="run", settings={"theta": 2, "a": {"b": 1}}, seed=0, inputs={"images": "1"})
    new = Identity(kind="run", settings={"theta": 3, "a": {"b": 1}}, seed=1, inputs={"images": "2"})
    with pytest.raises(StateError) as refused:
        new.check(old.to_mapping(), where=Path("out"))
    assert "seed 0, not seed 1; other content of --images; theta = 2, not 3" in str(refused.value)


files = st.dictionaries(st.sampled_from(["a", "b", "s/a", "s/b", "t/a"]), st.binary(max_size=3), max_size=4)


def written(folder, content):
    shutil.rmtree(folder, ignore_errors=True)
    for name, data in content.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    folder.mkdir(exist_ok=True)
    return content_hash(folder)


@given(files, files)
def test_the_hash_of_a_folder_is_that_of_its_names_and_bytes(tmp_path_factory, one, other):
    folder = tmp_path_factory.getbasetemp() / "hashed"
    assert (written(folder, one) == written(folder, other)) == (one == other)


def test_what_is_hidden_or_unwanted_or_missing_does_not_count(tmp_path):
    before = written(tmp_path / "f", {"a.png": b"1", "s/b.png": b"2"})
    (tmp_path / "f/.DS_Store").write_bytes(b"x")
    assert content_hash(tmp_path / "f") == before
    (tmp_path / "f/notes.txt").write_bytes(b"x")
    assert content_hash(tmp_path / "f") != before
    assert content_hash(tmp_path / "f", lambda path: path.suffix == ".png") == before
    assert content_hash(tmp_path / "none") == content_hash(tmp_path / "f", lambda path: False)
    (tmp_path / "moved").mkdir()
    assert content_hash((tmp_path / "f/a.png").rename(tmp_path / "moved/other")) == content_hash(
        tmp_path / "moved/other"
    )


# -- folders -----------------------------------------------------------------------------------------------------------

ONE, TWO = Identity(kind="one"), Identity(kind="two")


def fill(folder, identity, *, resume=False):
    with claimed(folder, identity, resume=resume):
        (folder / "result.json").write_text("{}")


def test_a_folder_that_holds_results_is_refused_without_resume(tmp_path):
    fill(tmp_path / "a", ONE)
    with pytest.raises(OutputError, match=r"has results already.*--resume.*--out"):
        fill(tmp_path / "a", ONE)
    fill(tmp_path / "a", ONE, resume=True)
    for resume in (False, True):
        with pytest.raises(StateError, match="holds another run: one, not two"):
            fill(tmp_path / "a", TWO, resume=resume)


@pytest.mark.parametrize("resume", [False, True])
def test_a_folder_of_somebody_else_is_never_written_to(tmp_path, resume):
    (tmp_path / "result.json").write_text("mine")
    with pytest.raises(StateError, match="holds something else"):
        fill(tmp_path, ONE, resume=resume)
    assert (tmp_path / "result.json").read_text() == "mine"


def test_a_folder_in_which_nothing_is_written_is_free_again(tmp_path):
    def fail(folder):
        with claimed(folder, ONE, resume=False):
            assert (folder / ORDER).exists()
            raise MarkIError("refused")

    for folder in (tmp_path / "a", tmp_path / "b"):
        with pytest.raises(MarkIError, match="refused"):
            fail(folder)
        assert not folder.exists()
    (tmp_path / "c").mkdir()
    (tmp_path / "c/.hidden").touch()
    fill(tmp_path / "c", TWO)
    assert holds(tmp_path / "c", TWO)


def test_of_two_who_come_at_once_one_is_first(tmp_path, monkeypatch):
    monkeypatch.setattr("marki.jobs.folders._content", lambda folder: [])
    with claimed(tmp_path, ONE, resume=False), pytest.raises(OutputError, match="taken by another run just now"):
        fill(tmp_path, ONE)


def test_default_folders_are_numbered_and_resumed_by_what_they_hold(tmp_path):
    base = tmp_path / "run"

    def free(identity, *, resume=False):
        return free_folder(base, resume=resume, same=lambda folder: holds(folder, identity)).name

    assert free(ONE) == free(ONE, resume=True) == "run"
    fill(base, ONE)
    assert free(ONE) == free(TWO, resume=True) == "run-2"
    fill(tmp_path / "run-2", TWO)
    assert free(ONE, resume=True) == "run"
    assert free(TWO, resume=True) == "run-2"
    assert free(TWO) == "run-3"
    (tmp_path / "run-3").write_text("a file")
    assert free(TWO) == "run-4"


# -- jobs --------------------------------------------------------------------------------------------------------------


def work(number, *, resume, quiet):
    if number < 0:
        raise ConfigError(f"{number} is negative", where="work", remedy="Give more")
    return {"square": number**2}


def jobs(folder, numbers):
    return [
        Job(identity=Identity(kind="square", seed=n), work=partial(work, n), file=folder and folder / f"{n}.json")
        for n in numbers
    ]


@pytest.mark.parametrize("count", [1, 2])
def test_results_come_in_the_order_of_the_jobs_and_are_kept(tmp_path, count):
    options = RunOptions(out=tmp_path, jobs=count, quiet=True)
    found = run_jobs(jobs(tmp_path, range(7)), options, name="squares", unit="jobs")
    assert [f["square"] for f in found] == [n**2 for n in range(7)]
    assert json.loads((tmp_path / "3.json").read_text()) == found[3]
    assert found[3]["order"] == Identity(kind="square", seed=3).to_mapping()
    with pytest.raises(OutputError, match=r"0\.json: has results already"):
        run_jobs(jobs(tmp_path, range(7)), options, name="squares", unit="jobs")


def test_what_is_finished_is_taken_from_its_file_unless_it_is_of_another_job(tmp_path):
    (job,) = jobs(tmp_path, [3])
    assert run_job(job)["square"] == 9
    broken = Job(identity=job.identity, work=partial(work, -1), file=job.file)
    assert run_job(broken, resume=True)["square"] == 9
    other = Job(identity=Identity(kind="square", seed=4), work=job.work, file=job.file)
    with pytest.raises(StateError, match="seed 3, not seed 4"):
        run_job(other, resume=True)


def test_an_interrupted_job_is_not_begun_anew_without_resume(tmp_path):
    (tmp_path / "state").write_text("half")
    job = Job(identity=ONE, work=partial(work, 2), file=tmp_path / "r.json", state=tmp_path / "state")
    with pytest.raises(OutputError, match="state: has results already"):
        run_job(job)
    assert run_job(job, resume=True)["square"] == 4
    assert not (tmp_path / "state").exists()


@pytest.mark.parametrize("count", [1, 2])
def test_when_jobs_fail_the_others_go_on(tmp_path, count):
    options = RunOptions(out=tmp_path, jobs=count, quiet=True)
    with pytest.raises(
        ConfigError, match=r"work: -\d is negative \(2 of 5 jobs failed; the others are done\). Give more"
    ):
        run_jobs(jobs(tmp_path, (1, -1, 2, -2, 3)), options, name="squares", unit="jobs")
    assert {p.stem for p in tmp_path.glob("*.json")} == {"1", "2", "3"}
    with pytest.raises(ConfigError, match=r"work: -1 is negative\. Give more"):
        run_jobs(jobs(None, (1, -1)), RunOptions(jobs=1, quiet=True), name="squares", unit="jobs")


# -- the pool ----------------------------------------------------------------------------------------------------------


@given(st.lists(st.tuples(st.integers(), st.integers())))
def test_one_process_maps_in_order(calls):
    assert list(map_unordered(divmod_or_none, calls, jobs=1)) == [(k, divmod_or_none(*c)) for k, c in enumerate(calls)]


def divmod_or_none(a, b):
    return divmod(a, b) if b else None


def test_workers_use_one_thread_whatever_this_process_uses(monkeypatch):
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "4")
    names = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
    found = dict(map_unordered(lambda name: (os.environ.get(name), os.getpid()), [(n,) for n in names], jobs=2))
    assert [value for value, _ in found.values()] == ["1"] * 3
    assert os.getpid() not in {pid for _, pid in found.values()}


def test_a_killed_worker_is_one_line():
    with pytest.raises(MarkIError, match=r"^--jobs: a worker process was killed\. Again$"):
        list(map_unordered(die, [(), ()], jobs=2, remedy="Again"))


def die():
    os.kill(os.getpid(), signal.SIGKILL)


def test_of_a_killed_worker_the_finished_jobs_are_kept(tmp_path):
    def run(number, *, resume, quiet):
        if number == 4 and not (tmp_path / "killed").exists():
            (tmp_path / "killed").touch()
            time.sleep(0.5)
            os.kill(os.getpid(), signal.SIGKILL)
        return {"square": number**2}

    work = [
        Job(identity=Identity(kind="k", seed=n), work=partial(run, n), file=tmp_path / f"{n}.json") for n in range(6)
    ]
    with pytest.raises(MarkIError, match=r"a worker process was killed\. What is done is kept; go on with --resume"):
        run_jobs(work, RunOptions(out=tmp_path, jobs=2, quiet=True), name="k", unit="jobs")
    done = {p.stem: p.stat().st_mtime_ns for p in tmp_path.glob("*.json")}
    assert {"0", "1", "2", "3"} <= set(done)
    assert "4" not in done
    found = run_jobs(work, RunOptions(out=tmp_path, jobs=2, resume=True, quiet=True), name="k", unit="jobs")
    assert [f["square"] for f in found] == [n**2 for n in range(6)]
    assert {p.stem: p.stat().st_mtime_ns for p in tmp_path.glob("*.json") if p.stem in done} == done


UNGUARDED = """
import sys
from pathlib import Path
from marki.experiments.lab import ExperimentSpec
from marki.experiments.replicas import run_many
from marki.jobs.options import RunOptions, resumable
from successors import tasks
from successors.training.training_job import train_all, training

jobs = int(sys.argv[1])
options = RunOptions(jobs=jobs, quiet=True)
print(run_many(ExperimentSpec(experiment="left_right"), range(2), options)["digest"])
small = {"train": 200, "valid": 60, "test": 60, "shift": 0.0}
orders = [training("perceptron", "two_class", options=small, seed=seed) for seed in (0, 1)]
print([found["digest"] for found in train_all(orders, Path(sys.argv[2]), options).values()])
print(tasks.load("drift", train=1100, valid=8, test=8, jobs=jobs, cache=False).train.stimuli.bank.sum())
"""


@pytest.mark.slow
def test_a_script_without_a_main_guard_gives_the_same_on_two_processes(tmp_path):
    (tmp_path / "script.py").write_text(UNGUARDED)
    said = []
    for count in ("1", "2"):
        command = [sys.executable, "script.py", count, f"out{count}"]
        done = subprocess.run(command, cwd=tmp_path, env=ENVIRONMENT, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        assert done.stderr == ""
        said.append(done.stdout)
    assert said[0] == said[1]
    assert said[0].count("\n") == 3


PARENT = """
import os, time
from pathlib import Path
from marki.jobs.pool import map_unordered

def linger():
    Path(f"{os.getpid()}.pid").touch()
    try:
        time.sleep(120)
    except KeyboardInterrupt:
        Path(f"{os.getpid()}.saved").touch()
        raise

list(map_unordered(linger, [(), ()], jobs=2))
"""


def alive(pid):
    """Whether a process runs; one that has ended and waits to be collected does not."""
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


@pytest.fixture
def parent(tmp_path):
    """A script whose two workers are at work."""
    (tmp_path / "parent.py").write_text(PARENT)
    parent = subprocess.Popen([sys.executable, "parent.py"], cwd=tmp_path, env=ENVIRONMENT, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while len(list(tmp_path.glob("*.pid"))) < 2:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    yield parent
    parent.kill()
    parent.wait()


@posix
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=lambda how: how.name)
def test_no_worker_outlives_its_parent(parent, tmp_path, how):
    pids = [int(p.stem) for p in tmp_path.glob("*.pid")]
    assert all(alive(pid) for pid in pids)
    parent.send_signal(how)
    parent.wait(timeout=60)
    deadline = time.monotonic() + 60
    while any(alive(pid) for pid in pids):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    # An interruption reaches the workers, and is not waited out.
    assert len(list(tmp_path.glob("*.saved"))) == (2 if how == signal.SIGINT else 0)


# -- experiments -------------------------------------------------------------------------------------------------------


def marki(*args, **options):
    command = [sys.executable, "-m", "marki", *map(str, args)]
    return subprocess.Popen(
        command, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options
    )


SEEDS = 6


@pytest.mark.parametrize("written", [True, False])
def test_an_interruption_says_how_to_go_on_if_there_is_something_to_go_on_with(tmp_path, capsys, written):
    options = RunOptions(out=tmp_path / "o")

    def work():
        with resumable(options):
            if written:
                (tmp_path / "o").mkdir()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        work()
    out, err = capsys.readouterr()
    assert out == ""
    assert ("--resume" in err) == (str(options.out) in err) == written


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    out = tmp_path_factory.mktemp("whole") / "o"
    replicas.run_many(ExperimentSpec(experiment="left_right"), range(SEEDS), RunOptions(out=out, jobs=2, quiet=True))
    return out


@posix
@pytest.mark.parametrize(
    "how", [pytest.param(how, marks=pytest.mark.slow) for how in ("its terminal", "the program", "end")]
)
def test_many_seeds_that_are_interrupted_go_on_to_the_same_end(tmp_path, uninterrupted, how):
    args = ("run", "left_right", "--seeds", SEEDS, "--jobs", 2, "--quiet", "--out", tmp_path / "o")
    process = marki(*args, start_new_session=True)
    deadline = time.monotonic() + 120
    while not list(tmp_path.glob("o/*/result.json")):
        assert time.monotonic() < deadline
        assert process.poll() is None, process.communicate()
        time.sleep(0.05)
    if how == "its terminal":
        os.killpg(process.pid, signal.SIGINT)
    else:
        process.send_signal(signal.SIGINT if how == "the program" else signal.SIGTERM)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert out == ""
    assert "go on with --resume" in err
    assert not (tmp_path / "o/result.json").exists()
    resumed = marki(*args, "--resume")
    assert "digest" in resumed.communicate()[0]
    digests = [json.loads((out / "result.json").read_text())["digest"] for out in (tmp_path / "o", uninterrupted)]
    assert digests[0] == digests[1]
    assert (tmp_path / "o/trials.csv").read_bytes() == (uninterrupted / "trials.csv").read_bytes()


@pytest.fixture
def pictures(tmp_path):
    for kind in ("X", "square"):
        (tmp_path / "pictures" / kind).mkdir(parents=True)
        Image.fromarray(form(kind, x=0, size=12).card).save(tmp_path / "pictures" / kind / "1.png")
    return tmp_path / "pictures"


def test_a_result_of_other_pictures_is_not_taken_up(tmp_path, pictures):
    spec, options = (
        ExperimentSpec(experiment="images", images=str(pictures)),
        RunOptions(out=tmp_path / "o", quiet=True),
    )
    again = RunOptions(out=tmp_path / "o", resume=True, quiet=True)
    first = replicas.run_one(spec, 0, options)
    shutil.copytree(pictures, tmp_path / "copy")
    moved = ExperimentSpec(experiment="images", images=str(tmp_path / "copy"))
    assert replicas.run_one(moved, 0, again)["digest"] == first["digest"]
    Image.fromarray(form("E", x=0, size=12).card).save(pictures / "X/1.png")
    with pytest.raises(StateError, match="other content of --images"):
        replicas.run_one(spec, 0, again)
    (pictures / "X/1.png").unlink()
    (tmp_path / "copy/X/1.png").rename(tmp_path / "copy/X/2.png")
    with pytest.raises(StateError, match="other content of --images"):
        replicas.run_one(moved, 0, again)


def test_a_point_of_a_sweep_is_known_by_its_pictures(pictures):
    point = {"experiment": "images", "world.images": str(pictures)}
    before = command.check_point(point)
    (pictures / "X/1.png").unlink()
    assert set(before) == {"images"}
    assert command.check_point(point) != before


def test_a_result_of_another_wiring_is_not_taken_up(tmp_path):
    lists = []
    for seed in (1, 2):
        lists.append(tmp_path / f"{seed}.txt")
        lists[-1].write_text(marki("wiring", "--seed", seed).communicate()[0])
    options = RunOptions(out=tmp_path / "o", resume=True, quiet=True)
    digests = [
        hashlib.sha256((tmp_path / "o/trials.csv").read_bytes()).hexdigest()
        for _ in range(2)
        if replicas.run_one(ExperimentSpec(experiment="left_right", wiring=str(lists[0])), 0, options)
    ]
    assert digests[0] == digests[1]
    for wiring in (str(lists[1]), ""):
        with pytest.raises(StateError, match="other content of --wiring"):
            replicas.run_one(ExperimentSpec(experiment="left_right", wiring=wiring), 0, options)


def test_seeds_may_be_added(tmp_path):
    spec, out = ExperimentSpec(experiment="left_right"), tmp_path / "o"
    replicas.run_many(spec, range(1), RunOptions(out=out, jobs=1, quiet=True))
    before = (out / "seed-000/result.json").stat().st_mtime_ns
    more = replicas.run_many(spec, range(2), RunOptions(out=out, jobs=1, resume=True, quiet=True))
    assert more["seeds"] == [0, 1]
    assert (out / "seed-000/result.json").stat().st_mtime_ns == before
    with pytest.raises(StateError, match="many seeds, not seed 0"):
        replicas.run_one(spec, 0, RunOptions(out=out, resume=True, quiet=True))


@pytest.mark.slow
def test_the_commands_of_the_readme_can_be_typed_one_after_the_other(tmp_path):
    for args, folder in (
        (("run", "left_right"), "left_right"),
        (("run", "left_right", "--seeds", "2"), "left_right-2"),
        (("run", "left_right"), "left_right-3"),
        (("run", "left_right", "--resume"), "left_right-3"),
        (("run", "left_right", "--seeds", "2", "--resume"), "left_right-2"),
    ):
        out, err = marki(*args, "--quiet", cwd=tmp_path).communicate()
        assert f"written to {Path('out', folder)}\n" in out, err


def test_a_cluster_runs_experiments_too(tmp_path):
    distributed = pytest.importorskip("distributed")
    spec = ExperimentSpec(experiment="left_right")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=":0", processes=True, silence_logs=50
    ) as cluster:
        options = RunOptions(out=tmp_path / "c", cluster=cluster.scheduler_address, quiet=True)
        many = replicas.run_many(spec, range(3), options)
    assert many["digest"] == replicas.run_many(spec, range(3), RunOptions(jobs=1, quiet=True))["digest"]


# -- progress ----------------------------------------------------------------------------------------------------------


def test_where_nobody_watches_there_is_a_line_a_minute(monkeypatch, capsys):
    now = [0.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    with ProgressBar(100, "alphabet", "trials") as bar:
        for second in range(0, 150, 10):
            now[0] = second
            bar.update(2, note="learning" if second > 60 else None)
        now[0] = 200
        bar.tick()
        bar.tick()
    assert capsys.readouterr().err.splitlines() == [
        "alphabet: 14 of 100 trials after 1 min",
        "alphabet: 26 of 100 trials after 2 min (learning)",
        "alphabet: 30 of 100 trials after 3 min (learning)",
    ]


def test_many_short_works_have_a_line_a_minute_too(monkeypatch, capsys):
    now = [1_000.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    for part in range(4):
        with ProgressBar(2, f"part {part}", "seeds") as bar:
            for _ in range(2):
                now[0] += 20
                bar.update()
    assert capsys.readouterr().err.splitlines() == [
        "part 1: 1 of 2 seeds after 0 min",
        "part 2: 2 of 2 seeds after 1 min",
    ]
    now[0] += 100
    with ProgressBar(2, "later", "seeds") as bar:
        now[0] += 50
        bar.update()
    assert capsys.readouterr().err == ""


def test_a_bar_on_a_terminal_and_nothing_when_quiet(monkeypatch, capsys):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with ProgressBar(3, "alphabet", "seeds", done=1) as bar:
        bar.update(note="half")
    assert "alphabet: " in (said := capsys.readouterr().err)
    assert "2/3" in said
    monkeypatch.setattr(progress, "LINE_EVERY_S", 0.0)
    for terminal in (True, False):
        monkeypatch.setattr(sys.stderr, "isatty", lambda terminal=terminal: terminal)
        with ProgressBar(3, "alphabet", "seeds", quiet=True) as bar:
            bar.update()
        assert capsys.readouterr().err == ""


def test_a_long_job_on_another_process_is_told_of_meanwhile(monkeypatch, capsys):
    monkeypatch.setattr(progress, "LINE_EVERY_S", 0.0)
    with ProgressBar(2, "naps", "jobs") as bar:
        for _ in map_unordered(time.sleep, [(2.5,), (2.5,)], jobs=2, tick=bar.tick):
            bar.update()
    assert capsys.readouterr().err.count("naps: 0 of 2 jobs after 0 min") >= 2


def test_a_pool_has_no_more_processes_than_the_system_bears(monkeypatch):
    monkeypatch.setattr(pool, "MOST_WORKERS", 1)
    assert pool.cores() == 1
    assert {pid for _, pid in map_unordered(os.getpid, [(), ()], jobs=8)} == {os.getpid()}
