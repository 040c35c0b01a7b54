"""What is unsafe is found, and an audit that nobody answered is no audit."""

from __future__ import annotations

import json
import threading

import pytest
from project import CLOSED, LOCK, security
from serving import serving

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


def test_two_versions_of_a_package_are_both_looked_up(project):
    (project / "requirements" / "other.txt").write_text(LOCK.replace("1.0", "2.0"))
    with serving(answers([VULNERABILITY])) as (address, asked):
        code, said = security(project, "audit", "requirements/serve.txt", "requirements/other.txt", OSV_URL=address)
    assert code == 1
    assert "2 of 2 packages of 2 locks were looked up: 2 known vulnerabilities." in said
    assert {body["version"] for _, _, body, _ in asked} == {"1.0", "2.0"}


def test_an_audit_that_found_nothing_passes(project):
    with serving(answers([])) as (address, _):
        code, said = security(project, "audit", OSV_URL=address)
    assert code == 0, said
    assert "1 of 1 packages of 1 locks were looked up: 0 known vulnerabilities." in said


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
    assert "! NOT AUDITED: no service of advisories answered for 1 of these 1 packages." in said
    assert "1 of 1 releases were looked up in the index, 0 withdrawn." in said
    with serving(lambda *_: (200, page)) as (address, _):
        code, said = security(project, "audit", PIP_INDEX_URL=address)
    assert code == 1
    assert "WITHDRAWN  made-up-thing 1.0: leaks mail" in said


def test_what_is_accepted_passes_under_any_of_its_names(project):
    (project / "requirements" / "accepted_vulnerabilities.txt").write_text(
        "CVE-2026-9999 2126-01-01 we never call it\n"
    )
    with serving(answers([{**VULNERABILITY, "aliases": ["GHSA-xxxx", "CVE-2026-9999"]}])) as (address, _):
        code, said = security(project, "audit", OSV_URL=address)
    assert code == 0, said
    assert "0 known vulnerabilities, 1 accepted." in said


@pytest.mark.parametrize("line", ["PYSEC-2026-999", "PYSEC-2026-999 tomorrow why not", "PYSEC-2026-999 2126-01-01"])
def test_an_acceptance_without_a_day_or_a_reason_is_named(project, line):
    (project / "requirements" / "accepted_vulnerabilities.txt").write_text(f"# accepted\n{line}\n")
    code, said = security(project, "audit")
    assert code == 2
    assert said == "requirements/accepted_vulnerabilities.txt:2: write ID YYYY-MM-DD reason.\n"


def test_a_service_that_never_answers_is_not_waited_for_without_end(project):
    over = threading.Event()
    with serving(lambda *_: (over.wait(60), (200, "{}"))[1]) as (address, _):
        code, said = security(project, "audit", OSV_URL=address, PIP_INDEX_URL=CLOSED, AUDIT_SECONDS="5")
        over.set()
    assert code == 3
    assert "The advisories of osv did not answer within 5 seconds." in said


def test_every_lock_that_git_holds_is_audited(project):
    (project / "tools").mkdir()
    (project / "tools" / "tools.txt").write_text(LOCK.replace("made-up-thing", "made-up-tool"))
    (project / "notes.txt").write_text("made-up-notes==1.0\n")
    with serving(answers([])) as (address, asked):
        said = security(project, "audit", OSV_URL=address)[1]
    assert "2 of 2 packages of 2 locks were looked up" in said
    assert {body["package"]["name"] for _, _, body, _ in asked} == {"made-up-thing", "made-up-tool"}


def fake_audit(known):
    """A pip-audit that PyPI answers for some packages and OSV for none."""
    return f"""import json, sys
if "osv" in sys.argv:
    sys.exit("no answer")
pins = [line.split("==") for line in open(sys.argv[-1]).read().split()]
told = [{{"name": name, "version": version, "vulns": []}} for name, version in pins if name in {known!r}]
print(json.dumps({{"dependencies": told + [
    {{"name": name, "skip_reason": "not found"}} for name, _ in pins if name not in {known!r}]}}))
"""


def test_packages_that_nobody_knows_are_named_and_are_no_tick(project):
    names = [f"thing-{number}" for number in range(20)]
    lock = project / "requirements" / "serve.txt"
    lock.write_text("".join(LOCK.replace("made-up-thing", name) for name in names))
    (project / "pip_audit.py").write_text(fake_audit(names[1:]))
    code, said = security(project, "audit", PYTHONPATH=str(project), PIP_INDEX_URL=CLOSED)
    assert code == 3, said
    assert "19 of 20 packages of 1 locks were looked up: 0 known vulnerabilities." in said
    assert "NOT AUDITED: no service of advisories answered for 1 of these 20 packages." in said
    assert "! thing-0 1.0 " in said
    assert "thing-1 1.0" not in said
