"""Jobs of each kit's pipeline that install tools or ask servers: run by gitlab-ci-local, servers made up where asked.

On Python 3.12 the kits are installed anew, as the job does, where this machine has one.
"""

from __future__ import annotations

import json
import os
import subprocess
from functools import cache
from pathlib import Path

import pytest
from checkout import ROOT, Checkout, git
from matrix import KITS, combination
from serving import serving
from test_pipeline import TAG, checkout_of
from workshop import WITHOUT_JAVA, lent

pytestmark = [pytest.mark.installs, pytest.mark.whole]

TOOLS = {"SECURITY_TOOLS": str(ROOT / ".venv-security")}
"""Those of this tree's own `make security`, installed where they are not yet."""
NOBODY = "http://127.0.0.1:9"
"""Where nobody listens: what is meant for the internet ends here."""
ALONE = {"https_proxy": NOBODY, "HTTPS_PROXY": NOBODY, "no_proxy": "127.0.0.1", "NO_PROXY": "127.0.0.1"}
WITHOUT_312 = (
    "No Python 3.12 was found, so no starter kit was tested on it. Install one (apt-get install python3.12-venv), or "
    "name yours in PYTHON_312."
)


def each_kit():
    return pytest.mark.parametrize("kit", KITS)


@each_kit()
def test_secrets_and_the_list_of_what_is_inside(generated, tmp_path, kit):
    checkout = checkout_of(generated.copy(tmp_path / "project", kit), **TOOLS)
    run = checkout.run("secrets", "sbom")
    assert run.code == 0, run.log
    assert run.passed("secrets")
    assert run.passed("sbom")
    inside = {one["name"] for one in json.loads((checkout.path / "sbom.cdx.json").read_text())["components"]}
    locked = (checkout.path / "requirements/run.txt").read_text(encoding="utf-8")
    assert inside == {line.partition("==")[0] for line in locked.splitlines() if "==" in line}
    # Put together here, so that nobody who looks for keys finds one in this tree.
    checkout.write("src/key.py", f'KEY = "{"AKIA" + "2OGYBAH6STMMNXNT"}"\n')
    checkout.commit()
    found = checkout.run("secrets")
    assert found.code == 1
    assert "src/key.py" in found.log


def advisories(vulnerable=None):
    """What OSV answers: every package is known, and one has a vulnerability."""

    def answer(_method, _path, body):
        package = {"name": body["package"]["name"], "ecosystem": "PyPI"}
        ranges = [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "9999"}]}]
        found = [{"id": "PYSEC-2026-999", "affected": [{"package": package, "ranges": ranges}]}]
        return 200, json.dumps({"vulns": found} if package["name"] == vulnerable else {})

    return answer


@each_kit()
def test_all_locks_are_audited_and_one_vulnerable_package_fails_the_job(generated, tmp_path, kit):
    path = generated.copy(tmp_path / "project", kit)
    with serving(advisories()) as (address, asked):
        clean = checkout_of(path, **TOOLS, **ALONE, OSV_URL=address).run("audit")
    assert clean.code == 0, clean.log
    assert clean.passed("audit")
    assert "0 known vulnerabilities" in clean.log
    texts = [
        file.read_text(encoding="utf-8") for folder in ("ci", "requirements") for file in path.glob(f"{folder}/*.txt")
    ]
    locked = "".join(text for text in texts if "--hash=sha256:" in text)
    packages = {line.partition("==")[0] for line in locked.splitlines() if "==" in line}
    assert packages == {body["package"]["name"] for _, _, body, _ in asked}
    with serving(advisories("ruff")) as (address, _):
        failed = Checkout(path=path, variables={**TOOLS, **ALONE, "OSV_URL": address}).run("audit")
    assert failed.failed("audit"), failed.log  # the runner's own exit status forgives whatever may be forgiven
    assert "VULNERABLE  ruff" in failed.log


@each_kit()
def test_manifests_are_checked(installed, generated, tmp_path, kit):
    given = {"KUBECTL": os.environ["KUBECTL"]} if "KUBECTL" in os.environ else {}
    checkout = checkout_of(generated.copy(tmp_path / "project", kit), **given)
    lent(checkout.path, installed(kit))
    run = checkout.run("manifests")
    assert run.code == 0, run.log
    assert run.passed("manifests")
    overlay = "rancher/overlays/staging/image/kustomization.yaml"
    text = (checkout.path / overlay).read_text(encoding="utf-8")
    checkout.write(overlay, text.replace("name: claims-radar", "name: other", 1))
    failed = checkout.run("manifests")
    assert failed.code == 1
    assert "has no digest" in failed.log


@pytest.mark.parametrize("kit", [f"{kit}{language}" for kit in KITS for language in ("", ",fr")])
def test_a_tag_becomes_a_release_with_its_notes(generated, tmp_path, kit):
    name, _, language = kit.partition(",")
    path = generated.copy(tmp_path / "project", combination(name, language=language or "en"))
    changelog = path / "CHANGELOG.md"
    text = changelog.read_text(encoding="utf-8")
    changelog.write_text(
        text.replace("## [Unreleased]", "## [Unreleased]\n\n## [1.2.3] - 2026-11-20"), encoding="utf-8"
    )
    git(path, "commit", "--quiet", "--all", "--message", "Release 1.2.3")
    git(path, "tag", "v1.2.3")
    with serving(lambda *_: (201, "{}")) as (address, asked):
        server = {"CI_API_V4_URL": address, "CI_PROJECT_ID": "42", "CI_JOB_TOKEN": "of-the-job"}
        run = checkout_of(path, **TAG, **server).run("release")
    assert run.code == 0, run.log
    assert run.passed("release")
    ((method, asked_path, body, _),) = asked
    assert (method, asked_path) == ("POST", "/projects/42/releases")
    assert (body["tag_name"], body["description"][:10]) == ("v1.2.3", "### Added\n")


@cache
def python_312():
    """The program, or None."""
    named = os.environ.get("PYTHON_312")
    roots = os.environ.get("PYENV_ROOT", str(Path.home() / ".pyenv"))
    for one in (
        [named] if named else ["python3", "python3.12", *map(str, Path(roots).glob("versions/3.12*/bin/python"))]
    ):
        code = "import ensurepip, sys; sys.exit(sys.version_info[:2] != (3, 12))"
        try:
            if subprocess.run([one, "-c", code], capture_output=True, check=False).returncode == 0:
                return one
        except OSError:
            continue
    return None


@each_kit()
def test_units_pass_on_python_3_12(generated, tmp_path, kit):
    if python_312() is None:
        pytest.skip(WITHOUT_312)
    if kit == "pyspark" and os.environ.get("KITS_WITHOUT_JAVA"):
        pytest.skip(WITHOUT_JAVA)
    # It installs for itself, from what pip has fetched before.
    fetched = subprocess.run(
        [str(ROOT / ".venv/bin/python"), "-m", "pip", "cache", "dir"], capture_output=True, text=True, check=False
    ).stdout.strip()
    checkout = checkout_of(
        generated.copy(tmp_path / "project", kit),
        PYTHON=python_312(),
        ENVIRONMENT_IS_READY="",
        **({"PIP_CACHE_DIR": fetched} if fetched else {}),
    )
    run = checkout.run("unit: [3.12]")
    assert run.code == 0, run.log
    assert run.passed("unit: [3.12]")
    packages = checkout.path / ".venv/lib/python3.12/site-packages"
    assert packages.is_dir()
    assert "<testsuite" in (checkout.path / "junit.xml").read_text(encoding="utf-8")
