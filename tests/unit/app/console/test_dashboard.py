"""The supervisors' page over a few days of mail: what it counts, links, exports, and to whom."""

from __future__ import annotations

import csv
import html
import io
import re
from urllib.parse import parse_qs, urlsplit

import pytest

from routing.acts import act
from routing.decision import DecidedBy, Decision, Timings
from routing.desk import Act
from routing.figures import GRACE, HOUR
from routing.job import Decided, MailFormat, Submission

DAY = 24 * HOUR
TABLES = ("queues", "labels", "alone", "accuracy", "weeks", "confusion", "times", "backlog")


@pytest.fixture
def route(console):
    """Route a mail at a time; return its job's id."""
    numbers = iter(range(1_000))

    def routed(at, *, label="claim_home", queue="claims-home", decided_by=DecidedBy.MODEL, total=80.0):
        number = next(numbers)
        mail = Submission(source="gate", content=b"x", format=MailFormat.RFC822, digest=str(number))
        (accepted,) = console.store.submit([mail], now=at)
        (claim,) = console.store.claim(worker="w", limit=1, lease_seconds=60, now=at)
        decision = Decision(
            label=label, confidence=0.9, queue=queue, decided_by=decided_by, reason="x", model_version="test-0123"
        )
        outcome = Decided(
            job_id=claim.job_id,
            lease=claim.lease,
            decision=decision,
            timings=Timings(queued=1.0, parse=1.0, classify=1.0, total=total),
            subject=f"mail {number}",
            sender="anne@example.org",
            message_id="",
            model_label=label,
            model_confidence=0.9,
        )
        console.store.record([outcome], worker="w", now=at)
        return accepted.job.id

    return routed


@pytest.fixture
def week(console, route):
    """Some days of mail: most by the model, one by a rule, two unsure; one confirmed, one corrected."""
    now = console.clock.now
    first = route(now - 3 * DAY)
    second = route(now - 3 * DAY)
    route(now - 2 * DAY, label="quote", queue="sales", decided_by=DecidedBy.RULE)
    route(now - HOUR, queue="triage")
    route(now, label="quote", queue="triage", total=9_000.0)
    seen = [(job_id, console.store.job(job_id).handling.revision) for job_id in (first, second)]
    policy = console.house.app.extensions["facteur"].policy
    user = console.supervisor.user
    assert not act(console.store, policy, Act.CONFIRM, seen[:1], user=user, now=now).refused
    assert not act(console.store, policy, Act.CORRECT, seen[1:], user=user, now=now, label="quote").refused
    count(console, now)


def count(console, now=None):
    """Count as errands do; unless told otherwise, as if it were a bit later than it is."""
    while console.store.tally(now=now or console.clock.now + HOUR + GRACE, kept_since=float("-inf")):
        pass


def texts(page):
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page)))


def figure(page, name):
    return texts(re.search(rf'<div class="figure[^>]*><span class="name">{name}</span>(.*?)</div>', page, re.DOTALL)[1])


def table(console, name, query=""):
    answer = console.supervisor.get(f"/dashboard/{name}.csv{query}")
    assert answer.status_code == 200, answer.text
    text = answer.get_data(as_text=True)
    assert text.startswith("\ufeff")
    return list(csv.reader(io.StringIO(text[1:], newline="")))


@pytest.mark.usefixtures("week")
def test_the_page_says_how_much_came_and_how_it_went(console):
    for _ in range(2):
        page = console.supervisor.page("/dashboard")
        assert figure(page, "Mails routed").split() == ["5", "0", "a", "day"]
        assert figure(page, "Without a human").strip().startswith("60%")
        assert re.search(r"50% 2 reviewed; between 9% and 91%", figure(page, "Agents agreed"))
        assert "99% within" in figure(page, "Time to route")
        assert figure(page, "Open now").split()[0] == "5"
        count(console)  # and the same again when errands have counted


@pytest.mark.usefixtures("week")
def test_a_cell_of_the_confusion_matrix_opens_the_mails_behind_it(console):
    page = console.supervisor.page("/dashboard/confusion")
    cells = re.search(r'<table class="confusion">(.*?)</table>', page, re.DOTALL)[1]
    found = [html.unescape(each) for each in re.findall(r'<a href="([^"]+)"', cells)]
    queries = [parse_qs(urlsplit(each).query) for each in found]
    assert [(query["model_label"], query["label"]) for query in queries] == [
        (["claim_home"], ["claim_home"]),
        (["claim_home"], ["quote"]),
    ]
    for address in found:
        rows = re.findall(r'<li id="m-', console.supervisor.page(address))
        assert len(rows) == 1, address


@pytest.mark.usefixtures("week")
def test_a_cell_of_days_gone_by_opens_the_mails_that_it_counts_and_no_others(console, route):
    now = console.clock.now
    seen = [(route(at), 0) for at in (now - 6 * DAY, now)]
    policy = console.house.app.extensions["facteur"].policy
    for each, asked in zip(seen, ({"act": Act.CORRECT, "label": "quote"}, {"act": Act.CONFIRM}), strict=True):
        wanted = asked.pop("act")
        assert not act(console.store, policy, wanted, [each], user=console.supervisor.user, now=now, **asked).refused
    page = console.supervisor.page("/dashboard/confusion?range=custom&from=2026-11-16&to=2026-11-18")
    cells = re.search(r'<table class="confusion">(.*?)</table>', page, re.DOTALL)[1]
    found = [html.unescape(each) for each in re.findall(r'<a href="([^"]+)"', cells)]
    assert len(found) == 2
    for address in found:
        list_page = console.supervisor.page(address)
        assert len(re.findall(r'<li id="m-', list_page)) == 1, address
        assert re.search("Routed from .*Routed before ", texts(list_page))


@pytest.mark.usefixtures("week")
def test_a_confusion_matrix_can_be_of_one_version(console):
    page = console.supervisor.page("/dashboard/confusion?model=test-0123")
    assert "<option selected>test-0123</option>" in page
    assert "model_version=test-0123" in page
    assert "No mail of this range was reviewed." in console.supervisor.page("/dashboard/confusion?model=other")
    assert len(table(console, "confusion", "?model=test-0123")) == 3
    assert len(table(console, "confusion", "?model=other")) == 1


@pytest.mark.usefixtures("week")
def test_every_link_of_the_page_is_one_that_lists_can_read(console):
    page = console.supervisor.page("/dashboard") + console.supervisor.page("/dashboard/confusion?model=test-0123")
    found = {html.unescape(each) for each in re.findall(r'href="(/(?:mails|queues)[^"]*)"', page)}
    assert len(found) > 5
    for address in found:
        assert console.supervisor.get(address).status_code == 200, address


@pytest.mark.usefixtures("week")
def test_every_chart_has_its_table_and_every_table_is_a_file(console):
    page = console.supervisor.page("/dashboard")
    charts = re.findall(r'<svg class="chart" role="img" aria-labelledby="(\S+) (\S+)"', page)
    assert len(charts) == 4
    for ids in charts:
        assert all(f'id="{each}"' in page for each in ids)
    assert page.count('<details class="behind">') == 5
    for name in TABLES:
        assert f'href="/dashboard/{name}.csv"' in page
        rows = table(console, name)
        assert len(rows) > 1, name
        assert {len(row) for row in rows} == {len(rows[0])}, name


@pytest.mark.usefixtures("week")
def test_files_have_the_numbers_of_the_page(console):
    for _ in range(2):
        assert sum(int(row[-1]) for row in table(console, "queues")[1:]) == 5
        pairs = [["Home claim", "Quote and new contract", "1"], ["Home claim", "Home claim", "1"]]
        assert table(console, "confusion")[1:] == pairs
        assert table(console, "accuracy")[1][1:4] == ["2", "1", "0.5"]
        assert [row[0] for row in table(console, "backlog")[1:]] == ["claims-home", "sales", "triage"]
        count(console)


def test_a_file_names_its_days_and_is_for_its_reader_alone(console):
    answer = console.supervisor.get("/dashboard/queues.csv?range=custom&from=2026-10-01&to=2026-10-31")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="facteur-queues-2026-10-01-2026-10-31.csv"'
    assert answer.headers["Content-Type"].startswith("text/csv; charset=utf-8")
    assert "private" in answer.headers["Cache-Control"]
    rows = list(csv.reader(io.StringIO(answer.get_data(as_text=True)[1:])))
    assert [row[0] for row in rows[1:]] == [f"2026-10-{day:02}" for day in range(1, 32)]


def test_days_are_those_of_the_readers_time_zone(console, route):
    route(console.clock.now - 11 * HOUR)  # 23:20 UTC on the 19th
    count(console)
    for zone, day in (("UTC", "2026-11-19"), ("Europe/Paris", "2026-11-20"), ("America/Martinique", "2026-11-19")):
        reader = console.browser(f"in.{zone.split('/')[-1].lower()}", "supervisor", time_zone=zone)
        text = reader.get("/dashboard/queues.csv?range=7").get_data(as_text=True)
        rows = {row[0]: row[-1] for row in csv.reader(io.StringIO(text[1:]))}
        assert rows[day] == "1", zone


@pytest.mark.parametrize(
    ("query", "days"),
    [
        ("?range=7", 7),
        ("?range=90&by=day", 90),
        ("?range=custom&from=2026-11-01&to=", 20),
        ("?range=custom&from=2026-11-01&to=2026-11-03&by=day", 3),
        ("?range=custom&from=2026-11-01&to=2030-01-01", 20),
        ("?range=custom&from=0001-01-01&to=0001-01-02", 2),
        ("?range=&from=&to=&by=", 30),
    ],
)
def test_a_range_has_its_days(console, query, days):
    assert len(table(console, "alone", query)) == 1 + days


def test_other_days_are_one_link_away_and_leave_the_rest_as_it_is(console):
    page = console.supervisor.page("/dashboard?range=custom&from=2026-11-01&to=2026-11-02&by=week")
    presets = re.search(r'<nav class="presets"[^>]*>(.*?)</nav>', page, re.DOTALL)[1]
    found = [html.unescape(each) for each in re.findall(r'href="([^"]+)"', presets)]
    assert found == [f"/dashboard?range={days}&by=week" for days in (7, 30, 90)]
    assert "aria-current" not in presets
    assert 'aria-current="true">Last 7 days' in console.supervisor.page(found[0])


def test_by_the_week_every_column_begins_on_a_monday_and_is_whole(console):
    rows = table(console, "alone", "?range=30&by=week")
    assert [row[0] for row in rows[1:]] == ["2026-10-19", "2026-10-26", "2026-11-02", "2026-11-09", "2026-11-16"]


def test_more_days_than_can_be_told_apart_are_shown_by_the_week(console):
    query = "?range=custom&from=2026-01-01&to=2026-11-01&by=day"
    assert "More than 100 days are shown by the week." in texts(console.supervisor.page(f"/dashboard{query}"))
    assert len(table(console, "alone", query)) == 1 + 44


@pytest.mark.parametrize(
    "query",
    [
        "from=2026-11-02&to=2026-11-01",
        "from=&to=",
        "from=1.1.2026",
        "from=2020-01-01",
        "from=9999-12-31&to=9999-12-31",
        "from=2027-01-01",
    ],
)
def test_a_range_that_cannot_be_is_said_so_with_the_form_as_it_was_sent(console, query):
    answer = console.supervisor.get(f"/dashboard?range=custom&{query}")
    assert answer.status_code == 422
    page = answer.get_data(as_text=True)
    assert 'role="alert">Choose a first and a last day' in page
    sent = parse_qs(query, keep_blank_values=True)["from"][0]
    assert not sent or f'name="from" type="date" value="{sent}"' in page
    assert console.supervisor.get(f"/dashboard/queues.csv?range=custom&{query}").status_code == 422


@pytest.mark.parametrize("query", ["?range=8", "?by=month", "?from=" + "9" * 20, "?x=1", "?range=7&range=30"])
def test_an_address_that_makes_no_sense_is_refused(console, query):
    assert console.supervisor.get(f"/dashboard{query}").status_code == 422


def test_a_day_without_any_mail_is_a_page_too(console):
    page = texts(console.supervisor.page("/dashboard"))
    for text in ("No mail is open.", "No mail was routed in this range.", "No mail of this range was reviewed."):
        assert text in page
    for name in TABLES:
        assert len(table(console, name)) >= 1


def test_figures_are_for_supervisors(console):
    for path in ("/dashboard", "/dashboard/confusion", "/dashboard/queues.csv"):
        assert console.agent.get(path).status_code == 403
        assert console.administrator.get(path).status_code == 200
        assert console.stranger.get(path).status_code == 303


def test_there_is_no_other_file(console):
    assert console.supervisor.get("/dashboard/jobs.csv").status_code == 404


@pytest.mark.usefixtures("week")
def test_the_page_is_written_as_its_reader_writes(console):
    french = console.browser("sylvie", "supervisor", language="fr")
    page = french.page("/dashboard")
    assert "Tableau de bord" in page
    assert "60\u202f%" in page
    assert "20 nov." in page
    assert "Devis et souscription" in page


def test_errands_that_are_hours_late_are_told(console, route):
    route(console.clock.now - 2 * DAY)
    assert "is still being counted" in texts(console.supervisor.page("/dashboard"))
    console.store.tally(now=console.clock.now - DAY, kept_since=0.0)
    assert "is still being counted" in texts(console.supervisor.page("/dashboard"))
    count(console)
    assert "is still being counted" not in texts(console.supervisor.page("/dashboard"))


@pytest.mark.usefixtures("week")
def test_the_page_needs_no_style_attribute_and_no_script_of_its_own(console):
    page = console.supervisor.page("/dashboard")
    assert " style=" not in page
    assert page.count("<script") == page.count("<script src=")
