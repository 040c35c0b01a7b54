import pytest

from broker.limiter import Allowance, NoLimiter


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


@pytest.mark.parametrize(("mails", "status"), [(10, 202), (11, 413)])
def test_a_batch_that_no_minute_has_room_for_is_refused_for_good_and_not_counted(make_house, mails, status):
    limiter = Fixed(allowance())
    house = make_house(limiter=limiter, rate_limit=10)
    body = b"\n".join([b'{"text":"a"}'] * mails)
    answer = house.post("/v1/emails", data=body, content_type="application/x-ndjson")
    assert answer.status_code == status
    assert len(limiter.asked) == (status == 202)
    if status == 413:
        assert answer.get_json()["limit"] == 10
        assert "11 mails" in answer.get_json()["detail"]
        assert house.store.backlog().queued == 0


@pytest.mark.parametrize("limiter", [NoLimiter(), None])
def test_with_nobody_who_counts_mail_is_accepted(make_house, limiter):
    answer = make_house(limiter=limiter, rate_limit=10).mail()
    assert answer.status_code == 202
    assert "RateLimit" not in answer.headers
