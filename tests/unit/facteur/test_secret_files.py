"""Secrets that this machine makes for itself."""

import base64
import os
import re
import stat

import pytest

from facteur.secret_files import new_session_secret, new_webhook_secret, read, read_or_make, write
from routing.errors import ConfigurationError
from worker.webhook import decode_secret


@pytest.fixture(autouse=True)
def generous():
    """Make files as a careless shell would."""
    before = os.umask(0)
    yield
    os.umask(before)


def mode(file):
    return stat.S_IMODE(file.stat().st_mode)


def test_a_secret_is_made_once_and_kept(tmp_path):
    file = tmp_path / "s"
    assert read_or_make(file, lambda: "first") == "first"
    assert read_or_make(file, lambda: "second") == "first"
    assert read(file) == "first"
    assert file.read_text() == "first\n"


def test_only_its_user_can_read_it(tmp_path):
    read_or_make(tmp_path / "s", lambda: "x")
    assert mode(tmp_path / "s") == 0o600


def test_a_file_that_others_could_read_is_theirs_no_more_when_written_anew(tmp_path):
    file = tmp_path / "s"
    file.write_text("old")
    file.chmod(0o644)
    with file.open() as held_open:
        write(file, "new")
        assert held_open.read() == "old"
    assert mode(file) == 0o600
    assert read(file) == "new"


def test_nothing_else_is_left_beside_it(tmp_path):
    write(tmp_path / "s", "x")
    write(tmp_path / "s", "y")
    assert [each.name for each in tmp_path.iterdir()] == ["s"]


def test_a_file_that_was_never_filled_is_made_anew(tmp_path):
    (tmp_path / "s").write_text(" \n")
    assert read_or_make(tmp_path / "s", lambda: "made") == "made"


def test_no_file_is_no_secret(tmp_path):
    assert read(tmp_path / "absent") == ""


def test_what_cannot_be_used_is_named(tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "image").write_bytes(b"\xff\xfe")
    for file in (tmp_path / "folder", tmp_path / "image", tmp_path / "no" / "where"):
        with pytest.raises(ConfigurationError, match=re.escape(str(file))):
            read_or_make(file, lambda: "x")


def test_new_secrets_are_long_of_the_right_form_and_never_the_same():
    assert len(decode_secret(new_webhook_secret())) == 32
    assert base64.b64decode(new_webhook_secret().removeprefix("whsec_"))
    assert re.fullmatch("[0-9a-f]{64}", new_session_secret())
    assert len({new_session_secret() for _ in range(10)} | {new_webhook_secret() for _ in range(10)}) == 20
