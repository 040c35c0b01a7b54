"""From claimed mails to outcomes."""

from dataclasses import replace

import pytest

from routing.decision import DecidedBy, Priority
from routing.job import Decided, Failure, MailFormat
from routing.policy.reading import read_policy
from routing.route import Router

NOW = 1_003.0
AUTO_REPLY = "Auto-Submitted: auto-replied\r\n"


@pytest.fixture
def router_of(policy):
    def build(classifier, policy=policy, *, max_attempts=3, now=NOW):
        ticks = iter(range(10**9))
        return Router(
            classifier=classifier,
            policy=policy,
            max_attempts=max_attempts,
            clock=lambda: now,
            stopwatch=lambda: next(ticks) / 1000,
        )

    return build


@pytest.fixture
def ruled(tmp_path):
    def build(*rules):
        file = tmp_path / "rules.yaml"
        file.write_text("rules:\n" + "".join(f"  - {rule}\n" for rule in rules))
        return read_policy(rules=file)

    return build


def test_the_model_decides_and_the_decision_says_how(make, router_of):
    outcome = router_of(make.says("claim_motor", 0.9)).route([make.claim("Accident")])[0]
    assert isinstance(outcome, Decided)
    assert outcome.decision.label == "claim_motor"
    assert outcome.decision.queue == "claims-motor"
    assert outcome.decision.decided_by is DecidedBy.MODEL
    assert outcome.decision.model_version == "says-0123456789ab"
    assert outcome.decision.confidence == 0.9
    assert outcome.decision.priority is Priority.HIGH
    assert [score.label for score in outcome.decision.alternatives] == ["quote", "billing", "other"]
    assert "0.90" in outcome.decision.reason
    assert "stand-in" not in outcome.decision.reason
    assert outcome.subject == "Accident"
    assert outcome.sender == "anne@example.org"
    assert outcome.lease == "lease"
    assert outcome.timings.queued == 2_000
    assert outcome.timings.total == 3_000
    assert outcome.timings.classify > 0
    assert outcome.timings.parse > 0


def test_outcomes_come_in_the_order_of_the_claims(make, router_of):
    claims = [
        make.claim("a", job_id="1"),
        make.claim("b", job_id="2", head=AUTO_REPLY),
        make.claim("please raise", job_id="3"),
        make.claim("d", job_id="4"),
    ]
    outcomes = router_of(make.says()).route(claims)
    assert [outcome.job_id for outcome in outcomes] == ["1", "2", "3", "4"]
    assert [type(outcome) for outcome in outcomes] == [Decided, Decided, Failure, Decided]


def test_no_claims_give_no_outcomes_and_ask_nobody(make, router_of):
    classifier = make.says()
    assert router_of(classifier).route([]) == []
    assert classifier.shown == []


def test_automatic_mail_never_reaches_the_model(make, router_of):
    classifier = make.says()
    decision = router_of(classifier).route([make.claim("Absence", head=AUTO_REPLY)])[0].decision
    assert classifier.shown == []
    assert decision.queue == "automatic"
    assert decision.decided_by is DecidedBy.RULE
    assert decision.rule == "automatic/auto-reply"
    assert decision.priority is Priority.LOW
    assert decision.label is None
    assert decision.confidence is None
    assert decision.model_version is None
    assert decision.reason


def test_a_rule_before_the_model_keeps_the_mail_from_it(make, router_of, ruled):
    classifier = make.says()
    policy = ruled("{name: partner, when: {sender: '@example.org'}, queue: partners, priority: low}")
    decision = router_of(classifier, policy).route([make.claim()])[0].decision
    assert classifier.shown == []
    assert (decision.queue, decision.rule, decision.priority) == ("partners", "partner", Priority.LOW)
    assert decision.label is None


def test_only_a_rule_that_comes_first_decides_mail_that_looks_automatic(make, router_of, ruled):
    claim = make.claim("Formulaire de contact", head=AUTO_REPLY)
    rule = "{{name: web form, stage: {stage}, when: {{sender: anne@example.org}}, queue: web}}"
    decide = lambda stage: router_of(make.says(), ruled(rule.format(stage=stage))).route([claim])[0].decision  # noqa: E731
    assert (decide("before").queue, decide("before").rule) == ("automatic", "automatic/auto-reply")
    assert (decide("first").queue, decide("first").rule) == ("web", "web form")


def test_a_rule_that_gives_a_label_brings_its_priority_and_what_the_model_said_of_it(make, router_of, ruled):
    policy = ruled("{name: help, stage: after, when: {subject: bonjour}, label: assistance}")
    decision = router_of(make.says("claim_motor", 0.9), policy).route([make.claim()])[0].decision
    assert (decision.label, decision.queue, decision.priority) == ("assistance", "assistance", Priority.URGENT)
    assert decision.confidence is None
    assert decision.alternatives[0].label == "claim_motor"


def test_a_rule_that_gives_only_a_label_sends_to_the_queue_of_that_label(make, router_of, ruled):
    policy = ruled("{name: quotes, when: {subject: devis}, label: quote}")
    decision = router_of(make.says(), policy).route([make.claim("Un devis")])[0].decision
    assert (decision.label, decision.queue) == ("quote", "sales")


def test_a_rule_after_the_model_overrides_it_and_keeps_what_it_said(make, router_of, ruled):
    policy = ruled("{name: vip, stage: after, when: {label: claim_motor}, priority: urgent}")
    decision = router_of(make.says("claim_motor", 0.9), policy).route([make.claim()])[0].decision
    assert decision.priority is Priority.URGENT
    assert (decision.label, decision.queue, decision.confidence) == ("claim_motor", "claims-motor", 0.9)
    assert decision.decided_by is DecidedBy.RULE
    assert decision.rule == "vip"
    assert "vip" in decision.reason
    assert "The model says claim_motor" in decision.reason


def test_a_rule_after_the_model_does_not_hold_for_another_label(make, router_of, ruled):
    policy = ruled("{name: vip, stage: after, when: {label: quote}, priority: urgent}")
    decision = router_of(make.says("claim_motor", 0.9), policy).route([make.claim()])[0].decision
    assert decision.rule is None
    assert decision.decided_by is DecidedBy.MODEL


def test_the_first_rule_that_holds_decides(make, router_of, ruled):
    policy = ruled(
        "{name: a, when: {subject: nothing}, queue: qa}",
        "{name: b, when: {subject: bonjour}, queue: qb}",
        "{name: c, when: {subject: bonjour}, queue: qc}",
    )
    assert router_of(make.says(), policy).route([make.claim("Bonjour")])[0].decision.queue == "qb"


@pytest.mark.parametrize(("probability", "queue"), [(0.74, "triage"), (0.75, "claims-motor"), (1.0, "claims-motor")])
def test_the_threshold_of_the_label_decides_between_its_queue_and_triage(make, router_of, probability, queue):
    decision = router_of(make.says("claim_motor", probability)).route([make.claim()])[0].decision
    assert decision.queue == queue
    assert decision.label == "claim_motor"
    assert ("triage" in decision.reason) == (queue == "triage")


def test_a_stand_in_says_so_in_every_reason(make, router_of):
    classifier = make.says()
    classifier.stand_in = True
    for probability in (0.1, 0.9):
        classifier.prediction = make.says("quote", probability).prediction
        assert "stand-in" in router_of(classifier).route([make.claim()])[0].decision.reason


def test_a_classifier_that_raises_fails_only_the_mail_at_fault(make, router_of):
    claims = [make.claim(f"mail {n}", job_id=str(n)) for n in range(5)]
    claims[2] = make.claim("please raise", job_id="2")
    outcomes = router_of(make.says()).route(claims)
    assert [isinstance(outcome, Decided) for outcome in outcomes] == [True, True, False, True, True]
    assert outcomes[2].error == "ValueError: as asked"


@pytest.mark.parametrize("subject", ["unknown label", "no scores"])
def test_an_answer_that_fits_no_policy_fails_only_its_mail(make, router_of, subject):
    claims = [make.claim("before", job_id="1"), make.claim(subject, job_id="2"), make.claim("after", job_id="3")]
    outcomes = router_of(make.says()).route(claims)
    assert [type(outcome) for outcome in outcomes] == [Decided, Failure, Decided]
    assert outcomes[1].error


def test_a_classifier_that_answers_too_little_is_asked_again_mail_by_mail(make, router_of):
    class Short(make.says):
        def classify(self, mails):
            return super().classify(mails)[: max(1, len(mails) - 1)]

    outcomes = router_of(Short()).route([make.claim(job_id=str(n)) for n in range(3)])
    assert [type(outcome) for outcome in outcomes] == [Decided] * 3


def test_a_mail_that_cannot_be_read_fails_alone(make, router_of, monkeypatch):
    def fail(content, _format):
        if b"broken" in content:
            raise RuntimeError("a defect of the reader")
        return make.mail()

    monkeypatch.setattr("routing.route.mail_of", fail)
    outcomes = router_of(make.says()).route([make.claim("broken", job_id="1"), make.claim("sound", job_id="2")])
    assert [type(outcome) for outcome in outcomes] == [Failure, Decided]
    assert "a defect of the reader" in outcomes[0].error


@pytest.mark.parametrize(("attempt", "retry_at"), [(1, NOW + 1), (2, NOW + 10), (3, NOW + 60), (4, NOW + 60)])
def test_pauses_grow_with_the_attempts(make, router_of, attempt, retry_at):
    router = router_of(make.says(), max_attempts=5)
    assert router.route([make.claim("please raise", attempt=attempt)])[0].retry_at == retry_at


@pytest.mark.parametrize("attempt", [3, 4])
def test_the_last_attempt_is_not_tried_again(make, router_of, attempt):
    assert router_of(make.says()).route([make.claim("please raise", attempt=attempt)])[0].retry_at is None


def test_an_error_is_kept_short(make, router_of):
    class Loud(make.says):
        def classify(self, mails):
            raise ValueError("x" * 10_000 + str(len(mails)))

    assert len(router_of(Loud()).route([make.claim()])[0].error) == 500


def test_json_mail_is_routed_like_raw_mail(make, router_of):
    content = b'{"from": "anne@example.org", "subject": "Accident", "text": "Bonjour"}'
    outcome = router_of(make.says()).route([make.claim(content=content, format=MailFormat.JSON)])[0]
    assert (outcome.subject, outcome.sender) == ("Accident", "anne@example.org")
    assert outcome.decision.label == "claim_motor"


def test_a_clock_that_runs_ahead_elsewhere_gives_no_negative_times(make, router_of):
    timings = router_of(make.says(), now=900.0).route([make.claim(claimed_at=990.0)])[0].timings
    assert (timings.queued, timings.total) == (0, 0)


def test_deciding_one_mail_lets_the_classifier_raise(make, router_of):
    router = router_of(make.says())
    assert router.decide(make.mail("Accident")).label == "claim_motor"
    with pytest.raises(ValueError, match="as asked"):
        router.decide(make.mail("please raise"))


def body(text, subject="Accident"):
    return f"From: Anne Martin <anne@example.org>\r\nSubject: {subject}\r\n\r\n{text}".encode()


def test_an_outcome_carries_the_first_words_of_what_was_written_now_and_its_language(make, router_of):
    router = replace(
        router_of(make.says("claim_motor", 0.9)), language=lambda text: "fr" if "pare-brise" in text else "en"
    )
    text = "Bonjour,\r\n\r\nMon pare-brise est\r\nfendu.\r\n\r\nCordialement,\r\nAnne\r\n\r\n> Votre dossier est clos."
    outcome = router.route([make.claim(content=body(text))])[0]
    assert outcome.excerpt == "Mon pare-brise est fendu."
    assert outcome.language == "fr"
    assert "Anne Martin" in outcome.words
    assert "pare-brise" in outcome.words
    assert "dossier" not in outcome.words


def test_an_outcome_says_what_the_model_said_before_rules(make, router_of, ruled):
    classifier = make.says("claim_motor", 0.9)
    policy = ruled("{name: mine, stage: after, when: {sender: '@example.org'}, label: billing, queue: billing}")
    outcome = router_of(classifier, policy).route([make.claim()])[0]
    assert outcome.decision.decided_by is DecidedBy.RULE
    assert (outcome.model_label, outcome.model_confidence) == ("claim_motor", 0.9)


def test_a_mail_that_no_model_was_asked_about_has_no_word_of_one(make, router_of):
    outcome = router_of(make.says()).route([make.claim("Absence", head=AUTO_REPLY)])[0]
    assert (outcome.model_label, outcome.model_confidence, outcome.novelty) == (None, None, None)
    assert outcome.excerpt == "Bonjour"


def test_a_mail_whose_language_cannot_be_told_is_decided_all_the_same(make, router_of, caplog):
    def broken(_text):
        raise ValueError("no")

    outcome = replace(router_of(make.says()), language=broken).route([make.claim()])[0]
    assert isinstance(outcome, Decided)
    assert outcome.language is None
    assert "no excerpt" in caplog.text
