"""A mail's page: what it shows, to whom, and what it never does."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from model.corpus.reviews import reviewed
from routing.acts import act
from routing.decision import DecidedBy, Decision, Timings
from routing.desk import Act
from routing.job import Decided, MailFormat, Submission
from routing.policy import Strangers
from routing.policy.reading import read_policy
from routing.policy.saving import save_policy
from routing.policy.writing import write_policy

LETTER = (
    "From: Camille Martin <camille@example.org>\r\nTo: contact@assurance.example\r\nSubject: Fuite\r\n"
    "Content-Type: text/plain; charset=utf-8\r\n\r\n"
    "Bonjour,\r\n\r\nUne fuite chez moi.\r\n\r\nCordialement,\r\nCamille Martin\r\n\r\n"
    "Le 3 mai 2026 à 10:11, Léa Petit <lea@example.org> a écrit :\r\n> Que se passe-t-il ?\r\n"
).encode()
HTML = (
    b"From: a@example.org\r\nSubject: <b>Promo</b>\r\nContent-Type: text/html\r\n\r\n"
    b"<h1>Promo</h1><script>alert(1)</script><p style='color:red'>Bonjour</p>"
    b"<img src='https://tracker.example/1.gif'>"
)
FORWARD = (
    "From: Paul <paul@example.org>\r\nSubject: TR: sinistre\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
    "---------- Message transféré ---------\r\nDe : Léa Petit <lea@example.org>\r\nDate : lun. 16 nov. 2026 à 09:12\r\n"
    "Objet : sinistre\r\nÀ : paul@example.org\r\n\r\nMa voiture a été percutée.\r\n"
).encode()


def mail(console, raw=LETTER, **decision):
    """Hand a mail in, decide it, and return its id."""
    house = console.house
    job_id = house.accepted(raw)
    if not decision:
        house.decide()
        return job_id
    given = {"label": "claim_home", "confidence": 0.6, "queue": "triage", "decided_by": DecidedBy.MODEL, "reason": ""}
    novelty = decision.pop("novelty", None)
    for claim in house.claimed():
        outcome = Decided(
            job_id=claim.job_id,
            lease=claim.lease,
            decision=Decision(**{**given, **decision}),
            timings=Timings(queued=1.0, parse=2.0, classify=3.0, total=6.0),
            subject="Fuite",
            sender="camille@example.org",
            message_id="",
            novelty=novelty,
        )
        house.store.record([outcome], worker="w", now=house.clock.now)
    return job_id


def do(console, kind, job_id, user="ada", **more):
    store = console.store
    revision = store.job(job_id).handling.revision
    batch = act(
        store,
        read_policy(),
        kind,
        [(job_id, revision)],
        user=store.user_by_name(user),
        now=console.clock.now,
        **more,
    )
    assert not batch.refused
    return batch.id


def text_of(html):
    return " ".join(re.sub(r"<[^>]*>", " ", html).split())


def test_what_the_sender_wrote_now_stands_in_the_open_and_the_rest_is_folded(console):
    html = console.agent.page(f"/mails/{mail(console)}")
    opened = re.sub(r"<details class=\"folded\".*?</details>", "", html, flags=re.DOTALL)
    assert "Une fuite chez moi." in opened
    for folded in ("Cordialement", "Que se passe-t-il", "contact@assurance.example</dd>"):
        assert folded in html
        assert folded not in opened
    assert html.count("<h1") == 1


def test_a_forward_without_own_words_says_what_it_forwards(console):
    html = console.agent.page(f"/mails/{mail(console, FORWARD)}")
    opened = re.sub(r"<details class=\"folded\".*?</details>", "", html, flags=re.DOTALL)
    assert "Ma voiture a été percutée." in opened
    assert "De : Léa Petit" in html
    assert "De : Léa Petit" not in opened


def test_html_is_text_unless_asked_for_and_never_harmful(console):
    job_id = mail(console, HTML)
    plain = console.agent.page(f"/mails/{job_id}")
    assert "&lt;b&gt;Promo&lt;/b&gt;" in plain
    formatted = console.agent.get(f"/mails/{job_id}?view=formatted")
    html = formatted.text
    assert "<strong>Promo</strong>" in html
    for harmful in ("alert(1)", "style=", "tracker.example"):
        assert harmful not in html
    assert "1 image of another site is not shown" in text_of(html)
    assert "https:" not in formatted.headers.get("Content-Security-Policy", "")


def test_images_of_other_sites_come_after_a_click_under_a_policy_of_their_own(console):
    job_id = mail(console, HTML)
    answer = console.agent.get(f"/mails/{job_id}?view=formatted&images=remote")
    assert 'src="https://tracker.example/1.gif" referrerpolicy="no-referrer"' in answer.text
    policies = answer.headers.get_all("Content-Security-Policy")
    assert len(policies) == 1
    assert "img-src 'self' https:;" in policies[0]
    assert "script-src 'self'" in policies[0]


def test_html_that_is_too_intricate_is_shown_as_text_and_says_so(console):
    job_id = mail(console, b"Subject: x\r\nContent-Type: text/html\r\n\r\n" + b"<p>mot" * 9000)
    html = console.agent.page(f"/mails/{job_id}?view=formatted")
    assert "too intricate" in html
    assert 'class="formatted"' not in html


@pytest.mark.parametrize(
    ("decision", "said"),
    [
        ({}, "The model says Home claim with a probability of 90%, enough to decide alone."),
        (
            {"reason": "The model says claim_home with probability 0.60, less than the 0.82 asked for; sent."},
            "The model says Home claim with a probability of 60%, less than the 82% from which it decides alone",
        ),
        ({"novelty": 1.0, "reason": "x"}, "has learnt from no mail like this one"),
        (
            {"queue": "claims-home", "reason": "… at least the 0.75 above which it keeps 95% of its answers right"},
            "at least the 75% from which it decides alone",
        ),
        (
            {"label": None, "confidence": None, "decided_by": DecidedBy.RULE, "rule": "bereavement", "queue": "care"},
            "The rule “bereavement” fired and sent it to care.",
        ),
        (
            {"label": None, "confidence": None, "decided_by": DecidedBy.RULE, "rule": "automatic/bounce"},
            "This is a delivery report, written by a mail system",
        ),
    ],
)
def test_the_page_says_why_from_the_decision_s_own_fields(console, decision, said):
    assert said in text_of(console.agent.page(f"/mails/{mail(console, **decision)}"))


def test_where_strangers_are_routed_the_page_does_not_blame_strangeness(console):
    provided = console.house.app.extensions["facteur"]
    content = write_policy(replace(provided.policy, strangers=Strangers.ROUTE))
    more = {"author": "user ana", "note": "", "expected": 0, "now": console.clock.now}
    save_policy(console.store, content, fallback=provided.policy, **more)
    provided.book.look_again()
    said = text_of(console.agent.page(f"/mails/{mail(console, novelty=1.4, queue='triage')}"))
    assert "no mail like this one" not in said
    assert "too little to decide alone" in said


def test_the_reason_is_said_in_the_reader_s_language(console):
    html = text_of(console.agent.page(f"/mails/{mail(console)}", Accept_Language="fr"))
    assert "Le modèle propose" in html
    assert "Sinistre habitation" in html
    assert "The model" not in html


def test_a_correction_is_told_with_who_made_it_and_what_it_was(console):
    job_id = mail(console)
    do(console, Act.CORRECT, job_id, "sam", label="quote", note="Un devis.")
    html = text_of(console.agent.page(f"/mails/{job_id}"))
    assert "Sam Martin corrected the label from Home claim to Quote and new contract." in html
    assert "Label corrected label: from Home claim to Quote and new contract; queue: from claims-home to sales" in html
    assert "note: Un devis." in html


def test_a_correction_is_what_the_next_training_reads_until_it_is_undone(console):
    job_id = mail(console)
    assert list(reviewed(console.store, read_policy())) == []
    form = {"act": "correct", "mail": f"{job_id}:0", "label": "quote", "next": f"/mails/{job_id}"}
    answer = console.agent.post("/acts", form)
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/mails/{job_id}")
    (example,) = reviewed(console.store, read_policy())
    assert (example.id, example.label) == (job_id, "quote")
    html = console.agent.page(f"/mails/{job_id}")
    assert "The next training learns from it." in text_of(html)
    taken_back = re.search(r"/acts/[0-9a-f-]{36}/undo", html)[0]
    assert console.agent.post(taken_back, {"next": f"/mails/{job_id}"}).status_code == 303
    assert list(reviewed(console.store, read_policy())) == []
    assert "Undone" in console.agent.page(f"/mails/{job_id}")


def test_who_comes_second_is_sent_back_to_the_mail_and_told_who_did_what(console):
    job_id = mail(console)
    do(console, Act.MOVE, job_id, "sam", queue="complaints")
    console.clock.now += 30
    form = {"mail": f"{job_id}:0", "next": "/queues/claims-home", "refused": f"/mails/{job_id}"}
    answer = console.agent.post("/acts", {**form, "act": "correct", "label": "quote"})
    assert answer.headers["Location"] == f"/mails/{job_id}"
    html = text_of(console.agent.page(f"/mails/{job_id}"))
    assert re.search(r"Sam Martin moved this mail 30\ss ago\. Your action was not carried out\.", html)
    job = console.store.job(job_id)
    assert (job.decision.label, job.decision.queue) == ("claim_home", "complaints")
    anew = console.agent.post("/acts", {**form, "act": "take", "mail": f"{job_id}:{job.handling.revision}"})
    assert anew.headers["Location"] == "/queues/claims-home"
    assert console.store.job(job_id).handling.assignee == "ada"


def test_an_act_without_what_it_needs_comes_back_to_the_mail(console):
    job_id = mail(console)
    form = {"act": "move", "mail": f"{job_id}:0", "queue": "", "next": "/mails", "refused": f"/mails/{job_id}"}
    assert console.agent.post("/acts", form).headers["Location"] == f"/mails/{job_id}"
    assert "Choose a queue first." in console.agent.page(f"/mails/{job_id}")


def test_a_mail_that_retention_deleted_keeps_its_decision(console):
    job_id = mail(console)
    now = console.clock.now + 10
    console.store.purge(mails_before=now, jobs_before=0.0, now=now)
    html = text_of(console.agent.page(f"/mails/{job_id}"))
    assert "deleted when its retention ended" in html
    assert "Home claim" in html
    assert "Download the message" not in html
    assert console.agent.get(f"/mails/{job_id}/raw").status_code == 404
    assert console.agent.get(f"/mails/{job_id}/attachments/0").status_code == 404


@pytest.mark.parametrize("status", ["queued", "running", "failed"])
def test_a_mail_that_is_not_decided_can_be_read(console, status):
    job_id = console.house.accepted(LETTER)
    if status == "running":
        console.house.claimed()
    if status == "failed":
        console.house.fail()
    html = console.agent.page(f"/mails/{job_id}")
    assert "Une fuite chez moi." in html
    assert 'action="/acts"' not in html
    assert ("ValueError: broken" in html) is (status == "failed")


def test_what_is_unknown_is_404_and_nobody_reads_without_signing_in(console):
    job_id = mail(console)
    for path in ("", "/explanation", "/presence", "/raw", "/attachments/0"):
        assert console.agent.get(f"/mails/01a1f897-0000-7000-8000-00000000ffff{path}").status_code == 404
        assert console.agent.get(f"/mails/x{path}").status_code == 404
        assert console.stranger.get(f"/mails/{job_id}{path}").status_code == 303


def test_two_who_look_at_one_mail_see_each_other_until_one_is_gone(console):
    job_id = mail(console)
    assert "Sam Martin" not in console.agent.page(f"/mails/{job_id}")
    assert "Ada Martin is looking at this mail too." in console.supervisor.page(f"/mails/{job_id}")
    assert "Sam Martin is looking at this mail too." in console.agent.page(
        f"/mails/{job_id}/presence?revision=0&shown="
    )
    shown = "0 Sam Martin"
    assert console.agent.get(f"/mails/{job_id}/presence?revision=0&shown={shown}").status_code == 204
    console.clock.now += 41
    assert "Sam Martin" not in console.agent.page(f"/mails/{job_id}/presence?revision=0&shown={shown}")
    assert console.agent.get(f"/mails/{job_id}/presence?revision=0&shown=").status_code == 204


def test_an_open_page_is_told_what_somebody_did_meanwhile(console):
    job_id = mail(console)
    console.agent.page(f"/mails/{job_id}")
    do(console, Act.TAKE, job_id, "sam")
    console.clock.now += 5
    html = console.agent.page(f"/mails/{job_id}/presence?revision=0&shown=")
    assert re.search(r"Sam Martin took this mail 5\ss ago\.", html)
    assert "Show it as it is now" in html


def test_acts_are_forms_that_name_the_revision_that_was_seen(console):
    job_id = mail(console)
    html = console.agent.page(f"/mails/{job_id}")
    assert f'name="mail" value="{job_id}:0"' in html
    do(console, Act.TAKE, job_id)
    html = console.agent.page(f"/mails/{job_id}")
    assert f'name="mail" value="{job_id}:1"' in html
    assert 'value="return"' in html
    do(console, Act.HANDLE, job_id)
    html = console.agent.page(f"/mails/{job_id}")
    assert 'value="reopen"' in html
    assert "done by Ada Martin" in text_of(html)


def test_the_mails_around_it_are_those_of_the_list_one_came_from(console):
    ids = []
    for number in range(3):
        ids.append(mail(console, LETTER.replace(b"Fuite", b"Fuite %d" % number)))
        console.clock.now += 60
    listed = "%2Fqueues%2Fclaims-home%3Fsort%3Doldest"
    html = console.agent.page(f"/mails/{ids[1]}?from={listed}")
    assert f'rel="prev" href="/mails/{ids[0]}?from={listed}"' in html
    assert f'rel="next" href="/mails/{ids[2]}?from={listed}"' in html
    assert f'name="next" value="/mails/{ids[2]}?from={listed}"' in html
    assert 'href="/queues/claims-home?sort=oldest"' in html
    last = console.agent.page(f"/mails/{ids[2]}?from={listed}")
    assert 'rel="next"' not in last
    assert 'name="next" value="/queues/claims-home?sort=oldest"' in last
    do(console, Act.HANDLE, ids[1])
    assert f'rel="next" href="/mails/{ids[0]}' in console.agent.page(f"/mails/{ids[1]}?from={listed}")


@pytest.mark.parametrize(
    "given", ["//x.example/", "/sign-out", "https://x.example/mails", "/mails?cursor=!!", "\u00e9"]
)
def test_a_list_that_is_none_is_ignored(console, given):
    html = console.agent.page(f"/mails/{mail(console)}?from={given}")
    assert not re.search(r'(href|name="next" value)="[^"/]*//?x.example', html.replace('action=""', ""))
    assert 'rel="next"' not in html
    assert "Around this mail" in html


def test_the_calling_system_that_is_still_to_be_told_is_named_without_its_secrets(console):
    given = Submission(
        source="crm",
        content=LETTER,
        format=MailFormat.RFC822,
        digest="0" * 64,
        callback_url="https://crm.example/hook?secret",
        metadata={"dossier": "é <b>"},
    )
    (accepted,) = console.store.submit([given], now=console.clock.now)
    console.house.decide()
    html = console.agent.page(f"/mails/{accepted.job.id}")
    assert "crm.example is still to be told." in html
    assert "secret" not in html
    assert "&#34;dossier&#34;: &#34;é &lt;b&gt;&#34;" in html


def test_of_a_rule_s_decision_one_can_ask_what_the_model_would_find(console):
    job_id = mail(console, label=None, confidence=None, decided_by=DecidedBy.RULE, rule="bereavement", queue="care")
    html = console.agent.page(f"/mails/{job_id}")
    assert 'hx-trigger="load"' not in html
    assert f'hx-get="/mails/{job_id}/explanation"' in html
    assert "What speaks for" in html
