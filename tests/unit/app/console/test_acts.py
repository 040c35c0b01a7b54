"""Acts from a list: what becomes of the mails, what the agent reads, and what is never overwritten."""

from __future__ import annotations

import json
import re

import pytest

from routing.decision import Priority

LIST = "/queues/claims-home"


@pytest.fixture
def mails(console):
    """Three mails that wait in claims-home, oldest first."""
    for number in range(3):
        console.house.accepted(f"Subject: Fuite {number}\r\nMessage-ID: <{number}@x>\r\n\r\nBonjour".encode())
        console.clock.now += 1
    console.house.decide()
    return re.findall(r'name="mail" value="([^"]+)"', console.agent.page(LIST + "?sort=oldest"))


def job(console, mail):
    return console.store.job(mail.split(":")[0])


def send(browser, *mails, **fields):
    return browser.post("/acts", [("next", LIST), *fields.items(), *(("mail", mail) for mail in mails)])


def asked(browser, *mails, **fields):
    """Send as htmx does; return the answer, and what it tells."""
    pairs = [("next", LIST), *fields.items(), *(("mail", mail) for mail in mails)]
    answer = browser.post("/acts", pairs, HX_Request="true")
    return answer, json.loads(answer.headers["HX-Trigger"])["facteur:flash"]


def told(browser, path=LIST):
    """What the next page says at its top."""
    html = browser.page(path)
    toast = html[html.index('id="toast"') :].split("</p>")[0]
    return re.sub(r"<[^>]*>", "", toast.partition("<p>")[2])


def lines(html):
    return dict(re.findall(r'<li id="m-([^"]+)" data-row class="([^"]+)"', html))


def test_one_mail_is_taken_and_given_back(console, mails):
    answer = send(console.agent, row=f"take {mails[0]}")
    assert (answer.status_code, answer.headers["Location"]) == (303, LIST)
    assert job(console, mails[0]).handling.assignee == "ada"
    assert told(console.agent) == "1 mail taken."
    html = console.agent.page(LIST)
    assert "taken by you" in html
    send(console.agent, row=re.search(r'value="(return [^"]+)"', html)[1])
    assert job(console, mails[0]).handling.assignee is None


def test_a_button_of_a_row_leaves_selected_mails_alone(console, mails):
    send(console.agent, mails[1], mails[2], row=f"handle {mails[0]}")
    assert [job(console, mail).handling.handled_by for mail in mails] == ["ada", None, None]


def test_several_are_dealt_with_at_once_and_put_back_at_once(console, mails):
    send(console.agent, *mails[:2], act="handle")
    html = console.agent.page(LIST)
    assert "2 mails done." in html
    assert len(lines(html)) == 1
    undo = re.search(r'action="(/acts/[^"]+/undo)"', html)[1]
    answer = console.agent.post(undo, {"next": LIST})
    assert answer.headers["Location"] == LIST
    assert told(console.agent) == "Undone: 2 mails are as before."
    assert len(lines(console.agent.page(LIST))) == 3
    console.agent.post(undo, {"next": LIST})
    assert told(console.agent) == "There is nothing left to undo."


def test_only_who_acted_can_undo(console, mails):
    send(console.agent, mails[0], act="handle")
    undo = re.search(r'action="(/acts/[^"]+/undo)"', console.agent.page(LIST))[1]
    console.supervisor.post(undo, {"next": LIST})
    assert told(console.supervisor) == "There is nothing left to undo."
    assert job(console, mails[0]).handling.handled_by == "ada"


def test_a_correction_is_a_review_and_says_that_it_counts(console, mails):
    send(console.agent, row=f"correct:billing {mails[0]}")
    assert told(console.agent) == "1 mail corrected to Premium and payment. The next training learns from it."
    (review,) = console.store.reviews(mails[0].split(":")[0])
    assert (review.label_before, review.label, review.confirmed) == ("claim_home", "billing", False)
    assert job(console, mails[0]).decision.queue == "billing"


def test_a_confirmation_is_a_review_too(console, mails):
    send(console.agent, row=f"confirm {mails[0]}")
    (review,) = console.store.reviews(mails[0].split(":")[0])
    assert review.confirmed
    assert "reviewed" in console.agent.page(LIST)


def test_a_mail_is_moved_and_made_urgent(console, mails):
    send(console.agent, mails[0], act="move", queue="complaints")
    assert job(console, mails[0]).decision.queue == "complaints"
    send(console.agent, row=f"priority:urgent {mails[1]}")
    assert job(console, mails[1]).decision.priority is Priority.URGENT
    assert told(console.agent) == "1 mail is now urgent."


def test_who_comes_second_is_told_and_nothing_is_overwritten(console, mails):
    send(console.supervisor, row=f"take {mails[0]}")
    console.clock.now += 120
    answer, said = asked(console.agent, row=f"handle {mails[0]}")
    assert said["kind"] == "bad"
    assert said["undo"] is None
    assert said["text"] == "Sam Martin took this mail 2 min ago. Your action was not carried out."
    assert re.search(r'class="trouble" role="alert">Sam Martin took this mail 2\s*min ago\.', answer.text)
    assert job(console, mails[0]).handling.handled_at is None
    assert job(console, mails[0]).handling.assignee == "sam"
    send(console.agent, row=f"handle {mails[0]}")
    assert told(console.agent).startswith("Sam Martin took this mail")


def test_of_several_those_that_nobody_touched_are_done(console, mails):
    send(console.supervisor, row=f"priority:high {mails[0]}")
    answer, said = asked(console.agent, *mails, act="handle")
    assert said["text"].startswith("2 mails done. Sam Martin changed the priority of this mail")
    assert said["undo"]
    classes = lines(answer.text)
    assert [classes[mail.split(":")[0]] for mail in mails] == ["mail", "mail gone", "mail gone"]


def test_htmx_gets_the_lines_as_they_are_now(console, mails):
    answer, said = asked(console.agent, row=f"take {mails[0]}")
    assert said == {"text": "1 mail taken.", "undo": said["undo"], "kind": "good"}
    assert answer.text.count("<li ") == 1
    assert 'hx-swap-oob="true"' in answer.text
    assert f'value="return {mails[0].split(":")[0]}:1"' in answer.text
    assert "facteur_flash" not in str(answer.headers)


def test_a_line_that_left_the_list_says_why_and_takes_it_back(console, mails):
    answer, said = asked(console.agent, row=f"correct:billing {mails[0]}")
    assert "Now in billing" in answer.text
    assert f'hx-post="/acts/{said["undo"]}/undo"' in answer.text
    undone = console.agent.post(f"/acts/{said['undo']}/undo", {"next": LIST}, HX_Request="true")
    assert lines(undone.text) == {mails[0].split(":")[0]: "mail"}


def test_from_elsewhere_htmx_is_led_back(console, mails):
    page = f"/mails/{mails[0].split(':')[0]}"
    answer = console.agent.post("/acts", {"row": f"take {mails[0]}", "next": page}, HX_Request="true")
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (204, page)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"act": "handle"}, "Select at least one mail first."),
        ({"act": "move"}, "Choose a queue first."),
        ({"act": "correct", "label": ""}, "Choose a label first."),
        ({"act": "priority"}, "Choose a priority first."),
    ],
)
def test_what_is_missing_is_said(console, mails, fields, sentence):
    chosen = () if fields["act"] == "handle" else mails[:1]
    assert send(console.agent, *chosen, **fields).status_code == 303
    assert told(console.agent) == sentence
    assert job(console, mails[0]).handling.revision == 0


@pytest.mark.parametrize(
    "fields",
    [
        {"act": "burn"},
        {"row": "take"},
        {"row": "take x:y"},
        {"row": "take x:99999999999"},
        {"act": "priority", "priority": "burning"},
        {"act": "move", "queue": "nowhere"},
        {"act": "correct", "label": "nothing"},
    ],
)
def test_what_no_form_of_ours_sends_is_refused(console, mails, fields):
    assert send(console.agent, mails[0], **fields).status_code in (400, 422)
    assert job(console, mails[0]).handling.revision == 0


def test_a_mail_that_is_gone_is_told(console, mails):
    console.store.erase(mails[0].split(":")[0], actor="x", now=console.clock.now)
    _, said = asked(console.agent, row=f"take {mails[0]}")
    assert said["text"] == "This mail is no longer there."


def test_no_more_than_a_hundred_at_once(console):
    send(console.agent, *(f"x{number}:0" for number in range(101)), act="take")
    assert told(console.agent) == "At most 100 mails can be changed at once."


def test_only_forms_of_the_session_act(console, mails):
    answer = console.agent.post("/acts", {"row": f"take {mails[0]}", "next": LIST}, csrf=False)
    assert answer.status_code == 403
    assert console.stranger.post("/acts", {"row": f"take {mails[0]}"}).status_code in (303, 401, 403)
    assert job(console, mails[0]).handling.assignee is None


def test_it_leads_back_to_no_other_host(console, mails):
    for elsewhere in ("https://evil.example/", "//evil.example", "/\\evil.example"):
        answer = console.agent.post("/acts", {"row": f"take {mails[0]}", "next": elsewhere})
        assert answer.headers["Location"] == "/"


def test_acts_are_told_in_french(console, mails):
    answer = console.agent.post(
        "/acts", {"row": f"correct:billing {mails[0]}", "next": LIST}, HX_Request="true", Accept_Language="fr"
    )
    said = json.loads(answer.headers["HX-Trigger"])["facteur:flash"]["text"]
    assert said.startswith("1 e\u2011mail corrigé en «\u202fCotisation et paiement\u202f».")
    assert "Maintenant dans billing" in answer.text
