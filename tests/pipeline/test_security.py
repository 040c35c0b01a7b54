"""What is unsafe is found, and an audit that nobody answered is no audit."""

from __future__ import annotations

import json
import os
import subprocess

import pytest
from checkout import ROOT, git
from serving import serving

TOKEN = "glpat-" + "aB3dE6gH9jK2mN5pQ8sT"
CLOSED = "http://127.0.0.1:9/"
LOCK = "made-up-thing==1.0 \\\n    --hash=sha256:" + "0" * 64 + "\n"
VULNERABILITY = {
    "id": "PYSEC-2026-999",
    "summary": "It lets anybody in.",
    "affected": [
        {
            "package": {"name": "made-up-thing", "ecosystem": "PyPI"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "1.1"}]}],
        }
    ],
}


@pytest.fixture
def project(tmp_path):
    git(tmp_path, "init", "--quiet", "--initial-branch", "main", ".")
    (tmp_path / "requirements").mkdir()
    (tmp_path / "requirements" / "serve.txt").write_text(LOCK)
    commit(tmp_path, "Begin")
    git(tmp_path, "update-ref", "refs/remotes/origin/main", "HEAD")
    return tmp_path


def commit(project, message):
    git(project, "add", "--all")
    git(project, "commit", "--quiet", "--message", message)


def security(project, act, **variables):
    environ = {**os.environ, "SECURITY_TOOLS": str(ROOT / ".venv-security"), "OSV_URL": CLOSED, **variables}
    environ.pop("CI_MERGE_REQUEST_DIFF_BASE_SHA", None)
    done = subprocess.run(
        ["sh", str(ROOT / "ci/security.sh"), act], cwd=project, env=environ, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr


def test_a_token_in_a_file_is_found_by_its_place_and_not_shown(project):
    (project / "settings.py").write_text(f'# deploys\nTOKEN = "{TOKEN}"\n')
    commit(project, "Add a token")
    code, said = security(project, "secrets")
    assert code == 1
    assert "settings.py:2: GitLab Token" in said
    assert TOKEN not in said


def test_a_token_that_was_taken_out_again_is_found_in_the_history(project):
    (project / "settings.py").write_text(f'TOKEN = "{TOKEN}"\n')
    commit(project, "Add a token")
    (project / "settings.py").write_text('TOKEN = "elsewhere"\n')
    commit(project, "Take it out")
    code, said = security(project, "secrets")
    assert code == 1
    assert "settings.py:1: GitLab Token" in said


def test_what_is_no_secret_and_what_was_accepted_pass(project):
    (project / "docs.md").write_text("postgresql://facteur:PASSWORD@db.example/facteur\n")
    (project / "test_it.py").write_text(f'TOKEN = "{TOKEN}"\n')
    (project / ".accepted-secrets").write_text("# made up\ntest_it.py a made-up token\n")
    commit(project, "Add")
    assert security(project, "secrets") == (0, security(project, "secrets")[1])


def test_unsafe_code_fails_and_is_reported_for_the_merge_request(project):
    (project / "run.py").write_text("import subprocess\n\nsubprocess.run(input(), shell=True)\n")
    code, said = security(project, "static")
    assert code == 1
    assert "S602" in said
    report = json.loads((project / "gl-code-quality-report.json").read_text())
    assert report[0]["location"]["path"].endswith("run.py")


def test_the_list_of_what_is_inside_names_every_package_of_the_lock(project):
    code, said = security(project, "sbom")
    assert code == 0, said
    document = json.loads((project / "sbom.cdx.json").read_text())
    assert document["bomFormat"] == "CycloneDX"
    assert [one["purl"] for one in document["components"]] == ["pkg:pypi/made-up-thing@1.0"]


def answers(vulnerabilities):
    return lambda *_: (200, json.dumps({"vulns": vulnerabilities} if vulnerabilities else {}))


def test_a_known_vulnerability_fails_the_audit(project):
    with serving(answers([VULNERABILITY])) as (address, asked):
        code, said = security(project, "audit", OSV_URL=address)
    assert code == 1
    assert "VULNERABLE  made-up-thing 1.0: PYSEC-2026-999, mended in 1.1" in said
    assert asked[0][2]["package"]["name"] == "made-up-thing"


def test_an_audit_that_found_nothing_passes(project):
    with serving(answers([])) as (address, _):
        code, said = security(project, "audit", OSV_URL=address)
    assert code == 0, said
    assert "1 packages of 1 locks: 0 known vulnerabilities." in said


@pytest.mark.parametrize(("day", "expected"), [("2126-01-01", 0), ("2026-01-01", 1)])
def test_what_is_accepted_passes_until_its_day(project, day, expected):
    (project / "requirements" / "accepted_vulnerabilities.txt").write_text(f"PYSEC-2026-999 {day} we never call it\n")
    with serving(answers([VULNERABILITY])) as (address, _):
        code, said = security(project, "audit", OSV_URL=address)
    assert code == expected, said
    assert ("No longer accepted" in said) == bool(expected)


def test_an_audit_that_nobody_answered_says_so_aloud_and_looks_for_withdrawn_releases(project):
    page = '<a href="made_up_thing-1.0.tar.gz" data-yanked="leaks mail">made_up_thing-1.0.tar.gz</a>'
    with serving(lambda *_: (200, page.replace(' data-yanked="leaks mail"', ""))) as (address, _):
        code, said = security(project, "audit", PIP_INDEX_URL=address)
    assert code == 3
    assert "! NOT AUDITED: no service of advisories answered for these 1 packages." in said
    assert "1 of 1 releases were looked up in the index, 0 withdrawn." in said
    with serving(lambda *_: (200, page)) as (address, _):
        code, said = security(project, "audit", PIP_INDEX_URL=address)
    assert code == 1
    assert "WITHDRAWN  made-up-thing 1.0: leaks mail" in said
