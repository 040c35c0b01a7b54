"""The desk's lists: every order, filter and search says the same on every store, page by page."""

from __future__ import annotations

import itertools
import sqlite3

import pytest

from routing.classifier import Score
from routing.decision import DecidedBy, Priority
from routing.desk import Act, Change, ListFilter, Order, State
from routing.errors import InvalidInput
from routing.store import cursors
from routing.store.opening import open_store, parse
from routing.store.sql import listing

QUEUES = ("motor", "home", "billing")
LABELS = ("claim_motor", "claim_home", "question")
LANGUAGES = ("fr", "en", "other", None)
PRIORITIES = tuple(Priority)
CONFIDENCES = (0.9, 0.5, None, 0.5, 0.1)
WORDS = ("Dégât des eaux", "pare-brise fêlé", "l'attestation, svp", "")


@pytest.fixture
def desk(store, make):
    """Sixty mails of every kind: open and handled, taken and not, reviewed and not. Returns what there is, by id."""
    ids = []
    for batch in range(6):
        names = [f"{batch}-{place}" for place in range(10)]
        ids += make.accepted(store, *names, now=1_000.0 + 100 * batch)
        claims = make.claim(store, now=1_010.0 + 100 * batch)
        store.record(
            [decided(make, claim, 10 * batch + place) for place, claim in enumerate(claims)],
            worker="node/1",
            now=1_020.0 + 100 * batch,
        )
    change(store, ids[::3], Act.HANDLE, handled=True)
    change(store, ids[::4], Act.TAKE, assignee="anne")
    change(store, ids[::7], Act.TAKE, assignee="paul")
    for job_id in ids[::5]:
        job = store.job(job_id)
        before = {"label_before": job.decision.label, "queue_before": job.decision.queue}
        word = make.review(job_id, id=f"{job_id[:-1]}0", **before)
        store.review(word, decision=make.decision(queue="motor", decided_by=DecidedBy.HUMAN), actor="key desk")
    return ids


def decided(make, claim, number):
    decision = make.decision(
        queue=QUEUES[number % 3],
        label=LABELS[number % 3] if number % 11 else None,
        priority=PRIORITIES[number % 4],
        confidence=CONFIDENCES[number % 5],
        alternatives=(Score(label="quote", probability=number % 5 / 20),),
        decided_by=DecidedBy.RULE if number % 6 == 0 else DecidedBy.MODEL,
        model_version=f"model-{number % 2}",
    )
    return make.decided(
        claim,
        decision=decision,
        subject=f"Objet {number}",
        sender=f"client{number % 7}@example.org",
        excerpt=f"Mail {number}",
        language=LANGUAGES[number % 4],
        words=WORDS[number % 4],
        model_label=None if CONFIDENCES[number % 5] is None else LABELS[number % 3],
        model_confidence=CONFIDENCES[number % 5],
        novelty=1.0 + number % 3 / 10 if number % 8 == 0 else 0.25,
    )


def change(store, ids, act, **what):
    store.change(
        [Change(job_id=one, act=act, revision=None, **what) for one in ids],
        batch=ids[0],
        actor="user anne",
        now=3_000.0,
    )


def everything(store, where, order, limit=7):
    """Walk through all pages of a list."""
    jobs, after = [], None
    for _ in range(100):
        page = store.listing(where, order=order, after=after, limit=limit)
        jobs += page.jobs
        after = page.next_cursor
        if after is None:
            return jobs
        assert len(page.jobs) == limit or page.cut
    raise AssertionError("a list without an end")


FILTERS = {
    "open": ({}, lambda _job: True),
    "queue": ({"queue": "motor"}, lambda job: job.decision.queue == "motor"),
    "label": ({"label": "claim_home"}, lambda job: job.decision.label == "claim_home"),
    "both": ({"label": "claim_home", "queue": "home"}, lambda job: job.decision.label == "claim_home"),
    "language": ({"language": "fr"}, lambda job: job.language == "fr"),
    "human": ({"decided_by": "human"}, lambda job: job.decision.decided_by is DecidedBy.HUMAN),
    "rule": ({"decided_by": "rule", "queue": "motor"}, lambda job: job.decision.decided_by is DecidedBy.RULE),
    "urgent": ({"priority": Priority.URGENT}, lambda job: job.decision.priority is Priority.URGENT),
    "mine": ({"assignee": "anne"}, lambda job: job.handling.assignee == "anne"),
    "nobody": ({"assignee": ""}, lambda job: job.handling.assignee is None),
    "from": ({"confidence_from": 0.5}, lambda job: (job.decision.confidence or 0) >= 0.5),
    "below": ({"confidence_below": 0.5}, lambda job: (job.decision.confidence or 1) < 0.5),
    "after": ({"arrived_after": 1_220.0}, lambda job: job.handling.arrived_at >= 1_220.0),
    "before": ({"arrived_before": 1_220.0, "queue": "home"}, lambda job: job.handling.arrived_at < 1_220.0),
    "decided": (
        {"decided_after": 1_120.0, "decided_before": 1_320.0},
        lambda job: 1_120.0 <= job.decided_at < 1_320.0,
    ),
    "reviewed": ({"reviewed": True}, lambda job: job.reviewed),
    "unreviewed": ({"reviewed": False}, lambda job: not job.reviewed),
    "model": ({"model_label": "claim_motor"}, lambda job: job.model_label == "claim_motor"),
    "cell": ({"model_label": "question", "reviewed": True}, lambda job: job.reviewed and job.model_label == "question"),
    "version": ({"model_version": "model-1"}, lambda job: job.decision.model_version == "model-1"),
    "words": ({"words": "EAUX degat"}, lambda job: int(job.excerpt.split()[1]) % 4 == 0),
    "words in a queue": ({"words": "pare br", "queue": "motor"}, lambda job: int(job.excerpt.split()[1]) % 4 == 1),
    "sender": ({"words": "client3"}, lambda job: job.sender == "client3@example.org"),
    "nothing": ({"language": "de"}, lambda _job: False),
}
SORTS = {
    Order.PRESSING: lambda job: (PRIORITIES.index(job.decision.priority), job.handling.arrived_at, job.id),
    Order.NEWEST: lambda job: (-job.handling.arrived_at, -int(job.id.replace("-", ""), 16)),
    Order.OLDEST: lambda job: (job.handling.arrived_at, job.id),
    Order.UNSURE: lambda job: (job.decision.confidence is None, job.decision.confidence or 0, job.id),
}


@pytest.mark.parametrize("state", State)
def test_every_list_shows_what_it_is_asked_for_in_its_order(store, desk, state):
    jobs = [store.job(job_id) for job_id in desk]
    shown = [job for job in jobs if state is State.ANY or (state is State.OPEN) == (job.handling.handled_at is None)]
    for (name, (asked, is_right)), order in itertools.product(FILTERS.items(), Order):
        found = everything(store, ListFilter(state=state, **asked), order)
        right = [job for job in shown if is_right(job) and asked.get("queue") in {None, job.decision.queue}]
        assert {job.id for job in found} == {job.id for job in right}, (name, order)
        assert len(found) == len(right), (name, order)
        if order in SORTS:
            assert found == sorted(right, key=SORTS[order]), (name, order)


@pytest.mark.usefixtures("desk")
def test_a_list_that_few_fit_ends_a_page_before_it_is_read_through_and_goes_on(store, monkeypatch):
    asked = [asked for asked, _ in FILTERS.values()] + [{"words": "objet", "language": "en"}, {"words": "fele svp"}]
    cases = list(itertools.product((State.HANDLED, State.ANY), asked, Order))
    wanted = [everything(store, ListFilter(state=state, **where), order) for state, where, order in cases]
    monkeypatch.setattr(listing, "LOOKED", 2)
    monkeypatch.setattr(listing, "LOOKED_OF_A_QUEUE", 2)
    for few in (1_000, 0):
        monkeypatch.setattr(listing, "FEW", few)
        for (state, where, order), whole in zip(cases, wanted, strict=True):
            assert everything(store, ListFilter(state=state, **where), order) == whole, (state, where, order)


@pytest.mark.usefixtures("desk")
def test_a_page_says_when_only_a_part_of_the_list_was_looked_at(store, monkeypatch):
    monkeypatch.setattr(listing, "LOOKED_OF_A_QUEUE", 2)
    monkeypatch.setattr(listing, "LOOKED", 2)
    open_ones = store.listing(ListFilter(language="de"), order=Order.OLDEST)
    handled = store.listing(ListFilter(language="de", state=State.HANDLED), order=Order.OLDEST)
    assert (open_ones.jobs, open_ones.next_cursor, open_ones.cut) == ((), None, False)
    assert (handled.jobs, bool(handled.next_cursor), handled.cut) in {((), True, True), ((), False, False)}


def test_the_most_useful_to_label_come_first(store, make):
    ids = make.accepted(store, "sure", "torn", "strange", "stranger", "rule")
    claims = make.claim(store, now=1_010.0)
    said = [
        {"model_confidence": 0.9, "novelty": 0.1, "decision": make.decision(confidence=0.9)},
        {"model_confidence": 0.4, "decision": make.decision(alternatives=(Score(label="quote", probability=0.39),))},
        {"model_confidence": 0.9, "novelty": 1.1},
        {"model_confidence": 0.9, "novelty": 1.5},
        {"model_confidence": None, "decision": make.decision(confidence=None, decided_by=DecidedBy.RULE)},
    ]
    outcomes = [
        make.decided(claim, **({"model_label": "claim_motor"} | each)) for claim, each in zip(claims, said, strict=True)
    ]
    store.record(outcomes, worker="node/1", now=1_020.0)
    found = everything(store, ListFilter(), Order.USEFUL, limit=2)
    assert [job.id for job in found] == [ids[3], ids[2], ids[1], ids[0], ids[4]]


@pytest.mark.parametrize("word", ["", "x", "W10", "bnVsbA", "W1tbW1tb", "é", "\ud800", "A" * 5_000])
def test_what_is_no_cursor_is_refused(store, word):
    for order in Order:
        with pytest.raises(InvalidInput):
            store.listing(ListFilter(), order=order, after=word)


@pytest.mark.usefixtures("desk")
def test_a_cursor_of_one_order_is_none_of_another(store):
    after = store.listing(ListFilter(), order=Order.NEWEST, limit=2).next_cursor
    with pytest.raises(InvalidInput):
        store.listing(ListFilter(), order=Order.OLDEST, after=after)


@pytest.mark.parametrize("keys", [(), (1e999,), (None,), ("1",), (1, 2, 3), ({},)])
def test_a_forged_cursor_is_refused_or_harmless(store, desk, keys):
    for order in Order:
        word = cursors.written(cursors.Cursor(order=order, keys=keys, job_id=desk[0]))
        try:
            store.listing(ListFilter(), order=order, after=word)
        except InvalidInput:
            continue


@pytest.mark.usefixtures("desk")
def test_a_list_goes_on_when_mails_before_its_end_are_handled(store):
    first = store.listing(ListFilter(), order=Order.OLDEST, limit=5)
    rest = everything(store, ListFilter(), Order.OLDEST)[5:]
    change(store, [job.id for job in first.jobs], Act.HANDLE, handled=True)
    page = store.listing(ListFilter(), order=Order.OLDEST, after=first.next_cursor, limit=100)
    assert [job.id for job in page.jobs] == [job.id for job in rest]


@pytest.mark.parametrize(
    ("text", "search", "found"),
    [
        ("Mon assurance habitation", "assur habit", True),
        ("Mon assurance habitation", "surance", False),
        ("Ça coûte 1 200,50 €", "ca coute 200", True),
        ("l'Œuvre", "oeuvre", True),
        ("naïve façade", "NAIVE FAÇADE", True),
        ("дом сгорел", "дом", True),
        ("100 % sûr", "100 %", True),
        ("a_b", "a", True),
        ("devis", "devis' OR '1'='1", False),
        ("devis", 'devis" OR "1', False),
        ("devis", "devis* NOT auto", False),
        ("devis \0 auto \ud800", "auto", True),
        ("mot " * 5_000, "mot", True),
        ("devis", "…", True),
        ("devis", "\0\ud800", True),
    ],
)
def test_a_search_knows_words_by_their_beginnings_and_nothing_else(store, make, text, search, found):
    make.accepted(store, "1")
    [claim] = make.claim(store, now=1_010.0)
    store.record([make.decided(claim, words=text)], worker="node/1", now=1_020.0)
    assert bool(store.listing(ListFilter(words=search), order=Order.NEWEST).jobs) is found


@pytest.mark.usefixtures("desk")
def test_rare_and_common_words_are_found_alike_however_they_are_looked_for(store, monkeypatch):
    wanted = {
        (words, order): [job.id for job in everything(store, ListFilter(state=State.ANY, words=words), order)]
        for words, order in itertools.product(("eaux", "objet 1", "objet", "fele"), Order)
    }
    assert all(wanted.values())
    for few, looks in ((0, (2, 3)), (1_000, ()), (0, ()), (1_000, (1,))):
        monkeypatch.setattr(listing, "FEW", few)
        monkeypatch.setattr(listing, "LOOKS", looks)
        monkeypatch.setattr(listing, "LOOKS_OVER_QUEUES", looks)
        monkeypatch.setattr(listing, "STEP", 4)
        monkeypatch.setattr(listing, "STEP_OVER_QUEUES", 4)
        for (words, order), ids in wanted.items():
            found = everything(store, ListFilter(state=State.ANY, words=words), order)
            assert [job.id for job in found] == ids, (few, looks, words, order)


def test_a_search_does_not_find_what_retention_or_erasure_took(store, make):
    [first, second] = make.done(store, "1", "2")
    where = ListFilter(words="read", state=State.ANY)
    assert len(store.listing(where, order=Order.NEWEST).jobs) == 2
    store.erase(first, actor="key desk", now=2_000.0)
    assert [job.id for job in store.listing(where, order=Order.NEWEST).jobs] == [second]
    store.purge(mails_before=3_000.0, jobs_before=0.0, now=3_000.0)
    assert store.listing(where, order=Order.NEWEST).jobs == ()
    assert store.job(second).excerpt == ""
    assert len(store.listing(ListFilter(), order=Order.NEWEST).jobs) == 1


def test_the_file_forgets_the_words_of_a_deleted_mail(sqlite_url, make):
    store = open_store(sqlite_url)
    for name in range(5):
        make.accepted(store, str(name), now=1_000.0)
        [claim] = make.claim(store, now=1_010.0)
        store.record([make.decided(claim, words=f"hapax{name}")], worker="node/1", now=1_020.0)
    store.erase(claim.job_id, actor="key desk", now=2_000.0)
    words = sqlite3.connect(parse(sqlite_url).database)
    written = "SELECT count(*) FROM texts_index_data WHERE instr(block, CAST('hapax4' AS BLOB))"
    assert words.execute(written).fetchone() != (0,)
    store.purge(mails_before=0.0, jobs_before=0.0, now=3_000.0)
    assert words.execute(written).fetchone() == (0,)
    assert len(store.listing(ListFilter(words="hapax"), order=Order.NEWEST).jobs) == 4
    words.execute("INSERT INTO texts_index(texts_index, rank) VALUES ('integrity-check', 1)")
    words.close()
    store.close()
