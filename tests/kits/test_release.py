"""A generated project is released by its own `make release`, out of its changelog."""

from __future__ import annotations

import os
import subprocess

import pytest


def run(folder, *words, **environment):
    done = subprocess.run(words, cwd=folder, env=os.environ | environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_project_is_released_from_its_changelog(project, tmp_path, language):
    path, server = project("python", language=language), tmp_path / "server.git"
    run(tmp_path, "git", "init", "--quiet", "--bare", "--initial-branch", "main", server)
    run(path, "git", "remote", "add", "origin", server)
    run(path, "git", "push", "--quiet", "origin", "main")
    run(path, "git", "remote", "set-head", "origin", "main")

    shown = run(path, "make", "release")
    assert "Next release  0.1.0" in shown
    assert run(server, "git", "tag") == ""

    run(path, "make", "release", PUSH="1")
    assert run(server, "git", "tag") == "v0.1.0\n"
    released = run(server, "git", "show", "main:CHANGELOG.md")
    assert released.index("## [Unreleased]") < released.index("## [0.1.0] - ") < released.index("### Added")


def test_a_project_without_the_parts_of_the_pipeline_has_no_such_target(generated):
    makefile = (generated("python", components="included") / "Makefile").read_text(encoding="utf-8")
    assert "release" not in makefile
