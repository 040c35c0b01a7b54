"""A list's address: what it asks of the store, and that it can be written back."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from app.console.lists import ALL, Age, ListQuery, Mine, belongs, read_address, read_list, read_view
from routing.decision import DecidedBy, Decision, Priority
from routing.desk import ListFilter, Order, State
from routing.errors import InvalidInput
from routing.job import Handling, Job, Status

NOW = 1_795_170_000.0

QUERIES = st.builds(
    ListQuery,
    queue=st.none() | st.sampled_from(["claims-home", "a/b", "é & ü", "?x=1#y", "100%"]),
    q=st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20).map(str.strip),
    label=st.none() | st.just("claim_home"),
    language=st.none() | st.sampled_from(["fr", "en", "other"]),
    by=st.none() | st.sampled_from(DecidedBy),
    confidence_from=st.none() | st.floats(0, 1),
    priority=st.none() | st.sampled_from(Priority),
    age=st.none() | st.sampled_from(Age),
    mine=st.none() | st.sampled_from(Mine),
    state=st.sampled_from(State),
    sort=st.sampled_from(Order),
    reviewed=st.none() | st.booleans(),
    arrived_after=st.none() | st.floats(0, 2e9),
)


def read(query_string):
    return read_address(f"{ALL}?{query_string}")


@settings(deadline=None)
@given(QUERIES)
def test_an_address_shows_the_list_that_it_was_written_for(query):
    assert read_address(query.url()) == query
    assert read_view(query.query()) == query


@settings(deadline=None)
@given(QUERIES)
def test_the_next_page_is_the_same_list_from_elsewhere(query):
    assert read_address(query.url(cursor="abc")) == query.model_copy(update={"cursor": "abc"})


def test_fields_that_a_form_sends_empty_are_no_conditions():
    assert read("q=&label=&sort=&state=&confidence_from=&mine=") == ListQuery()


@pytest.mark.parametrize("signs", ["!!!", "…", " - ", "%"])
def test_a_search_of_signs_only_is_none(signs):
    assert read_list(MultiDict({"q": signs, "label": "billing"})) == ListQuery(label="billing")
    assert read_list(MultiDict({"q": f"{signs} 7"})).q.strip() == f"{signs} 7".strip()


def test_the_usual_values_are_not_written_into_an_address():
    assert ListQuery(queue="triage").url() == "/queues/triage"
    assert ListQuery(mine=Mine.ME).url() == "/mails?mine=me"


@pytest.mark.parametrize(
    "wrong", ["sort=best", "label=a&label=b", "confidence_from=2", "colour=red", "cursor=" + "x" * 500]
)
def test_what_is_no_condition_is_refused_in_words(wrong):
    with pytest.raises(InvalidInput):
        read_list(MultiDict(pair.split("=") for pair in wrong.split("&")))
    assert read(wrong) is None


@pytest.mark.parametrize(
    "address", ["/", "/mails/01a1", "/queues/", "/dashboard", "//elsewhere/mails", "/mails?sort=x"]
)
def test_other_addresses_are_no_lists(address):
    assert read_address(address) is None


def test_ages_become_times_of_arrival():
    over = ListQuery(age=Age.OVER_4_HOURS).where(user="ada", now=NOW)
    assert (over.arrived_after, over.arrived_before) == (None, NOW - 4 * 3600)
    under = ListQuery(age=Age.UNDER_DAY, arrived_after=NOW - 60).where(user="ada", now=NOW)
    assert (under.arrived_after, under.arrived_before) == (NOW - 60, None)


def test_mine_is_whoever_looks_and_nobodys_is_nobody():
    assert ListQuery(mine=Mine.ME).where(user="ada", now=NOW).assignee == "ada"
    assert ListQuery(mine=Mine.NOBODY).where(user="ada", now=NOW).assignee == ""
    assert ListQuery().where(user="ada", now=NOW).assignee is None


JOB = Job(
    id="01a1f897-0000-7000-8000-000000000000",
    status=Status.DONE,
    source="x",
    created_at=NOW,
    updated_at=NOW,
    decision=Decision(
        label="claim_home",
        confidence=0.9,
        queue="claims-home",
        priority=Priority.HIGH,
        decided_by=DecidedBy.MODEL,
        reason="",
    ),
    handling=Handling(assignee="ada"),
)


@pytest.mark.parametrize(
    ("where", "shown"),
    [
        (ListFilter(), True),
        (ListFilter(state=State.HANDLED), False),
        (ListFilter(state=State.ANY), True),
        (ListFilter(queue="claims-home", label="claim_home", assignee="ada", priority=Priority.HIGH), True),
        (ListFilter(queue="billing"), False),
        (ListFilter(label="billing"), False),
        (ListFilter(assignee=""), False),
        (ListFilter(priority=Priority.URGENT), False),
        (ListFilter(decided_by="human"), False),
        (ListFilter(reviewed=True), False),
    ],
)
def test_a_mail_belongs_to_a_list_or_has_left_it(where, shown):
    assert belongs(JOB, where) is shown


def test_a_handled_mail_has_left_the_open_ones():
    handled = replace(JOB, handling=Handling(handled_at=NOW))
    assert not belongs(handled, ListFilter())
    assert belongs(handled, ListFilter(state=State.HANDLED))
    assert not belongs(replace(JOB, decision=None), ListFilter(state=State.ANY))
