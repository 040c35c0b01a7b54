"""Secrets are found wherever git holds them; what only looks like one is accepted line by line."""

from __future__ import annotations

import re

import pytest
from checkout import git
from project import commit, security

TOKEN = "glpat-" + "aB3dE6gH9jK2mN5pQ8sT"
REAL = "Tr0ub/4dor"
ELSE = "glpat-" + "zY3xW6vU9tS2rQ5pN8mL"


def on_main(before):
    return {"CI_COMMIT_BRANCH": "main", "CI_DEFAULT_BRANCH": "main", "CI_COMMIT_BEFORE_SHA": before}


def published(project):
    """Push, so that the default branch has it all."""
    git(project, "update-ref", "refs/remotes/origin/main", "HEAD")


def add_and_remove_a_token(project):
    (project / "settings.py").write_text(f'TOKEN = "{TOKEN}"\n')
    commit(project, "Add a token")
    (project / "settings.py").write_text('TOKEN = "elsewhere"\n')
    return commit(project, "Take it out")


def test_a_token_in_a_file_is_found_by_its_place_and_not_shown(project):
    (project / "settings.py").write_text(f'# deploys\nTOKEN = "{TOKEN}"\n')
    commit(project, "Add a token")
    code, said = security(project, "secrets")
    assert code == 1
    assert "settings.py:2: GitLab Token" in said
    assert TOKEN not in said


def test_a_token_that_was_taken_out_again_is_found_in_the_history(project):
    add_and_remove_a_token(project)
    code, said = security(project, "secrets")
    assert code == 1
    assert "settings.py:1: GitLab Token" in said


def test_commits_pushed_to_the_default_branch_are_looked_through(project):
    before = git(project, "rev-parse", "HEAD")
    after = add_and_remove_a_token(project)
    published(project)
    code, said = security(project, "secrets", **on_main(before))
    assert code == 1
    assert "settings.py:1: GitLab Token" in said
    assert security(project, "secrets", **on_main(after))[0] == 0


def test_of_a_tag_all_commits_since_the_tag_before_are_looked_through(project):
    git(project, "tag", "v1.0.0")
    add_and_remove_a_token(project)
    git(project, "tag", "v1.1.0")
    published(project)
    assert security(project, "secrets", CI_COMMIT_TAG="v1.1.0")[0] == 1
    commit(project, "Go on")
    git(project, "tag", "v1.2.0")
    published(project)
    assert security(project, "secrets", CI_COMMIT_TAG="v1.2.0")[0] == 0


def test_of_the_first_tag_all_commits_are_looked_through(project):
    add_and_remove_a_token(project)
    published(project)
    assert security(project, "secrets", CI_COMMIT_TAG="v1.0.0")[0] == 1


@pytest.mark.parametrize("before", ["0" * 40, "1" * 40])
def test_that_no_commits_were_looked_through_is_said(project, before):
    assert "no commits, since" in security(project, "secrets", **on_main(before))[1].lower()


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("postgresql://admin:{real}@db.prod.corp.fr/claims", True),
        ("redis://:{real}@redis-prod.corp.fr:6379/0", True),
        ('DATABASE_PASSWORD_URL = "postgresql://admin:{real}@pg.prod.corp.fr/claims"', True),
        ("postgresql://admin:{real}@pg.prod.corp.fr/claims  # for example, not localhost", True),
        ("postgresql://admin:{real}@db/claims", True),
        ("postgresql://admin:{real}@pg.prod.corp.fr/claims", True),
        ("https://u:x@db.example/ and https://u:{real}@pg.corp.fr/", True),
        ("postgresql://facteur:PASSWORD@db.prod.corp.fr/facteur", False),
        ("postgresql://facteur:${POSTGRES_PASSWORD:-facteur}@postgres/facteur", False),
        ("redis://:$(REDIS_PASSWORD)@radar-redis:6379/0", False),
        ("postgresql://facteur:{real}@db.example/facteur", False),
        ("postgresql://facteur:facteur@postgres:5432/facteur", False),
        ("redis://:hunter2@127.0.0.1:1/0", False),
        ("http://server:8080/path@2", False),
        ("postgresql://admin:{real}@pg.corp.fr  # pragma: allowlist secret", False),
    ],
)
def test_a_password_in_an_address_counts_by_where_it_leads_and_what_it_is(project, address, found):
    (project / "settings.txt").write_text(address.replace("{real}", REAL) + "\n")
    commit(project, "Add")
    code, said = security(project, "secrets")
    assert code == found, said
    assert ("settings.txt:1: Password in an address" in said) == found
    assert REAL not in said


def test_what_was_accepted_passes_and_nothing_else_in_the_file(project):
    (project / "test_it.py").write_text(f'TOKEN = "{TOKEN}"\n')
    commit(project, "Add")
    said = security(project, "secrets")[1]
    mark = re.search(r"mark ([0-9a-f]+)", said)[1]
    (project / ".accepted-secrets").write_text(f"# made up\ntest_it.py:{mark} a made-up token\n")
    commit(project, "Accept")
    assert security(project, "secrets") == (0, security(project, "secrets")[1])
    (project / "test_it.py").write_text(f'# moved\nTOKEN = "{TOKEN}"\nOTHER = "{ELSE}"\n')
    commit(project, "Add another")
    code, said = security(project, "secrets")
    assert code == 1
    assert "test_it.py:3: GitLab Token" in said
    assert "test_it.py:2" not in said


def test_one_key_is_accepted_and_another_one_in_its_place_is_not(project):
    """Both begin with the same line."""
    frame = "-----BEGIN {0}-----\n{1}\n-----END {0}-----\n"
    (project / "test.pem").write_text(frame.format("PRIVATE KEY", "AAAA"))
    commit(project, "Add")
    mark = re.search(r"mark ([0-9a-f]+)", security(project, "secrets")[1])[1]
    (project / ".accepted-secrets").write_text(f"test.pem:{mark} made up\n")
    commit(project, "Accept")
    assert security(project, "secrets") == (0, security(project, "secrets")[1])
    published(project)
    (project / "test.pem").write_text(frame.format("PRIVATE KEY", "BBBB"))
    commit(project, "Another")
    assert security(project, "secrets")[0] == 1


def test_a_secret_in_a_lock_is_found(project):
    lock = project / "requirements" / "serve.txt"
    lock.write_text(f"--index-url https://ci:{TOKEN}@packages.corp.fr/simple\n{lock.read_text()}")
    commit(project, "Lock")
    code, said = security(project, "secrets")
    assert code == 1
    assert "requirements/serve.txt:1: GitLab Token" in said
    assert "requirements/serve.txt:1: Password in an address" in said
