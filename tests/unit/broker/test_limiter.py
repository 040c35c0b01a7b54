"""How fast a caller may send, counted in a real Redis."""

import pytest

from broker.limiter import REST_SECONDS, WINDOW_SECONDS, NoLimiter, RedisLimiter

NOW = 1_200_000_000.0
"""The first second of a window."""


@pytest.fixture
def limiter(redis_url):
    made = RedisLimiter.at(redis_url)
    made._redis.connection_pool.connection_kwargs["socket_timeout"] = 5  # a loaded machine is no subject here
    yield made
    made._redis.close()


def test_the_limit_itself_is_allowed_and_one_more_is_not(limiter):
    assert NOW % WINDOW_SECONDS == 0
    taken = [limiter.take("anne", 1, limit=3, now=NOW) for _ in range(4)]
    assert [each.allowed for each in taken] == [True, True, True, False]
    assert [each.remaining for each in taken] == [2, 1, 0, 0]


def test_many_mails_count_as_many(limiter):
    assert limiter.take("anne", 3, limit=3, now=NOW).remaining == 0
    assert not limiter.take("anne", 1, limit=3, now=NOW).allowed
    assert not limiter.take("bob", 4, limit=3, now=NOW).allowed


def test_what_is_refused_is_not_counted(limiter):
    refused = limiter.take("anne", 4, limit=3, now=NOW)
    assert (refused.allowed, refused.remaining) == (False, 3)
    assert limiter.take("anne", 2, limit=3, now=NOW).allowed
    refused = limiter.take("anne", 2, limit=3, now=NOW)
    assert (refused.allowed, refused.remaining) == (False, 1)
    assert limiter.take("anne", 1, limit=3, now=NOW).allowed


def test_a_redis_that_is_not_there_costs_less_than_anybody_notices():
    assert RedisLimiter.at("redis://127.0.0.1:1/0").take("a", 1, limit=1, now=NOW) is None


def test_callers_do_not_share_their_limit(limiter):
    limiter.take("anne", 3, limit=3, now=NOW)
    assert limiter.take("bob", 1, limit=3, now=NOW).allowed


def test_a_new_window_begins_anew(limiter):
    limiter.take("anne", 3, limit=3, now=NOW)
    assert not limiter.take("anne", 1, limit=3, now=NOW + WINDOW_SECONDS - 1).allowed
    assert limiter.take("anne", 1, limit=3, now=NOW + WINDOW_SECONDS).allowed


def test_the_end_of_the_window_is_said(limiter):
    assert limiter.take("anne", 1, limit=3, now=NOW + 13.5).reset_seconds == WINDOW_SECONDS - 13


def test_counts_go_away_by_themselves(limiter, client):
    limiter.take("anne", 1, limit=3, now=NOW)
    (key,) = client.keys("facteur:limit:*")
    assert 0 < client.ttl(key) <= 2 * WINDOW_SECONDS


def test_a_redis_that_is_away_allows_everything_and_is_left_alone_for_a_while(caplog):
    class Away:
        asked = 0

        def eval(self, *_script):
            self.asked += 1
            raise ConnectionError("away")

    away, at = Away(), [0.0]
    limiter = RedisLimiter(away, stopwatch=lambda: at[0])
    for _ in range(5):
        assert limiter.take("anne", 1, limit=1, now=NOW) is None
    assert away.asked == 1
    at[0] = REST_SECONDS + 0.1
    assert limiter.take("anne", 1, limit=1, now=NOW) is None
    assert away.asked == 2
    assert caplog.text.count("rate limits rest") == 2


def test_without_a_limiter_nobody_counts():
    assert NoLimiter().take("anne", 10**9, limit=1, now=NOW) is None
