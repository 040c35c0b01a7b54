"""Triage: one unsure mail after another, the most useful first."""

import html
import re

import pytest

from routing.classifier import Score


def text_of(page):
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page)))


def hidden(page, name):
    return html.unescape(re.search(rf'name="{name}" value="([^"]*)"', page)[1])


@pytest.fixture
def unsure(model_decides):
    """Put a mail into the triage queue; return its id."""
    rivals = (Score(label="quote", probability=0.2), Score(label="billing", probability=0.1))

    def put(subject, confidence, *, novelty=None, label="claim_motor", text=""):
        text = text or f"\r\nBonjour, {subject}.\r\n"
        return model_decides(
            subject, label, confidence, queue="triage", text=text, novelty=novelty, alternatives=rivals
        )

    return put


@pytest.fixture
def give(console):
    """Give the mail that a page shows a label, as a click does."""

    def giving(page, label, **headers):
        fields = {"mail": hidden(page, "mail"), "after": hidden(page, "after"), "label": label}
        return console.agent.post("/triage", fields, **headers)

    return giving


def test_with_nothing_unsure_triage_says_so(console):
    assert "Nothing waits for a label." in console.agent.page("/triage")


def test_the_least_sure_mail_comes_first_with_its_most_probable_labels(console, unsure):
    unsure("quite sure", 0.7)
    unsure("wavering", 0.35)
    page = console.agent.page("/triage")
    assert "wavering" in page
    assert "quite sure" not in page
    picks = re.findall(r'id="pick-(\d)" name="label" value="(\w+)"', page)
    assert picks == [("1", "claim_motor"), ("2", "quote"), ("3", "billing")]
    assert "35%" in text_of(page)
    assert "2 mails left" in text_of(page)
    assert len(re.findall(r'name="label" value=', page)) == 13


def test_what_is_folded_away_can_be_recognised_by_its_title(console, unsure):
    unsure("signed", 0.35, text="\r\nBonjour,\r\nVoici.\r\n\r\nCordialement,\r\nCamille Martin\r\n")
    assert "Closing and signature Camille Martin" in text_of(console.agent.page("/triage"))


def test_attachments_are_named_as_the_reader_s_language_writes_it(console, unsure):
    part = '--x\r\nContent-Disposition: attachment; filename="{}"\r\n\r\nx\r\n'
    parts = "".join(part.format(name) for name in ("devis.pdf", "a&b.png"))
    unsure("files", 0.35, text=f"Content-Type: multipart/mixed; boundary=x\r\n\r\n{parts}--x--\r\n")
    assert "2 attachments: devis.pdf, a&b.png" in text_of(console.agent.page("/triage"))
    french = text_of(console.agent.page("/triage", Accept_Language="fr"))
    assert "2 pièces jointes : devis.pdf" in french


def test_a_label_sends_the_mail_to_its_queue_and_the_next_one_comes(console, unsure, give):
    second, first = unsure("second", 0.7), unsure("first", 0.35)
    answer = give(console.agent.page("/triage"), "claim_motor")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/triage")
    job = console.store.job(first)
    assert (job.decision.queue, job.decision.label, job.reviewed) == ("claims-motor", "claim_motor", True)
    assert console.store.reviews(first)[0].reviewer == "ada"
    page = console.agent.page("/triage")
    assert hidden(page, "mail").startswith(second)
    text = text_of(page)
    assert "Labelled “Motor claim”." in text
    assert "1 label given today (1 by you)" in text
    assert "1 mail left" in text


def test_with_htmx_the_answer_is_the_next_mail(console, unsure, give):
    second, _first = unsure("second", 0.7), unsure("first", 0.35)
    answer = give(console.agent.page("/triage"), "quote", HX_Request="true")
    assert answer.status_code == 200
    assert hidden(answer.text, "mail").startswith(second)
    assert "Quote" in answer.headers["HX-Trigger"]


def test_a_label_is_undone_and_the_mail_is_back(console, unsure, give):
    job_id = unsure("first", 0.35)
    give(console.agent.page("/triage"), "quote")
    page = console.agent.page("/triage")
    batch = re.search(r'action="/acts/([^/]+)/undo"', page)[1]
    assert console.agent.post(f"/acts/{batch}/undo", {"next": "/triage"}).status_code == 303
    page = console.agent.page("/triage")
    assert hidden(page, "mail").startswith(job_id)
    assert "0 labels given today" in text_of(page)


def test_a_skipped_mail_stays_and_the_next_one_comes(console, unsure, give):
    first, second = unsure("first", 0.35), unsure("second", 0.7)
    page = console.agent.page("/triage")
    skip = html.unescape(re.search(r'id="skip" href="([^"]+)"', page)[1])
    below = console.agent.page(skip)
    assert hidden(below, "mail").startswith(second)
    answer = give(below, "quote")
    assert answer.headers["Location"] == skip
    assert "1 mail that you skipped is left." in text_of(console.agent.page(skip))
    assert hidden(console.agent.page("/triage"), "mail").startswith(first)


def test_who_comes_second_is_told_and_nothing_is_overwritten(console, unsure, give):
    job_id = unsure("first", 0.35)
    page = console.agent.page("/triage")
    other = console.supervisor
    fields = {"mail": hidden(page, "mail"), "after": "", "label": "billing"}
    assert other.post("/triage", fields).status_code == 303
    give(page, "quote")
    assert console.store.job(job_id).decision.label == "billing"
    text = text_of(console.agent.page("/triage"))
    assert "Sam Martin corrected this mail" in text
    assert "not carried out" in text


def test_a_mail_unlike_all_others_says_so(console, unsure):
    unsure("strange", 0.99, novelty=1.4)
    assert "Unlike all that the model learnt from" in console.agent.page("/triage")


def test_a_mail_says_from_where_the_model_decides_alone(console, unsure):
    unsure("wavering", 0.35)
    assert "with 35%; from 75% on it decides alone" in text_of(console.agent.page("/triage"))


@pytest.mark.parametrize("cursor", ["nonsense", "%00", "%F0%9F%98%80"])
def test_an_address_with_a_wrong_cursor_begins_with_the_first(console, unsure, cursor):
    unsure("first", 0.35)
    assert "first" in console.agent.page(f"/triage?after={cursor}")


def test_a_label_that_there_is_not_is_refused(console, unsure, give):
    unsure("first", 0.35)
    page = console.agent.page("/triage")
    assert give(page, "nonsense").status_code == 422
    assert console.agent.post("/triage", {"mail": "x", "label": "quote"}).status_code == 422


def test_nobody_labels_without_signing_in(console):
    assert console.stranger.get("/triage").status_code == 303
