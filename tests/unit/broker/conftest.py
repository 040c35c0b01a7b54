"""A Redis server of our own on a socket, started as `facteur up` starts it."""

import subprocess
import time
from pathlib import Path

import pytest
import redis

from broker.connection import connect_redis
from facteur.embedded_redis import find_server, server_command


class Server:
    def __init__(self, folder):
        self.socket = folder / "redis.sock"
        self.url = f"unix://{self.socket}"
        self.process = None

    def start(self):
        self.process = subprocess.Popen(server_command(find_server(""), self.socket), stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 20
        with connect_redis(self.url, seconds=5) as client:
            while time.monotonic() < deadline:
                try:
                    client.ping()
                except redis.RedisError:
                    time.sleep(0.01)
                else:
                    return
        raise AssertionError("the Redis server did not come up")

    def stop(self):
        self.process.kill()
        self.process.wait()
        Path(self.socket).unlink(missing_ok=True)


@pytest.fixture(scope="session")
def shared_server(tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("redis"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def redis_url(shared_server):
    """The URL of an empty Redis."""
    with connect_redis(shared_server.url, seconds=5) as client:
        client.flushall()
    return shared_server.url


@pytest.fixture
def redis_server(tmp_path):
    """A server that a test may stop and start."""
    server = Server(tmp_path)
    yield server
    if server.process:
        server.stop()


@pytest.fixture
def client(redis_url):
    with connect_redis(redis_url, seconds=5) as connected:
        yield connected
