"""The Redis server that `facteur up` starts."""

import os
import stat
import subprocess
import tempfile
import time

import pytest
import redis

from broker.connection import connect_redis
from facteur.embedded_redis import SOCKET_PATH_BYTES, find_server, server_command, socket_path
from routing.errors import ConfigurationError


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    folder = tmp_path / "t"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def test_the_bundled_server_is_found_and_a_named_one_too():
    assert os.access(find_server(""), os.X_OK)
    assert find_server("sh").endswith("/sh")
    assert find_server(find_server("")) == find_server("")


def test_a_server_that_is_not_there_is_named():
    with pytest.raises(ConfigurationError, match="FACTEUR_REDIS_SERVER is 'no-such-server'"):
        find_server("no-such-server")


def test_the_socket_lies_in_var_where_it_can(tmp_path, monkeypatch):
    monkeypatch.chdir("/")
    assert str(socket_path(tmp_path)) == f"{tmp_path}/redis.sock"
    assert socket_path(tmp_path / "x").parent == tmp_path / "x"


@pytest.mark.parametrize("name", ["x" * 100, "with space", "a#b", "a?b", "a%41b", "é"])
def test_elsewhere_it_lies_in_a_private_folder_of_its_own(tmp_path, temporary, name):
    path = socket_path(tmp_path / name)
    assert path.parent.parent == temporary
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert path == socket_path(tmp_path / name)
    assert path != socket_path(tmp_path / (name + "2"))


def test_a_folder_that_others_made_is_not_used(tmp_path, temporary):
    var = tmp_path / "with space"
    folder = socket_path(var).parent
    folder.chmod(0o777)
    with pytest.raises(ConfigurationError, match="open to others"):
        socket_path(var)
    folder.rmdir()
    (temporary / "elsewhere").mkdir(mode=0o700)
    folder.symlink_to(temporary / "elsewhere")
    with pytest.raises(ConfigurationError, match="open to others"):
        socket_path(var)


@pytest.mark.parametrize("name", ["var", "x" * 100, "été à la mer"])
def test_the_server_answers_there_keeps_nothing_and_lets_nobody_else_in(tmp_path, name):
    var = tmp_path / name
    var.mkdir()
    path = socket_path(var)
    assert len(os.fsencode(path)) <= SOCKET_PATH_BYTES
    server = subprocess.Popen(server_command(find_server(""), path), cwd=var, stdout=subprocess.DEVNULL)
    try:
        with connect_redis(f"unix://{path}", seconds=5) as client:
            deadline = time.monotonic() + 20
            while time.monotonic() < deadline:
                try:
                    client.set("a", "b")
                    break
                except redis.RedisError:
                    time.sleep(0.01)
            assert client.get("a") == b"b"
            assert client.config_get("port") == {"port": "0"}
            assert client.config_get("save") == {"save": ""}
            assert stat.S_IMODE(path.stat().st_mode) == 0o700
    finally:
        server.terminate()
        server.wait()
    assert not (var / "dump.rdb").exists()
    if path.parent != var:
        path.unlink(missing_ok=True)
        path.parent.rmdir()
