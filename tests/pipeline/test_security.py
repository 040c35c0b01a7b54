"""What is unsafe is found, and an audit that nobody answered is no audit."""

from __future__ import annotations

import json

import pytest
from project import security
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
