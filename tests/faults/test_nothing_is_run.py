"""Nothing unpickles, evaluates or imports what a file names, but for what the user has named."""

import ast
import pathlib
import pickle
import shutil

import pytest

import rnnjax
from rnnjax import runs
from rnnjax.datasets import chorales, cifar
from rnnjax.datasets.base import DatasetError
from tests.lab.launching import launched

SOURCE = pathlib.Path(rnnjax.__file__).parent
REFUSED = {
    *("eval", "exec", "compile", "__import__", "import_module", "exec_module", "execfile"),
    *("pickle.load", "pickle.loads", "pickle.Unpickler", "marshal.load", "marshal.loads"),
    *("shelve.open", "joblib.load", "torch.load", "yaml.load", "yaml.unsafe_load", "os.system"),
    *("cloudpickle.load", "cloudpickle.loads", "dill.load", "dill.loads", "np.load", "numpy.load"),
    *("pd.read_pickle", "pandas.read_pickle", "os.popen", "runpy.run_path", "runpy.run_module"),
}
# Modules that the source itself names, and those of constants in a user's own pickle; what is named
# by --experiment and --import, as a run's flags.txt has them too; laws of what a cell prints as.
ALLOWED = {
    ("__init__.py", "import_module"),
    ("sweeps/__init__.py", "import_module"),
    ("runs/tensorboard.py", "import_module"),
    ("runs/wandb.py", "import_module"),
    ("settings/catalogue.py", "import_module"),
    ("settings/catalogue.py", "exec_module"),
    ("testing/cell_laws.py", "pickle.loads"),
    ("testing/cell_laws.py", "eval"),
    ("typing.py", "__import__"),
}


WHOLE = {"import_module", "exec_module"}  # whatever stands before the dot


def called(tree):
    """Returns the names that a file calls, as far as they are refused."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            last = name.rpartition(".")[2]
            if name in REFUSED or last in WHOLE:
                yield last if last in WHOLE else name
            if any(k.arg == "shell" and ast.unparse(k.value) != "False" for k in node.keywords):
                yield "shell=True"


def unpicklers(tree):
    """Returns the methods of each unpickler that a file defines."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and "Unpickler" in "".join(map(ast.unparse, node.bases)):
            yield {getattr(part, "name", "") for part in node.body}


def test_the_source_runs_nothing_that_a_file_names():
    found = set()
    for path in SOURCE.rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        found |= {(path.relative_to(SOURCE).as_posix(), name) for name in called(tree)}
        for methods in unpicklers(tree):
            assert "find_class" in methods, path  # which says what a name may be
    assert found <= ALLOWED, found - ALLOWED


class Mine:
    """Leaves a file behind when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return pathlib.Path.touch, (pathlib.Path(self.path),)


@pytest.fixture
def mark(tmp_path):
    """A file that is there once a pickle has been run, and that pickle."""
    mark = tmp_path / "run by a pickle"
    return mark, pickle.dumps({"train": Mine(mark), b"data": Mine(mark), b"labels": [1]})


def test_the_pickle_of_these_tests_bites(mark):
    path, body = mark
    pickle.loads(body)
    assert path.exists()


@pytest.mark.parametrize("read", [cifar._read_python, chorales._of_pickle])
def test_a_pickle_of_data_calls_nothing(mark, tmp_path, read, tell):
    path, body = mark
    (tmp_path / "data").write_bytes(body)
    with pytest.raises(DatasetError, match=r"names (pathlib|_?pathlib\._local|builtins)\.\w+"):
        read(tmp_path / "data")
    assert not path.exists()
    tell("a data file", "a pickle that calls something", 1, "refused in one line, and not run")


ADDING = ("--experiment=adding", "--length=4", "--cell=Elman(2)", "--batch_size=4", "--nofigures")
PLAN = ("--steps=4", "--eval_every=2", "--log_every=2", "--schedule=constant")


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("trained") / "run"
    done = launched(*ADDING, *PLAN, f"--workdir={folder}")
    assert done.code == 0, done.err
    return folder


@pytest.mark.full
def test_a_pickle_in_a_runs_folder_is_refused_and_not_run(trained, mark, tmp_path, tell):
    path, body = mark
    names = [file.relative_to(trained) for file in sorted(trained.rglob("*")) if file.is_file()]
    names = [name for name in names if name.name != ".rnnjax-lock"]
    assert len(names) > 5
    for name in names:
        copy = tmp_path / "copy"
        shutil.copytree(trained, copy)
        (copy / name).write_bytes(body)
        assert len(complaint(copy).splitlines()) <= 1, name
        shutil.rmtree(copy)
        assert not path.exists(), name
    tell("a run's folder", "a pickle in place of each file", len(names), "not run")


def complaint(folder):
    """Returns why a run cannot be read, nothing where it can; another error is a fault."""
    try:
        runs.load(folder, which="last").summary  # noqa: B018 (it is read)
    except ValueError as error:
        return str(error)
    return ""
