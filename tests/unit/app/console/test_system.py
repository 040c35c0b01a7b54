"""The system page: what is wrong, and what to do about it."""

from __future__ import annotations

import pytest

from routing.job import MailFormat, Submission
from routing.policy.saving import save_policy
from routing.policy.writing import write_policy
from routing.store.policies import SavedPolicy
from routing.store.port import WorkerBeat


def beat(console, name="node-1", model="insurance-1", ago=1.0):
    now = console.clock.now
    console.store.beat(WorkerBeat(name=name, model_version=model, started_at=now - 3600, seen_at=now - ago))


def test_the_page_is_for_supervisors(console):
    assert console.supervisor.get("/system").status_code == 200
    assert console.agent.get("/system").status_code == 403


def test_without_a_worker_the_page_says_what_to_do(console):
    page = console.supervisor.page("/system")
    assert "No worker was heard from in the last 30 seconds" in page
    assert "facteur worker" in page
    assert "Everything works" not in page


def test_workers_are_shown_with_their_models(console):
    beat(console)
    beat(console, name="node-2", ago=120.0)
    page = console.supervisor.page("/system")
    assert "node-1" in page
    assert "insurance-1" in page
    assert "1 worker that fell silent within the last day" in page
    assert "No worker was heard from" not in page
    assert "not all the same" not in page


def test_more_than_one_model_is_marked(console):
    beat(console)
    beat(console, name="node-2", model="insurance-2")
    page = console.supervisor.page("/system")
    assert "The workers use 2 different models" in page
    assert page.count("not all the same") == 2


def test_a_stand_in_is_told(console):
    beat(console, model="keywords (stand-in)")
    assert "A stand-in decides" in console.supervisor.page("/system")


@pytest.mark.parametrize(("waited", "told"), [(60.0, False), (600.0, True)])
def test_mails_that_wait_too_long_are_told(console, waited, told):
    mail = Submission(source="gate", content=b"x", format=MailFormat.RFC822, digest="d")
    console.store.submit([mail], now=console.clock.now - waited)
    page = console.supervisor.page("/system")
    assert ("The oldest mail has waited for 10 min" in page) is told


def test_a_redis_that_there_is_not_is_told_and_passwords_are_not(make_console):
    console = make_console(redis_url="redis://:hunter2@127.0.0.1:1/0")
    page = console.supervisor.page("/system")
    assert "Redis does not answer." in page
    assert "hunter2" not in page


def test_versions_and_settings_are_there(console):
    page = console.supervisor.page("/system")
    for text in ("Facteur 0.", "memory", "90 days", "730 days", "that of the file"):
        assert text in page


def test_the_page_speaks_french(console):
    page = console.supervisor.page("/system", Accept_Language="fr")
    assert "Aucun processus de classement" in page
    assert "90 jours" in page


def test_without_redis_and_a_shared_secret_the_page_says_what_to_set(make_console):
    page = make_console(redis_url="", session_secret="").supervisor.page("/system")
    assert "No Redis is configured." in page
    assert "FACTEUR_SESSION_SECRET" in page


def test_the_policy_in_force_is_named_with_who_saved_it(console):
    fallback = console.house.app.extensions["facteur"].policy
    content = write_policy(fallback).replace("claims-motor", "claims-cars")
    save_policy(
        *(console.store, content),
        author="user ana",
        note="",
        expected=0,
        fallback=fallback,
        now=console.clock.now,
    )
    console.house.app.extensions["facteur"].book.look_again()
    page = console.supervisor.page("/system")
    assert "version 2" in page
    assert "user ana" in page
    assert "is in force" not in page


def test_a_version_that_cannot_be_used_is_told(console):
    console.store.save_policy(
        SavedPolicy(number=1, version="x", content="labels: {", author="user ana", at=1.0, note="")
    )
    console.house.app.extensions["facteur"].book.look_again()
    assert "Version 1 of the policy is saved, but version 0 is in force." in console.supervisor.page("/system")
