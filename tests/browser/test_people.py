"""Those who run it, in a browser: users, keys, failed mails, the system and the audit of it all."""

from __future__ import annotations

import re
import time
import urllib.error
import urllib.request

import pytest
from accessible import axe, overflow, small_targets
from browsing import sign_in
from deployment import wait_for
from letters import letter
from playwright.sync_api import expect

from routing.job import Failure, MailFormat, Status, Submission
from routing.people import Role


@pytest.fixture
def fail(service):
    """Let a mail of this subject fail; return its job's id."""

    def failing(subject, text="Bonjour, un pare-brise est cassé.", error="OutOfLuck: the model was away"):
        content, now = bytes(letter(subject, text)), time.time()
        mail = Submission(
            source="mail-system",
            content=content,
            format=MailFormat.RFC822,
            message_id=f"<{now}@example.org>",
            digest=subject,
            subject=subject,
            sender="anne.martin@example.org",
        )
        with service.store() as store:
            # Nobody rings: the sweep that would find it comes seconds later.
            [accepted] = store.submit([mail], now=now)
            claims = store.claim(worker="nobody/1", limit=100, lease_seconds=60.0, now=now)
            [claim] = [one for one in claims if one.job_id == accepted.job.id]
            failure = Failure(job_id=claim.job_id, lease=claim.lease, error=error, retry_at=None)
            store.record([failure], worker="nobody/1", now=now)
        return accepted.job.id

    return failing


def status_of(service, secret, path="/v1/queues"):
    request = urllib.request.Request(service.address + path, headers={"Authorization": f"Bearer {secret}"})  # noqa: S310 - http
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - the same
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def test_a_user_is_made_signs_in_works_and_is_let_in_no_more(administrator, browse, watch):
    administrator.goto("/users")
    administrator.get_by_label("Name to sign in with").fill("marie.durand")
    administrator.get_by_label("Name that colleagues read").fill("Marie Durand")
    administrator.get_by_label("claims-home").check()
    administrator.get_by_role("button", name="Create the user").click()
    expect(administrator.get_by_role("heading", level=1)).to_have_text("Marie Durand can sign in")
    axe(administrator)
    assert small_targets(administrator) == []
    password = administrator.locator("#password").inner_text()

    newcomer = browse(None)
    sign_in(newcomer, "marie.durand", password)
    expect(newcomer.get_by_role("link", name="claims-home")).to_be_visible()
    expect(newcomer.get_by_role("link", name="Users")).to_have_count(0)
    watch.expect(403)
    newcomer.goto("/users")
    expect(newcomer.get_by_role("heading", level=1)).to_have_text("You may not do this")

    administrator.get_by_role("link", name="Back to the users").click()
    expect(administrator.locator("body")).not_to_contain_text(password)
    administrator.get_by_role("link", name="Marie Durand").click()
    administrator.get_by_role("button", name="Disable the user").click()
    expect(administrator.get_by_text("Marie Durand is disabled, and signed out everywhere.")).to_be_visible()
    newcomer.goto("/")
    expect(newcomer).to_have_url(re.compile("/sign-in"))

    administrator.goto("/audit")
    newest = administrator.get_by_role("row").nth(1)
    expect(newest).to_contain_text("User disabled")
    expect(newest).to_contain_text("marie.durand")
    expect(newest).to_contain_text("nadia")


def test_another_role_opens_another_page_after_the_next_sign_in(administrator, browse, service):
    user = service.hire("rises")
    administrator.goto(f"/users/{user.id}")
    administrator.get_by_label("Role").select_option(Role.SUPERVISOR.value)
    administrator.get_by_role("button", name="Save").click()
    expect(administrator.get_by_text("must sign in again")).to_be_visible()
    page = browse("rises")
    page.goto("/system")
    expect(page.get_by_role("heading", level=1)).to_have_text("System")


def test_what_is_wrong_in_a_form_is_said_where_it_is(administrator, watch):
    watch.expect(422)
    administrator.goto("/users")
    administrator.get_by_label("Name to sign in with").fill("camille")
    administrator.get_by_role("button", name="Create the user").click()
    field = administrator.get_by_label("Name to sign in with")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_have_value("camille")
    expect(administrator.get_by_text("Names are never given twice")).to_be_visible()
    axe(administrator)


def test_a_key_opens_the_api_until_it_is_revoked(administrator, service):
    administrator.goto("/keys")
    administrator.get_by_label("Name").fill("night-shift")
    administrator.get_by_role("button", name="Create the key").click()
    secret = administrator.locator("#secret").inner_text()
    axe(administrator)
    assert status_of(service, secret) == 200
    administrator.get_by_role("link", name="Back to the keys").click()
    row = administrator.get_by_role("row").filter(has_text="night-shift")
    row.locator("summary").click()
    row.get_by_role("button", name="Revoke for good").click()
    expect(administrator.get_by_text("The key night-shift is revoked")).to_be_visible()
    wait_for(lambda: status_of(service, secret) == 401, seconds=15, what="the end of the key")


def test_a_failed_mail_is_tried_again_and_decided(supervisor, service, fail):
    job_id = fail("Bris de glace, dossier 81")
    supervisor.goto("/failed")
    supervisor.get_by_label("Error").select_option("OutOfLuck")
    supervisor.get_by_role("button", name="Show").click()
    supervisor.get_by_label("Choose “Bris de glace, dossier 81”").check()
    supervisor.get_by_role("button", name="Try the chosen ones again").click()
    expect(supervisor.get_by_text("1 mail is tried again.")).to_be_visible()

    def decided():
        with service.store() as store:
            return store.job(job_id).status is Status.DONE

    wait_for(decided, seconds=60, what="the worker's decision")
    supervisor.goto(f"/mails/{job_id}")
    expect(supervisor.get_by_role("heading", level=1)).to_have_text("Bris de glace, dossier 81")


def test_a_failed_mail_is_sent_to_a_queue_by_hand(supervisor, browse, fail):
    job_id = fail("Dossier 82 sans issue")
    supervisor.goto(f"/failed/{job_id}")
    supervisor.get_by_label("Queue", exact=True).select_option("complaints")
    supervisor.get_by_label("Note").fill("Lu au téléphone.")
    supervisor.get_by_role("button", name="Send it there").click()
    expect(supervisor.get_by_text("“Dossier 82 sans issue” is in the queue complaints now.")).to_be_visible()
    agent = browse("camille")
    agent.goto("/queues/complaints?q=dossier+82")
    expect(agent.get_by_role("link", name="Dossier 82 sans issue")).to_be_visible()
    agent.get_by_role("link", name="Dossier 82 sans issue").click()
    expect(agent.locator("body")).to_contain_text("Sophie Martin")


def test_only_an_administrator_erases_a_failed_mail(supervisor, administrator, fail):
    job_id = fail("Dossier 83 à effacer")
    supervisor.goto(f"/failed/{job_id}")
    expect(supervisor.get_by_role("heading", name="Erase")).to_have_count(0)
    administrator.goto(f"/failed/{job_id}")
    administrator.get_by_text("Erase this mail").click()
    administrator.get_by_role("button", name="Erase for good").click()
    expect(administrator.get_by_text("The mail is erased")).to_be_visible()
    expect(administrator.get_by_role("link", name="Dossier 83 à effacer")).to_have_count(0)


def test_the_system_page_says_what_is_at_work_and_what_needs_a_look(supervisor):
    supervisor.goto("/system")
    expect(supervisor.get_by_text("insurance-").first).to_be_visible()
    expect(supervisor.get_by_text("Redis does not answer.")).to_have_count(0)
    supervisor.get_by_role("link", name="Go there").click()
    expect(supervisor.get_by_role("heading", level=1)).to_have_text("Failed mails")


def test_users_are_made_without_a_script_too(browse):
    page = browse("nadia", language="fr", width=390, javascript=False)
    page.goto("/users")
    page.locator("#name").fill("luc")
    page.get_by_role("button", name="Créer l\u2019utilisateur").click()
    assert "luc peut se connecter" in page.get_by_role("heading", level=1).inner_text()
    assert overflow(page) == 0
    page.get_by_role("link", name="Retour aux utilisateurs").click()
    page.get_by_role("link", name="luc", exact=True).click()
    page.get_by_role("button", name="Désactiver l\u2019utilisateur").click()
    assert page.get_by_text("luc est désactivé, et déconnecté partout.").is_visible()
