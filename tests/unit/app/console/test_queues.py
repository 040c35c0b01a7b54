"""The agents' pages: what they show of routed mail, and what they ask of the store for it."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import partial

import pytest

from routing.classifier import Score
from routing.decision import DecidedBy, Decision, Priority, Timings
from routing.desk import JobPage
from routing.job import Decided, MailFormat, Submission
from routing.store.memory import MemoryStore
from routing.store.migrations import migrate
from routing.store.opening import open_store
from routing.store.sql.database import Transaction

READING = {"queue_states", "seen_queues", "seen", "listing", "views", "arrived", "some", "users", "user"}


class CountingStore(MemoryStore):
    """A store that notes what was asked of it."""

    def __init__(self):
        super().__init__()
        self.asked = []

    def __getattribute__(self, name):
        if name in READING:
            super().__getattribute__("asked").append(name)
        return super().__getattribute__(name)


def routed(
    console, number=1, *, subject="Dégât des eaux", sender="camille@example.org", excerpt="Une fuite.", **decision
):
    """Hand in and decide mails; return their ids, oldest first."""
    store, clock = console.store, console.clock
    given = {
        "label": "claim_home",
        "confidence": 0.9,
        "alternatives": (Score(label="assistance", probability=0.05), Score(label="billing", probability=0.01)),
        "queue": "claims-home",
        "priority": Priority.NORMAL,
        "decided_by": DecidedBy.MODEL,
        "reason": "",
        "model_version": "test-0123456789ab",
    }
    ids = []
    for _ in range(number):
        submission = Submission(
            source="x", content=b"x", format=MailFormat.RFC822, digest="0" * 64, subject=subject, sender=sender
        )
        job = store.submit([submission], now=clock.now)[0].job
        (claim,) = store.claim(worker="w", limit=1, lease_seconds=60, now=clock.now)
        outcome = Decided(
            job_id=job.id,
            lease=claim.lease,
            decision=Decision(**{**given, **decision}),
            timings=Timings(queued=1.0, parse=2.0, classify=3.0, total=6.0),
            subject=subject,
            sender=sender,
            message_id="",
            excerpt=excerpt,
            language="fr",
            words=f"{subject} {sender} {excerpt}",
        )
        store.record([outcome], worker="w", now=clock.now)
        clock.now += 1
        ids.append(job.id)
    return ids


@pytest.fixture
def route(console):
    """`route(3, subject="Fuite")` hands in and decides mails, and returns their ids, oldest first."""
    return partial(routed, console)


@pytest.fixture
def console(make_console):
    return make_console(store=CountingStore())


def rows(html):
    """The ids of the lines of a list, in order."""
    return re.findall(r'<li id="m-([0-9a-f-]{36})"', html)


def text_of(html):
    return " ".join(re.sub(r"<[^>]*>", " ", html).split())


def test_my_queues_come_first_and_say_what_is_new(console, route):
    eve = console.browser("eve", queues=("triage", "claims-home"))
    route(2)
    assert "never looked at" in eve.page("/")
    eve.page("/queues/claims-home")
    route(3)
    html = eve.page("/")
    own, others = html.split("Other queues")
    assert [*re.findall(r'id="q-([^"]+)"', own)] == ["triage", "claims-home"]
    assert "q-billing" in others
    line = text_of(own[own.index("q-claims-home") :])
    assert re.search(r"claims-home 3 5 0 \d+ s", line), line
    assert "triage triage" in text_of(own)


def test_a_line_says_all_that_an_agent_needs(console, route):
    (job_id,) = route(priority=Priority.URGENT)
    console.clock.now += 300
    line = text_of(console.agent.page("/queues/claims-home"))
    for said in ("urgent Dégât des eaux", "camille@example.org Une fuite.", "Home claim 90%", "model fr 5 min"):
        assert said in line, line
    assert "2 Emergency assistance 5%" in line
    assert f"/mails/{job_id}" in console.agent.page("/mails")
    french = text_of(console.agent.page("/queues/claims-home", Accept_Language="fr"))
    assert "Sinistre habitation 90 %" in french
    assert "modèle fr 5 min" in french


def test_labels_that_the_policy_has_no_more_are_not_offered(console, route):
    route(
        label="pets", alternatives=(Score(label="caravans", probability=0.05), Score(label="billing", probability=0.01))
    )
    html = console.agent.page("/queues/claims-home")
    assert re.findall(r'value="((?:confirm|correct)[^ "]*) [^"]*" data-key="(\d)"', html) == [("correct:billing", "2")]
    assert "pets" in html


def test_what_arrived_since_the_reader_looked_is_marked(console, route):
    (old,) = route()
    console.agent.page("/queues/claims-home")
    console.clock.now += 60
    (new,) = route()
    html = console.agent.page("/queues/claims-home")
    lines = {job_id: html[html.index(f"m-{job_id}") :].split("</li>")[0] for job_id in (old, new)}
    assert ">new<" not in lines[old]
    assert ">new<" in lines[new]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", {"a", "b"}),
        ("label=billing", {"b"}),
        ("confidence_below=0.7", {"b"}),
        ("confidence_from=0.7", {"a"}),
        ("by=rule", set()),
        ("language=en", set()),
        ("priority=high", {"b"}),
        ("q=zephyr", {"b"}),
        ("q=ZÉPHYR%20paul", {"b"}),
        ("mine=me", set()),
        ("mine=nobody", {"a", "b"}),
        ("state=handled", set()),
        ("age=over-1h", set()),
        ("age=under-1h", {"a", "b"}),
    ],
)
def test_conditions_narrow_a_list(console, route, query, expected):
    ids = {
        route(subject="Fuite")[0]: "a",
        route(
            subject="Zéphyr",
            sender="paul@example.org",
            label="billing",
            confidence=0.6,
            priority=Priority.HIGH,
        )[0]: "b",
    }
    html = console.agent.page(f"/queues/claims-home?{query}")
    assert {ids[each] for each in rows(html)} == expected


def test_each_condition_can_be_taken_away_by_itself(console, route):
    route()
    html = console.agent.page("/queues/claims-home?language=fr&by=model&q=fuite")
    chips = re.findall(r'<li><a href="([^"]*)"><span class="hidden">Remove', html)
    assert [each.replace("&amp;", "&") for each in chips] == [
        "/queues/claims-home?language=fr&by=model",
        "/queues/claims-home?q=fuite&by=model",
        "/queues/claims-home?q=fuite&language=fr",
    ]
    assert 'value="fuite"' in html


def test_an_order_is_kept_from_page_to_page(console, route, monkeypatch):
    monkeypatch.setattr("app.console.queues.SHOWN", 3)
    ids = route(5)
    for order, expected in (("oldest", ids), ("newest", ids[::-1])):
        first = console.agent.page(f"/queues/claims-home?sort={order}")
        further = re.search(r'rel="next" href="([^"]+)"', first)[1].replace("&amp;", "&")
        second = console.agent.page(further)
        assert rows(first) + rows(second) == expected
        assert 'rel="next"' not in second
        assert f'href="/queues/claims-home?sort={order}"' in second


def test_a_page_asks_the_store_the_same_few_questions_however_many_mails_there_are(console, route):
    def asked(path):
        console.agent.page(path)
        console.store.asked.clear()
        console.agent.page(path)
        return sorted(console.store.asked)

    paths = ("/", "/mails", "/queues/claims-home", "/queues/claims-home?q=fuite&sort=newest")
    route(1)
    console.agent.page("/queues/claims-home")
    few = [asked(path) for path in paths]
    ids = route(60)
    for job_id in ids[::2]:
        entry = console.store._entries[job_id]
        entry.job = replace(entry.job, handling=replace(entry.job.handling, assignee="sam"))
    many = [asked(path) for path in paths]
    assert few == many
    assert max(map(len, many)) <= 5


def test_a_page_is_a_handful_of_statements_however_many_mails_there_are(tmp_path, make_console, monkeypatch):
    url = f"sqlite:///{tmp_path / 'facteur.sqlite'}"
    migrate(url)
    store = open_store(url)
    console = make_console(store=store)
    said = []

    def counted(method):
        def call(self, statement, *more):
            said.append(statement)
            return method(self, statement, *more)

        return call

    def page_of(path):
        console.agent.page(path)
        said.clear()
        console.agent.page(path)
        return len(said)

    for method in ("run", "rows"):
        monkeypatch.setattr(Transaction, method, counted(getattr(Transaction, method)))
    paths = ("/", "/mails", "/queues/claims-home?sort=newest", "/queues/claims-home?q=fuite")
    routed(console)
    console.agent.page("/queues/claims-home")
    few = [page_of(path) for path in paths]
    routed(console, 70)
    assert [page_of(path) for path in paths] == few
    *lists, search = few
    assert max(lists) <= 5
    assert search <= 10
    store.close()


def test_a_page_of_fifty_lines_is_small(console, route):
    route(60, subject="Dégât des eaux dans la salle de bains", excerpt="Bonjour, une fuite " * 10)
    answer = console.agent.get("/queues/claims-home", Accept_Encoding="gzip")
    assert answer.headers["Content-Encoding"] == "gzip"
    assert len(answer.data) < 12_000


def test_a_queue_that_there_is_not_is_not_found(console):
    assert console.agent.get("/queues/none").status_code == 404


def test_a_condition_that_there_is_not_is_told(console):
    answer = console.agent.get("/mails?sort=best")
    assert answer.status_code in (400, 422)


def test_an_empty_list_says_why(console):
    assert "Every mail of this list is dealt with." in console.agent.page("/queues/claims-home")
    assert "Nothing fits these conditions" in console.agent.page("/queues/claims-home?language=fr")


def news_of(html):
    return re.search(r'data-news="([^"]+)"', html)[1].replace("&amp;", "&")


def test_news_cost_no_list_while_nothing_changed(console, route):
    route(2)
    address = news_of(console.agent.page("/queues/claims-home"))
    first = console.agent.get(address)
    assert (first.status_code, first.text) == (200, "")
    console.clock.now += 10
    console.store.asked.clear()
    again = console.agent.get(address, If_None_Match=first.headers["ETag"])
    assert (again.status_code, again.data) == (304, b"")
    assert console.store.asked == ["queue_states"]


def test_news_count_what_came_to_this_list_since_its_page(console, route):
    route(2)
    html = console.agent.page("/queues/claims-home?language=fr")
    address = news_of(html)
    tag = console.agent.get(address).headers["ETag"]
    console.clock.now += 10
    route(3)
    route(1, queue="billing")
    answer = console.agent.get(address, If_None_Match=tag)
    assert answer.status_code == 200
    assert text_of(answer.text) == "3 new mails: show"
    assert 'href="/queues/claims-home?language=fr"' in answer.text
    route(30)
    assert "More than 20 new mails" in console.agent.get(address).text


def test_a_list_that_was_not_looked_through_says_so_and_leads_on(console, monkeypatch):
    goes_on = JobPage(jobs=(), next_cursor="further", cut=True)
    monkeypatch.setattr(console.store, "listing", lambda *_where, **_how: goes_on)
    html = console.agent.page("/mails?state=any&language=other")
    said = text_of(html)
    assert "No mail was found so far." in said
    assert "Only a part of this list was looked through" in said
    assert "Look further" in said
    assert "Next page" not in said
    assert re.search(r'rel="next" href="/mails\?[^"]*cursor=further"', html)


def test_news_of_one_queue_are_no_news_in_another(console, route):
    route()
    address = news_of(console.agent.page("/queues/claims-home"))
    tag = console.agent.get(address).headers["ETag"]
    route(queue="billing")
    assert console.agent.get(address, If_None_Match=tag).status_code == 304
    everywhere = console.agent.get("/news").headers["ETag"]
    route(queue="billing")
    assert console.agent.get("/news", If_None_Match=everywhere).status_code == 200


@pytest.mark.parametrize("since", ["x", "-1", "nan", "1e300"])
def test_news_since_no_time_are_refused(console, since):
    assert console.agent.get(f"/news?since={since}").status_code in (400, 422)


def test_lines_that_changed_are_given_and_others_are_not(console, route):
    one, other = route(2)
    asked = f"/rows?list=/queues/claims-home&mail={one}:0&mail={other}:0&mail=strange&mail=x:y"
    assert rows(console.agent.page(asked)) == []
    console.supervisor.post("/acts", {"act": "handle", "mail": f"{one}:0", "next": "/"})
    console.supervisor.post("/acts", {"act": "take", "mail": f"{other}:0", "next": "/"})
    html = console.agent.page(asked)
    assert sorted(rows(html)) == sorted([one, other])
    assert "taken by Sam Martin" in text_of(html)
    assert f'id="m-{one}" data-row class="mail gone"' in html


def test_strangers_are_led_to_the_sign_in(console):
    for path in ("/", "/mails", "/queues/triage", "/news", "/rows"):
        answer = console.stranger.get(path)
        assert answer.status_code == 303, path
        assert answer.headers["Location"].startswith("/sign-in")
