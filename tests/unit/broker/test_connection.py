"""Connections to Redis."""

import socket

import pytest

from broker.connection import check_redis, connect_redis, make_celery, without_secrets
from broker.names import CLASSIFY, DELIVER, PURGE, SWEEP, TASK_QUEUES
from routing.errors import ConfigurationError


def test_a_redis_that_answers_is_fine(redis_url):
    check_redis(redis_url)


@pytest.mark.parametrize("url", ["http://localhost", "localhost:6379", "", "redis://localhost:port/0"])
def test_what_is_no_redis_url_is_refused_with_the_settings_name(url):
    with pytest.raises(ConfigurationError, match=r"FACTEUR_REDIS_URL .*redis://HOST:PORT/0"):
        check_redis(url)


def test_a_redis_that_is_not_there_is_one_sentence_without_its_password():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        with pytest.raises(ConfigurationError) as caught:
            check_redis(f"redis://user:hunter2@127.0.0.1:{port}/0")
    message = str(caught.value)
    assert f"127.0.0.1:{port}" in message
    assert "hunter2" not in message
    assert "\n" not in message


def test_something_that_is_no_redis_is_refused_in_time():
    with socket.create_server(("127.0.0.1", 0)) as mute, pytest.raises(ConfigurationError, match="does not answer"):
        check_redis(f"redis://127.0.0.1:{mute.getsockname()[1]}/0")


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("redis://:p@ss@host:1/0", "redis://host:1/0"),
        ("redis://host/0", "redis://host/0"),
        ("unix:///a/b", "unix:///a/b"),
        ("nothing", "nothing"),
    ],
)
def test_a_url_is_shown_without_its_password(url, shown):
    assert without_secrets(url) == shown


def test_every_task_is_routed_to_the_queue_that_somebody_consumes(redis_url):
    celery = make_celery(redis_url)
    for task in (CLASSIFY, DELIVER, SWEEP, PURGE):
        assert celery.amqp.router.route({}, task)["queue"].name == TASK_QUEUES[task]
    assert celery.conf.task_ignore_result
    assert celery.conf.result_backend is None
    celery.close()


def test_building_the_application_connects_to_nothing():
    make_celery("redis://127.0.0.1:1/0").close()
    connect_redis("redis://127.0.0.1:1/0").close()
