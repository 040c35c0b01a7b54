"""Losing Redis with a message in hand."""

import contextlib

from kombu import Consumer, Queue

from broker.connection import make_celery
from broker.names import CLASSIFY, CLASSIFY_QUEUE


def listen_as_a_node_does(connection):
    """Take one message without acknowledging it, and wait for the next; listen on a second channel besides."""
    taken = []
    tasks = Consumer(connection.default_channel, [Queue(CLASSIFY_QUEUE)], on_message=taken.append, auto_declare=False)
    tasks.consume()
    orders = Consumer(connection.channel(), [Queue("orders")], on_message=taken.append, auto_declare=False)
    orders.consume()
    connection.drain_events(timeout=5)
    with contextlib.suppress(TimeoutError):
        connection.drain_events(timeout=0.1)
    assert len(taken) == 1
    assert connection.default_channel._in_poll, "nobody waits for a second message, so the test shows nothing"


def test_a_connection_closes_though_redis_died_with_a_message_not_acknowledged(redis_server):
    redis_server.start()
    with make_celery(redis_server.url) as celery:
        celery.send_task(CLASSIFY)
        connection = celery.connection_for_read()
        listen_as_a_node_does(connection)
        redis_server.stop()

        # As Celery does when it has lost its broker.
        with contextlib.suppress(connection.connection_errors):
            connection.collect()
        connection.close()


def test_a_connection_that_closes_gives_back_the_message_it_holds(redis_url, client):
    with make_celery(redis_url) as celery:
        celery.send_task(CLASSIFY)
        with celery.connection_for_read() as connection:
            listen_as_a_node_does(connection)
            assert client.llen(CLASSIFY_QUEUE) == 0
        assert client.llen(CLASSIFY_QUEUE) == 1
