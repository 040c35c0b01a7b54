import pytest

from broker.limiter import Allowance, NoLimiter, RedisLimiter

NOW = 1_795_170_010.0


class Pipeline:
    def __init__(self, server):
        self.server = server
        self.commands = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return None

    def incrby(self, key, by):
        self.commands.append(("incrby", key, by))

    def expire(self, key, seconds):
        self.commands.append(("expire", key, seconds))

    def execute(self):
        return self.server.execute(self.commands)


class Server:
    """As much of Redis as the limiter asks for."""

    def __init__(self):
        self.counts = {}
        self.lives = {}
        self.asked = 0
        self.down = False

    def pipeline(self, *, transaction):
        assert transaction is False
        return Pipeline(self)

    def execute(self, commands):
        self.asked += 1
        if self.down:
            raise ConnectionError("refused")
        (_, key, by), (_, _, seconds) = commands
        self.counts[key] = self.counts.get(key, 0) + by
        self.lives[key] = seconds
        return [self.counts[key], True]


def test_a_caller_may_send_its_limit_and_no_more():
    limiter = RedisLimiter(Server())
    taken = [limiter.take("a", 1, limit=3, now=NOW) for _ in range(4)]
    assert [each.allowed for each in taken] == [True, True, True, False]
    assert [each.remaining for each in taken] == [2, 1, 0, 0]


def test_the_next_minute_begins_anew():
    limiter = RedisLimiter(Server())
    first = limiter.take("a", 3, limit=3, now=NOW)
    assert not limiter.take("a", 1, limit=3, now=NOW).allowed
    assert limiter.take("a", 1, limit=3, now=NOW + first.reset_seconds).allowed


def test_callers_do_not_share_a_limit():
    limiter = RedisLimiter(Server())
    limiter.take("a", 3, limit=3, now=NOW)
    assert limiter.take("b", 3, limit=3, now=NOW).allowed


def test_counts_go_away_by_themselves():
    server = Server()
    RedisLimiter(server).take("a", 1, limit=3, now=NOW)
    assert set(server.lives.values()) == {120}


def test_with_redis_down_all_is_allowed_and_redis_is_left_alone_for_a_moment():
    server = Server()
    server.down = True
    time = [100.0]
    limiter = RedisLimiter(server, stopwatch=lambda: time[0])
    assert limiter.take("a", 1, limit=1, now=NOW) is None
    assert limiter.take("a", 1, limit=1, now=NOW) is None
    assert server.asked == 1
    server.down = False
    time[0] += 10
    assert limiter.take("a", 1, limit=1, now=NOW).allowed


def test_a_redis_that_is_not_there_costs_less_than_anybody_notices():
    assert RedisLimiter.at("redis://127.0.0.1:1/0").take("a", 1, limit=1, now=NOW) is None


class Fixed:
    """A limiter that always gives the same answer, and remembers what it was asked."""

    def __init__(self, allowance):
        self.allowance = allowance
        self.asked = []

    def take(self, caller, mails, *, limit, now):
        self.asked.append((caller, mails, limit, now))
        return self.allowance


def allowance(*, allowed=True):
    return Allowance(allowed=allowed, limit=10, remaining=4, reset_seconds=17)


def test_without_a_limit_nobody_is_asked(make_house):
    limiter = Fixed(allowance(allowed=False))
    assert make_house(limiter=limiter).mail().status_code == 202
    assert limiter.asked == []


def test_what_is_left_of_the_limit_is_told(make_house):
    answer = make_house(limiter=Fixed(allowance()), rate_limit=10).mail()
    assert answer.status_code == 202
    assert answer.headers["RateLimit-Policy"] == '"mails";q=10;w=60'
    assert answer.headers["RateLimit"] == '"mails";r=4;t=17'


def test_too_many_mails_are_answered_429_with_when_to_come_back(make_house):
    house = make_house(limiter=Fixed(allowance(allowed=False)), rate_limit=10)
    answer = house.mail()
    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "17"
    assert answer.get_json()["type"] == "/problems/rate-limited"
    assert house.store.backlog().queued == 0


def test_each_line_of_a_batch_counts(make_house):
    limiter = Fixed(allowance())
    house = make_house(limiter=limiter, rate_limit=10)
    house.post("/v1/emails", data=b'{"text":"a"}\n{"text":"b"}', content_type="application/x-ndjson")
    assert [mails for _, mails, _, _ in limiter.asked] == [2]


@pytest.mark.parametrize("limiter", [NoLimiter(), None])
def test_with_nobody_who_counts_mail_is_accepted(make_house, limiter):
    answer = make_house(limiter=limiter, rate_limit=10).mail()
    assert answer.status_code == 202
    assert "RateLimit" not in answer.headers
