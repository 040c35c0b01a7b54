"""The policy's pages: read, tried out, changed, saved, gone back to."""

import ast
import html
import re
from pathlib import Path

import pytest

import routing.policy
from app.console.policy_complaints import COMPLAINTS
from routing.policy.models import model_document
from routing.policy.reading import parse_policy
from routing.policy.writing import write_policy
from routing.review import review
from routing.store.port import WorkerBeat

CHANGED = "threshold: 0.91"


def text_of(page):
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page)))


def content_of(page):
    """Return the document that a page would send on."""
    return html.unescape(re.search(r'<textarea[^>]*name="content"[^>]*>\n?(.*?)</textarea>', page, re.DOTALL)[1])


def fields_of(page):
    """Return the fields of the form as a browser would send them."""
    form = re.search(r'<form method="post" action="/policy/edit".*?</form>', page, re.DOTALL)[0]
    fields = dict(re.findall(r'<input[^>]*?name="([^"]+)"[^>]*?value="([^"]*)"', form))
    fields |= dict(re.findall(r'<textarea[^>]*?name="([^"]+)"[^>]*>(.*?)</textarea>', form, re.DOTALL))
    for name, options in re.findall(r'<select[^>]*?name="([^"]+)"[^>]*>(.*?)</select>', form, re.DOTALL):
        fields[name] = re.search(r'value="([^"]+)" selected', options)[1]
    fields.pop("csrf")
    return {name: html.unescape(value) for name, value in fields.items() if not name.endswith("retire")}


@pytest.fixture
def document(console):
    """The document of the policy in force."""
    return write_policy(console.house.app.extensions["facteur"].policy)


@pytest.fixture
def save(console, document):
    def saving(content=None, *, expected=0, note="because", browser=console.administrator):
        fields = {"content": content or document, "expected": str(expected), "note": note}
        return browser.post("/policy/save", fields)

    return saving


@pytest.fixture
def work(console):
    """Let a worker be at work whose model gives some labels."""

    def at_work(*labels):
        class Model:
            version = "m-1"
            promises = ()

        Model.labels = labels
        console.store.beat(
            WorkerBeat(
                name="w",
                model_version="m-1",
                started_at=console.clock.now,
                seen_at=console.clock.now,
                model=model_document(Model()),
            )
        )

    return at_work


@pytest.fixture
def routed(console, model_decides):
    """Put a mail that a model was asked about into the store; perhaps a human said whether it was right."""

    def put(label, confidence, *, right=None, subject="Accident", queue="claims-motor"):
        job_id = model_decides(subject, label, confidence, queue=queue)
        if right is not None:
            review(
                console.store,
                console.house.app.extensions["facteur"].policy,
                job_id,
                label=label if right else "quote",
                queue=None,
                reviewer="ada",
                actor="user ada",
                note="",
                now=console.clock.now,
            )
        return job_id

    return put


def test_the_overview_tells_labels_rules_and_their_order(console):
    page = console.supervisor.page("/policy")
    text = text_of(page)
    assert "Motor claim" in text
    assert "Vehicle accident, theft" in text
    assert "at least 0.75" in text
    assert text.index("Automatic mail") < text.index("before the model") < text.index("after the model")
    assert "From the policy file" in text


def test_the_overview_is_in_the_readers_language(console):
    page = console.supervisor.page("/policy", Accept_Language="fr")
    assert "Sinistre auto" in page
    assert "0,75" in page


def test_agents_do_not_see_the_policy(console):
    for path in ("/policy", "/policy/edit", "/policy/document", "/policy/preview", "/policy/versions"):
        assert console.agent.get(path).status_code == 403
        assert console.stranger.get(path).status_code == 303


def test_a_supervisor_tries_out_but_cannot_save(console, document, save):
    changed = document.replace("threshold: 0.5\n", f"{CHANGED}\n")
    answer = console.supervisor.post("/policy/document", {"content": changed, "expected": "0"})
    assert answer.status_code == 200
    assert "Save as a new version" not in answer.text
    assert save(changed, browser=console.supervisor).status_code == 403
    assert console.store.policy_head() == 0


def test_an_administrator_changes_the_document_sees_what_changes_and_saves_it(console, document):
    changed = document.replace("threshold: 0.5\n", f"{CHANGED}\n")
    review = console.administrator.post("/policy/document", {"content": changed.replace("\n", "\r\n"), "expected": "0"})
    text = text_of(review.text)
    assert "Label Emergency assistance decided without a human at least 0.50 at least 0.91" in text
    assert "- threshold: 0.5" in text
    assert content_of(review.text) == changed
    saved = console.administrator.post(
        "/policy/save", {"content": changed, "expected": "0", "note": "fewer false alarms"}
    )
    assert (saved.status_code, saved.headers["Location"]) == (303, "/policy")
    page = text_of(console.supervisor.page("/policy"))
    assert "Version 2" in page
    assert "fewer false alarms" in page
    assert "at least 0.91" in page
    entry = console.store.audit()[0][0]
    assert (entry.kind, entry.subject, entry.actor, entry.detail) == (
        "policy saved",
        "version 2",
        "user ana",
        "fewer false alarms",
    )


def test_the_first_change_keeps_what_the_file_said(console, document, save):
    save(document.replace("threshold: 0.5\n", f"{CHANGED}\n"))
    first = console.store.policy_version(1)
    assert first.author == "file"
    assert parse_policy(first.content).labels["assistance"].threshold == 0.5
    versions = text_of(console.supervisor.page("/policy/versions"))
    assert "As the file said before the first change." in versions


def test_a_document_with_a_mistake_is_shown_with_the_line_and_stays_written(console, document):
    wrong = document.replace("priority: urgent", "priority: soon")
    answer = console.administrator.post("/policy/document", {"content": wrong, "expected": "0"})
    assert answer.status_code == 422
    line = wrong.splitlines().index("    priority: soon") + 1
    text = text_of(answer.text)
    assert f"Line {line}:" in text
    assert "priority must be one of urgent, high, normal, low" in text
    assert re.search(rf'<tr class="wrong"><th scope="row">{line}</th><td><code>    priority: soon</code>', answer.text)
    assert content_of(answer.text) == wrong


def test_a_policy_that_a_model_at_work_cannot_serve_is_refused(console, document, work):
    work("quote", "claim_pet")
    answer = console.administrator.post("/policy/document", {"content": document, "expected": "0"})
    assert answer.status_code == 422
    assert "claim_pet" in answer.text
    assert console.administrator.post("/policy/save", {"content": document, "expected": "0"}).status_code == 422


def test_who_saves_after_somebody_else_is_told_and_compares_again(console, document, save):
    save(document.replace("threshold: 0.5\n", f"{CHANGED}\n"))
    late = document.replace("threshold: 0.5\n", "threshold: 0.61\n")
    answer = save(late, expected=0)
    assert answer.status_code == 409
    text = text_of(answer.text)
    assert "Ana Martin saved another version meanwhile" in text
    assert "at least 0.91 at least 0.61" in text
    assert 'name="expected" value="2"' in answer.text
    assert save(late, expected=2).status_code == 303
    assert console.store.policy_head() == 3


def test_what_the_policy_says_already_is_not_saved_again(console, document, save):
    save(document.replace("threshold: 0.5\n", f"{CHANGED}\n"))
    answer = save(document.replace("threshold: 0.5\n", f"{CHANGED}\n"), expected=2)
    assert answer.status_code == 422
    assert "says already" in answer.text
    assert console.store.policy_head() == 2


def test_going_back_shows_the_difference_first_and_saves_a_new_version(console, document, save):
    save(document.replace("threshold: 0.5\n", f"{CHANGED}\n"))
    page = console.administrator.page("/policy/versions/1")
    assert "Go back to this version" in page
    review = console.administrator.post("/policy/versions/1/restore")
    assert "at least 0.91 at least 0.50" in text_of(review.text)
    assert 'value="Back to version 1"' in review.text
    saved = save(content_of(review.text), expected=2, note="Back to version 1")
    assert saved.status_code == 303
    assert console.store.policy_version(3).content == console.store.policy_version(1).content


def test_two_versions_are_compared(console, document, save):
    save(document.replace("threshold: 0.5\n", f"{CHANGED}\n"))
    save(document.replace("threshold: 0.5\n", "threshold: 0.61\n"), expected=2)
    assert "at least 0.91 at least 0.61" in text_of(console.supervisor.page("/policy/versions/3"))
    assert "at least 0.50 at least 0.61" in text_of(console.supervisor.page("/policy/versions/3?against=1"))
    assert console.supervisor.get("/policy/versions/9").status_code == 404


def test_the_form_as_it_comes_changes_nothing(console, document):
    fields = fields_of(console.administrator.page("/policy/edit"))
    review = console.administrator.post("/policy/edit", fields)
    assert review.status_code == 200
    assert content_of(console.administrator.page("/policy/document")) == document
    assert "This is what the policy says already." in review.text


def test_the_form_changes_a_label_and_keeps_all_else(console):
    fields = fields_of(console.administrator.page("/policy/edit?label=assistance"))
    prefix = next(name for name, value in fields.items() if value == "assistance").removesuffix("key")
    fields |= {
        f"{prefix}value": "91 %",
        f"{prefix}examples.fr": "",
        f"{prefix}examples.en": "I am stranded\n\n  My car is  on a motorway \n",
        f"{prefix}queue": "emergencies",
        f"{prefix}priority": "high",
    }
    review = console.administrator.post("/policy/edit", fields)
    policy = parse_policy(content_of(review.text))
    label = policy.labels["assistance"]
    assert (label.threshold, label.queue, label.priority) == (0.91, "emergencies", "high")
    assert label.examples == {"en": ("I am stranded", "My car is on a motorway")}
    assert len(policy.labels) == 13
    assert "emergencies" in text_of(review.text)


def test_a_precision_replaces_a_threshold(console):
    fields = fields_of(console.administrator.page("/policy/edit"))
    review = console.administrator.post("/policy/edit", fields | {"l0.kind": "precision", "l0.value": "0,97"})
    label = parse_policy(content_of(review.text)).labels["claim_motor"]
    assert (label.threshold, label.precision) == (None, 0.97)
    assert "97% right" in text_of(review.text)


def test_a_new_label_is_added_and_an_unused_one_retired(console, work):
    fields = fields_of(console.administrator.page("/policy/edit"))
    fields |= {
        "new.key": "claim_pet",
        "new.name.fr": "Sinistre animal",
        "new.name.en": "Pet claim",
        "new.description.fr": "Soins.",
        "new.description.en": "Care.",
        "new.queue": "claims-pet",
        "l0.retire": "yes",
    }
    policy = parse_policy(content_of(console.administrator.post("/policy/edit", fields).text))
    assert "claim_pet" in policy.labels
    assert "claim_motor" not in policy.labels
    work("claim_motor")
    answer = console.administrator.post("/policy/edit", fields)
    assert answer.status_code == 422
    assert "The model at work gives this label" in answer.text


@pytest.mark.parametrize(
    ("field", "value", "complaint"),
    [
        ("l0.name.fr", "  ", "This is needed."),
        ("l0.value", "1.2", "Enter a number from 0 to 1"),
        ("l0.value", "high", "Enter a number from 0 to 1"),
        ("triage", "", "This is needed."),
        ("new.key", "pas de clé", "Use letters without accents"),
        ("new.key", "quote", "There is a label of this key already."),
    ],
)
def test_a_form_with_a_mistake_says_so_beside_the_field(console, field, value, complaint):
    fields = fields_of(console.administrator.page("/policy/edit"))
    answer = console.administrator.post("/policy/edit", fields | {field: value})
    assert answer.status_code == 422
    assert re.search(rf'id="{re.escape(field)}-fault">{complaint}', answer.text)


def test_the_preview_says_when_there_is_nothing_to_preview(console):
    assert "no mail was shown to a model" in console.supervisor.page("/policy/preview")


def test_the_preview_counts_what_a_threshold_would_have_done(console, routed):
    for confidence, right in ((0.95, True), (0.9, True), (0.85, False), (0.6, None)):
        routed("claim_motor", confidence, right=right)
    page = text_of(console.supervisor.page("/policy/preview?label=claim_motor&threshold=0.82"))
    assert "At 0.82: 75% routed without a human, 67% right (of 3 that a human looked at" in page
    overall = text_of(console.supervisor.page("/policy/preview"))
    assert "As the policy is: 75% routed without a human" in overall
    wrong = console.supervisor.page("/policy/preview?label=claim_motor&threshold=much")
    assert "Enter a number from 0 to 1" in wrong


def test_a_dry_run_names_the_mails_that_would_go_elsewhere(console, routed, document):
    job_id = routed("claim_motor", 0.8, subject="Accident on the A10")
    changed = document.replace("queue: claims-motor", "queue: motors")
    ruled = changed + 'rules:\n  - name: roads\n    when: {subject: "accident"}\n    queue: roads\n'
    text = console.supervisor.post("/policy/document", {"content": changed, "expected": "0"}).text
    assert f'href="/mails/{job_id}"' in text
    assert "claims-motor → motors: 1" in text_of(text)
    text = text_of(console.supervisor.post("/policy/document", {"content": ruled, "expected": "0"}).text)
    assert "claims-motor → roads: 1" in text
    assert "roads: 1" in text


def complaints_of_the_domain():
    """Every sentence with which `routing.policy` refuses a document."""
    for file in sorted((Path(routing.policy.__file__).parent).glob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
                text = node.args[0]
                if node.func.attr in {"refuse", "of"} and isinstance(text, ast.Constant):
                    yield text.value


def test_every_complaint_about_a_policy_can_be_translated():
    said = set(complaints_of_the_domain())
    assert len(said) > 20
    assert said - set(COMPLAINTS) == set()
    yaml = {text for text in COMPLAINTS if text.startswith("this is not YAML")}
    assert set(COMPLAINTS) - said == yaml


def test_a_mistake_is_told_in_the_readers_language(console, document):
    wrong = document.replace("priority: urgent", "priority: soon")
    answer = console.administrator.post("/policy/document", {"content": wrong, "expected": "0"}, Accept_Language="fr")
    assert "une de ces valeurs\u202f: urgent, high, normal, low." in answer.text
