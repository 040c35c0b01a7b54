"""The panel with the words behind a decision, over questions that are answered as the tests say."""

from __future__ import annotations

import pytest

from app.waiting import Waiting
from routing.explanation import Explanation, Method, Reply, Word
from routing.store.port import WorkerBeat

MODEL = "test-0123456789ab"
TEXT = "Dégât des eaux\nBonjour, une <fuite>."


class Desk:
    """Questions as Redis keeps them, and a worker that replies while somebody waits."""

    def __init__(self):
        self.asked = []
        self.replies = {}
        self.refusal = ""
        self.works = True
        self.words = (
            Word(text="fuite", places=((29, 34),), weight=2.5),
            Word(text="eaux", places=((10, 14),), weight=1.7),
            Word(text="Bonjour", places=((15, 22), (2, 900)), weight=-0.5),
        )

    def ask(self, question):
        self.asked.append(question)
        return True

    def reply_to(self, question, versions):
        return next((self.replies[question, each] for each in versions if (question, each) in self.replies), None)

    def forget(self, job_id):
        pass

    def work(self):
        for question in self.asked if self.works else []:
            explanation = Explanation(
                model_version=MODEL,
                method=Method.ERASURE,
                label=question.label,
                probability=0.9,
                predicted="claim_home",
                text=TEXT,
                words=self.words,
                probability_without=0.2,
            )
            refused = Reply(model_version=MODEL, refusal=self.refusal)
            self.replies[question, MODEL] = (
                refused if self.refusal else Reply(model_version=MODEL, explanation=explanation)
            )
        self.asked = []


@pytest.fixture
def desk():
    return Desk()


@pytest.fixture
def console(make_console, desk):
    console = make_console(questions=desk)
    house = console.house
    house.store.beat(WorkerBeat(name="w", model_version=MODEL, started_at=house.clock.now, seen_at=house.clock.now))
    moment = [0.0]

    def pause(seconds):
        moment[0] += seconds
        desk.work()

    waiting = Waiting(house.store, places=1, stopwatch=lambda: moment[0], pause=pause)
    object.__setattr__(house.app.extensions["facteur"], "waiting", waiting)
    return console


@pytest.fixture
def job_id(console):
    job_id = console.house.accepted()
    console.house.decide()
    return job_id


def panel(console, job_id, query="", **headers):
    return console.agent.page(f"/mails/{job_id}/explanation{query}", HX_Request="true", **headers)


def test_words_for_and_against_are_listed_and_marked_with_their_strength(console, job_id):
    html = panel(console, job_id)
    assert '<mark class="for s3">fuite</mark>' in html
    assert '<mark class="for s2">eaux</mark>' in html
    assert '<mark class="against s1">Bonjour</mark>' in html
    assert 'une &lt;<mark class="for s3">fuite</mark>&gt;.' in html
    assert "Home claim: 90%." in html
    assert "Without the words that speak for it, 20%." in html
    assert "style=" not in html


def test_the_panel_speaks_the_reader_s_language(console, job_id):
    html = panel(console, job_id, Accept_Language="fr")
    assert "Sinistre habitation" in html
    assert "Pour</h3>" in html


def test_another_label_can_be_asked_for(console, job_id):
    html = panel(console, job_id, "?label=quote")
    assert "Quote and new contract: 90%." in html
    assert "The model finds Home claim more probable." in html
    assert "Home claim: 90%." in panel(console, job_id, "?label=nothing")


def test_without_a_worker_there_is_no_panel(console, job_id):
    console.clock.now += 600
    assert panel(console, job_id) == ""
    assert "Nobody can say now" in panel(console, job_id, "?label=quote")


def test_a_model_that_cannot_explain_has_no_panel(console, job_id, desk):
    desk.refusal = "It cannot."
    assert panel(console, job_id) == ""


def test_busy_workers_are_asked_again_a_few_times(console, job_id, desk):
    desk.works = False
    html = panel(console, job_id)
    assert "tries=1" in html
    assert 'hx-trigger="load delay:1s"' in html
    assert "tries=10" in panel(console, job_id, "?label=claim_home&tries=9")
    assert "tries=" not in panel(console, job_id, "?label=claim_home&tries=10")


def test_without_a_script_it_is_a_page(console, job_id, desk):
    html = console.agent.page(f"/mails/{job_id}/explanation")
    assert html.count("<h1") == 1
    assert '<mark class="for s3">fuite</mark>' in html
    desk.works = False
    desk.replies = {}
    assert "load it again in a moment" in console.agent.page(f"/mails/{job_id}/explanation")
    console.clock.now += 600
    assert "Nobody can say now" in console.agent.page(f"/mails/{job_id}/explanation")


def test_the_page_of_a_mail_loads_it_only_where_there_is_something_to_explain(console, job_id):
    assert f'hx-get="/mails/{job_id}/explanation"' in console.agent.page(f"/mails/{job_id}")
    now = console.clock.now + 10
    console.store.purge(mails_before=now, jobs_before=0.0, now=now)
    assert "/explanation" not in console.agent.page(f"/mails/{job_id}")
    assert panel(console, job_id) == ""


def test_a_mail_that_is_not_decided_has_none(console):
    job_id = console.house.accepted()
    assert console.agent.get(f"/mails/{job_id}/explanation").status_code == 404
