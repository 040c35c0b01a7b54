"""A tag becomes a release by GitLab's interface; waiting for a version ends when it answers."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import threading

import pytest
from checkout import ROOT
from serving import serving


def publish(tmp_path, address):
    notes = tmp_path / "notes.md"
    notes.write_text("### Added\n\n- Été\n", encoding="utf-8")
    environ = {
        **os.environ,
        "CI_COMMIT_TAG": "v1.2.3",
        "CI_API_V4_URL": address,
        "CI_PROJECT_ID": "42",
        "CI_PROJECT_URL": "https://gitlab.example/facteur",
        "CI_JOB_TOKEN": "job-token",
    }
    return run("ci/publish_release.py", str(notes), env=environ)


def run(script, *words, env=None):
    done = subprocess.run(
        [sys.executable, str(ROOT / script), *words], env=env, capture_output=True, text=True, check=False
    )
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout + done.stderr


def test_a_release_is_made_with_the_notes_of_the_tag(tmp_path):
    with serving(lambda *_: (201, "{}")) as (address, asked):
        code, said = publish(tmp_path, address)
    assert (code, said) == (0, "Released: https://gitlab.example/facteur/-/releases/v1.2.3\n")
    ((method, path, body, headers),) = asked
    assert (method, path) == ("POST", "/projects/42/releases")
    assert body == {"name": "v1.2.3", "tag_name": "v1.2.3", "description": "### Added\n\n- Été\n"}
    assert {name.lower(): value for name, value in headers.items()}["job-token"] == "job-token"


def test_a_release_that_exists_is_renewed(tmp_path):
    with serving(lambda method, *_: (409, "exists") if method == "POST" else (200, "{}")) as (address, asked):
        assert publish(tmp_path, address)[0] == 0
    assert [(method, path) for method, path, *_ in asked] == [
        ("POST", "/projects/42/releases"),
        ("PUT", "/projects/42/releases/v1.2.3"),
    ]


def test_what_gitlab_refuses_is_said(tmp_path):
    with serving(lambda *_: (403, "insufficient_scope")) as (address, _):
        code, said = publish(tmp_path, address)
    assert code == 1
    assert "GitLab answered 403: insufficient_scope" in said


def test_a_server_that_does_not_answer_is_said_in_a_sentence(tmp_path):
    code, said = publish(tmp_path, "http://127.0.0.1:9")
    assert code == 1
    assert said.startswith("GitLab does not answer at http://127.0.0.1:9/projects/42/releases: ")


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 201 Created\r\nContent-Length: 99\r\n\r\n{"])
def test_an_answer_that_breaks_off_is_no_traceback(tmp_path, answer):
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=breaking_off, args=(server, answer))
        thread.start()
        code, _ = publish(tmp_path, f"http://127.0.0.1:{server.getsockname()[1]}")
        thread.join()
    assert code == (0 if answer else 1)


def breaking_off(server, answer):
    connection, _ = server.accept()
    with connection:
        # All of the request, or closing resets the connection before the answer is read.
        connection.recv(100_000)
        connection.settimeout(1)
        with contextlib.suppress(OSError):
            connection.recv(100_000)
        connection.sendall(answer)


def test_waiting_ends_when_the_new_version_answers():
    answers = iter([(503, ""), (200, '{"version": "1.2.2"}')])
    with serving(lambda *_: next(answers, (200, '{"version": "1.2.3"}'))) as (address, asked):
        code, said = run("ci/wait_for.py", address, "--contains", '"1.2.3"', "--every", "0.1", "--seconds", "60")
    assert code == 0, said
    assert len(asked) == 3


@pytest.mark.parametrize(
    ("answer", "why"), [((503, ""), "it answers 503"), ((200, '"1.2.2"'), "its answer does not hold")]
)
def test_waiting_ends_in_vain_when_the_time_is_over(answer, why):
    with serving(lambda *_: answer) as (address, _):
        code, said = run("ci/wait_for.py", address, "--contains", '"1.2.3"', "--every", "0.1", "--seconds", "0.3")
    assert code == 1
    assert why in said
