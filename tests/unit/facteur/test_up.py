"""What `facteur up` is made of and can be tried without starting anything."""

import contextlib
import signal
import socket

import pytest

from facteur import up
from facteur.up import Stop, Stopped
from routing.errors import ConfigurationError
from routing.settings import Settings


def test_a_signal_is_remembered_until_it_can_do_no_harm():
    stop = Stop()
    stop.check()
    stop(signal.SIGINT, None)
    with pytest.raises(Stopped):
        stop.check()


def test_a_signal_ends_at_once_what_may_be_broken_off():
    stop = Stop()
    with pytest.raises(Stopped), stop.at_once(), contextlib.suppress(Exception):
        stop(signal.SIGTERM, None)
    with pytest.raises(Stopped), stop.at_once():
        pytest.fail("it was asked to stop before")
    stop(signal.SIGTERM, None)


def test_a_var_directory_has_one_user_at_a_time(tmp_path):
    var = tmp_path / "a" / "b"
    with (
        up._sole_user(var),
        pytest.raises(ConfigurationError, match="Another `facteur up` uses"),
        up._sole_user(var),
    ):
        pass
    with up._sole_user(var):
        pass


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "http://127.0.0.1:9"),
        ("0.0.0.0", "http://127.0.0.1:9"),  # noqa: S104 - shown, not bound to
        ("::", "http://[::1]:9"),
        ("::1", "http://[::1]:9"),
        ("mail.example", "http://mail.example:9"),
    ],
)
def test_the_address_is_one_that_can_be_asked(host, address):
    assert up._address(Settings(host=host, port=9)) == address


def test_a_port_that_is_free_is_fine_and_a_host_that_is_none_of_ours_is_refused():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConfigurationError, match="is taken"):
            up._check_port("127.0.0.1", port)
    up._check_port("127.0.0.1", port)
    with pytest.raises(ConfigurationError, match="FACTEUR_HOST"):
        up._check_port("192.0.2.1", port)


def test_a_database_is_shown_without_its_password():
    assert "hunter2" not in up.without_secrets("postgresql+psycopg://user:hunter2@host/name")
