"""Where there is no Chromium, nobody may believe that the console was tested in one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

TEST = Path(__file__).parents[1] / "browser" / "test_safety.py"


def run_without_chromium(tmp_path, **environ):
    inherited = {name: value for name, value in os.environ.items() if name not in {"CI", "PATH"}}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", "cookie", str(TEST)],
        cwd=TEST.parents[2],
        env={**inherited, "PATH": str(tmp_path), "PLAYWRIGHT_BROWSERS_PATH": str(tmp_path), **environ},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout


def test_a_run_says_loudly_that_the_console_was_not_tested_and_what_to_do(tmp_path):
    status, said = run_without_chromium(tmp_path)
    assert status == 0
    assert "THE CONSOLE WAS NOT TESTED IN A BROWSER" in said
    assert "apt-get install chromium" in said


def test_in_ci_it_fails(tmp_path):
    status, said = run_without_chromium(tmp_path, CI="true")
    assert status != 0
    assert "THE CONSOLE WAS NOT TESTED IN A BROWSER" in said
