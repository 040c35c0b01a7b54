"""Who imports whom, and that importing does nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = ("app", "broker", "facteur", "model", "routing", "worker")

TRAINING = {"onnx", "onnxscript", "safetensors", "sklearn", "torch", "transformers"}
RUNTIME = {"numpy", "onnxruntime", "tokenizers"}
HTTP = {"flask", "gunicorn", "werkzeug", "app"}
STORE = {"alembic", "psycopg", "sqlalchemy"}
BROKER = {"celery", "kombu", "redis"}

# import-linter does not look inside third-party packages; a fresh interpreter does.
MUST_NOT_LOAD = {
    "app.factory": TRAINING | RUNTIME | {"model", "worker", "facteur"},
    "worker.classify_node": TRAINING | HTTP | {"onnxruntime", "tokenizers", "facteur"},
    "worker.errands_node": TRAINING | RUNTIME | HTTP | {"facteur", "model"},
    "worker.schedule": TRAINING | RUNTIME | HTTP | STORE | {"facteur", "model"},
    "facteur.cli": TRAINING | RUNTIME | HTTP | STORE | BROKER | {"rich", "pydantic"},
    "facteur.health": TRAINING | RUNTIME | HTTP | STORE | BROKER | {"rich", "pydantic", "http", "prometheus_client"},
    "facteur.up": TRAINING | HTTP | {"onnxruntime", "tokenizers"},
    "routing.route": TRAINING | RUNTIME | HTTP | STORE | BROKER | {"broker", "facteur", "model", "worker"},
    "routing.accept": TRAINING | RUNTIME | HTTP | STORE | BROKER | {"broker", "facteur", "model", "worker"},
    "routing.store.opening": TRAINING | RUNTIME | HTTP | BROKER | {"broker", "facteur", "model", "worker"},
    "model.registry": TRAINING | HTTP | STORE | BROKER | {"onnxruntime", "tokenizers"},
    "model.onnx_runtime": TRAINING | HTTP | STORE | BROKER,
    "broker.bell": TRAINING | RUNTIME | HTTP | STORE,
}

# Run before anything of ours is imported. What happens is told by audit events; the environment is watched by hand.
WATCH = """
import json, os, sys
seen = []
def watch(event, arguments):
    if event in {"socket.connect", "socket.bind", "subprocess.Popen", "os.mkdir", "os.remove", "os.fork"}:
        seen.append(f"{event} {arguments!r}")
    elif event == "open" and isinstance(arguments[1], str) and set(arguments[1]) & set("wax+"):
        seen.append(f"written: {arguments[0]}")
sys.addaudithook(watch)
read = type(os.environ).__getitem__
def recording(self, name):
    if isinstance(name, str) and name.startswith("FACTEUR_"):
        seen.append(f"read: {name}")
    return read(self, name)
type(os.environ).__getitem__ = recording
"""

IMPORT = """
import contextlib, importlib, sys
for name in {names!r}:
    with contextlib.suppress({suppressed}):
        importlib.import_module(name)
"""

HOSTILE = {"FACTEUR_PORT": "abc", "FACTEUR_NO_SUCH": "1", "FACTEUR_DATABASE_URL": "nonsense", "FACTEUR_VAR": "/nowhere"}


def run_fresh(code, *, cwd, **environ):
    """Run code in an interpreter that has imported nothing of ours; return the JSON that it prints."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1", **environ},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def serving_modules():
    """Every module of ours but the training half of the model, and what has an effect by being run."""
    for room in ROOMS:
        for file in sorted((ROOT / room).rglob("*.py")):
            parts = file.relative_to(ROOT).with_suffix("").parts
            name = ".".join(parts).removesuffix(".__init__")
            is_training = name.startswith("model.training") or name == "model.torch_runtime"
            is_run = parts[-1] == "__main__" or "migrations" in parts  # alembic runs these, by path
            if not is_training and not is_run:
                yield name


def test_the_rooms_keep_to_the_import_rule():
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([linter, "--no-cache", "--no-logo"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 broken" in done.stdout


@pytest.mark.parametrize("module", MUST_NOT_LOAD)
def test_an_entry_module_loads_nothing_that_it_must_not(module, tmp_path):
    loaded = run_fresh(f"import {module}, json, sys; print(json.dumps(sorted(sys.modules)))", cwd=tmp_path)
    assert module in loaded
    assert MUST_NOT_LOAD[module] & set(loaded) == set()


def test_importing_does_nothing_whatever_the_environment_says(tmp_path):
    modules = list(serving_modules())
    assert {"app.factory", "worker.classify_node", "facteur.up", "routing.settings"} <= set(modules)
    ours = IMPORT.format(names=modules, suppressed="")
    loaded = run_fresh(f"{ours}import json; print(json.dumps(list(sys.modules)))", cwd=tmp_path)
    foreign = [name for name in loaded if name.partition(".")[0] not in {*ROOMS, "__main__"}]
    # What others do when they are imported is theirs, and has happened before the watch begins. Some modules that they
    # loaded cannot be had by name.
    theirs = IMPORT.format(names=foreign, suppressed="ImportError")
    assert run_fresh(f"{theirs}{WATCH}{ours}print(json.dumps(seen))", cwd=tmp_path, **HOSTILE) == []
    assert list(tmp_path.iterdir()) == []


def test_the_watch_sees_what_it_is_there_to_see(tmp_path):
    code = f"""{WATCH}
import socket
os.environ.get("FACTEUR_PORT")
open("file", "w").close()
try:
    socket.create_connection(("127.0.0.1", 1), timeout=1)
except OSError:
    pass
print(json.dumps(seen))"""
    seen = run_fresh(code, cwd=tmp_path, **HOSTILE)
    assert [event.split()[0] for event in seen] == ["read:", "written:", "socket.connect"]
