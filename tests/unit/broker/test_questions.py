import logging

import pytest

from broker.connection import connect_redis
from broker.questions import MOST_WAITING, REPLIES, REPLY_SECONDS, REST_SECONDS, WAITING, RedisQuestions
from routing.explanation import Explanation, Method, Question, Reply, Word, reply_bytes, reply_of

QUESTION = Question(job_id="019a9f3e-5c00-7000-8000-000000000001", label="claim_home")
REPLY = Reply(
    model_version="m-1",
    explanation=Explanation(
        model_version="m-1",
        method=Method.ERASURE,
        label="claim_home",
        probability=0.9,
        predicted="claim_home",
        text="Dégât des eaux",
        words=(Word(text="Dégât", places=((0, 5), (9, 12)), weight=1.5),),
        probability_without=0.1,
    ),
    milliseconds=70.0,
)


@pytest.fixture
def client(redis_url):
    with connect_redis(redis_url, seconds=5) as client:
        yield client


@pytest.fixture
def questions(client):
    return RedisQuestions(client)


def test_a_question_is_taken_once_the_oldest_first(questions):
    later = Question(job_id="another", label="")
    assert questions.ask(QUESTION)
    assert questions.ask(later)
    assert questions.ask(QUESTION)
    assert [questions.take() for _ in range(3)] == [QUESTION, later, None]


def test_questions_that_nobody_takes_go_by_themselves_and_are_not_many(questions, client):
    for number in range(MOST_WAITING):
        assert questions.ask(Question(job_id=str(number), label=""))
    assert not questions.ask(QUESTION)
    assert questions.ask(Question(job_id="7", label=""))
    assert 0 < client.ttl(WAITING) <= 30


def test_a_reply_is_for_its_question_and_its_model_and_goes_after_a_minute(questions, client):
    questions.reply(QUESTION, REPLY)
    assert questions.reply_to(QUESTION, ["m-2", "m-1"]) == REPLY
    assert questions.reply_to(QUESTION, ["m-2"]) is None
    assert questions.reply_to(QUESTION, []) is None
    assert questions.reply_to(Question(job_id=QUESTION.job_id, label=""), ["m-1"]) is None
    assert 0 < client.ttl(REPLIES + QUESTION.job_id) <= REPLY_SECONDS


def test_what_was_replied_about_a_job_can_be_forgotten(questions):
    questions.reply(QUESTION, REPLY)
    questions.forget(QUESTION.job_id)
    assert questions.reply_to(QUESTION, ["m-1"]) is None


@pytest.mark.parametrize("reply", [REPLY, Reply(model_version="m-1", refusal="It cannot.")])
def test_a_reply_is_read_as_it_was_written(reply):
    assert reply_of(reply_bytes(reply)) == reply


def test_what_somebody_else_wrote_is_no_question_and_no_reply(questions, client, caplog):
    client.zadd(WAITING, {b"nonsense": 1.0})
    client.hset(REPLIES + QUESTION.job_id, "claim_home\nm-1", b"[]")
    with caplog.at_level(logging.WARNING):
        assert questions.take() is None
        assert questions.reply_to(QUESTION, ["m-1"]) is None
    assert len(caplog.records) == 2


def test_without_redis_nothing_is_raised_and_workers_do_not_look_for_a_while(redis_server, caplog):
    now = [0.0]
    redis_server.start()
    with connect_redis(redis_server.url) as client:
        questions = RedisQuestions(client, stopwatch=lambda: now[0])
        questions.ask(QUESTION)
        redis_server.stop()
        with caplog.at_level(logging.WARNING):
            assert not questions.ask(QUESTION)
            assert questions.reply_to(QUESTION, ["m-1"]) is None
            questions.reply(QUESTION, REPLY)
            questions.forget(QUESTION.job_id)
            assert len(caplog.records) == 4
            assert questions.take() is None
            assert questions.take() is None
        assert len(caplog.records) == 5
        redis_server.start()
        now[0] += REST_SECONDS
        questions.ask(QUESTION)
        assert questions.take() == QUESTION
