"""What a change to the policy would have done to past mail, and what is different about it."""

from dataclasses import replace

from routing.decision import DecidedBy, Decision, Priority
from routing.figures import Share
from routing.job import Job, MailFormat, Status
from routing.policy import Strangers
from routing.policy.difference import Difference, Kind, differences, text_difference
from routing.policy.preview import effect, effects_by_label, levels
from routing.policy.reading import parse_policy, read_policy
from routing.policy.trial import PAGE, Place, try_out
from routing.policy.writing import write_policy
from routing.store.policies import Answer, KeptMail

FILE = write_policy(read_policy())


RIGHT, WRONG = True, False


def answer(confidence, right=None, *, label="quote", novelty=None):
    return Answer(label=label, confidence=confidence, novelty=novelty, right=right)


def changed(*pairs, rules=""):
    text = FILE
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    return parse_policy(text + rules)


def test_a_threshold_counts_what_is_routed_and_what_of_it_is_right(policy):
    answers = [answer(0.9, RIGHT), answer(0.8, WRONG), answer(0.76), answer(0.5, RIGHT), answer(0.4)]
    found = effect(policy, answers)
    assert found.alone == Share(part=3, whole=5)
    assert found.right == Share(part=1, whole=2)


def test_a_mail_with_exactly_the_threshold_is_routed(policy):
    assert effect(policy, [answer(0.75)]).alone.part == 1


def test_strangers_are_routed_only_where_the_policy_says_so(policy):
    strange = [answer(0.99, novelty=1.0)]
    assert effect(policy, strange).alone.part == 0
    assert effect(replace(policy, strangers=Strangers.ROUTE), strange).alone.part == 1


def test_labels_without_a_threshold_or_without_a_place_in_the_policy_are_never_routed(policy):
    promised = changed(("threshold: 0.75", "precision: 0.97"))
    assert effect(promised, [answer(1.0)]).alone == Share(part=0, whole=1)
    assert effect(policy, [answer(1.0, label="unknown")]).alone == Share(part=0, whole=1)


def test_each_label_has_its_own_count(policy):
    found = effects_by_label(policy, [answer(0.9), answer(0.9, label="billing"), answer(0.1, label="billing")])
    assert found["quote"].alone == Share(part=1, whole=1)
    assert found["billing"].alone == Share(part=1, whole=2)
    assert found["other"].alone == Share(part=0, whole=0)


def test_a_table_of_thresholds_changes_one_label_and_leaves_the_others(policy):
    answers = [answer(0.9, RIGHT), answer(0.6, WRONG), answer(0.8, label="billing")]
    low, high = levels(policy, answers, "quote", [0.95, 0.5, 0.95])
    assert (low.threshold, high.threshold) == (0.5, 0.95)
    assert low.of_label.alone == Share(part=2, whole=2)
    assert low.overall.alone == Share(part=3, whole=3)
    assert low.of_label.right == Share(part=1, whole=2)
    assert high.of_label.alone == Share(part=0, whole=2)
    assert high.overall.alone == Share(part=1, whole=3)


def kept(number, subject, *, label="quote", confidence=0.9, novelty=None):
    job = Job(
        id=f"00000000-0000-7000-8000-{number:012}",
        status=Status.DONE,
        source="gate",
        created_at=1_000.0 + number,
        updated_at=0.0,
        decision=Decision(
            label=label,
            confidence=confidence,
            queue="anywhere",
            decided_by=DecidedBy.HUMAN,
            reason="moved since",
            model_version="m-1",
        ),
        model_label=label,
        model_confidence=confidence,
        novelty=novelty,
    )
    content = f"From: a@example.org\r\nSubject: {subject}\r\n\r\nBonjour\r\n".encode()
    return KeptMail(job=job, content=content, format=MailFormat.RFC822)


class Past:
    """A store of past mails."""

    def __init__(self, *mails):
        self.mails = sorted(mails, key=lambda each: each.job.id, reverse=True)

    def kept_mails(self, *, before=None, limit=50):
        return tuple(each for each in self.mails if before is None or each.job.id < before)[:limit]


def ticking(step):
    now = [0.0]

    def stopwatch():
        now[0] += step
        return now[0]

    return stopwatch


def trial_of(store, before, after, step=0.0, **more):
    return try_out(store, before, after, stopwatch=ticking(step), **more)


def test_a_dry_run_names_the_mails_that_go_elsewhere(policy):
    store = Past(kept(1, "price"), kept(2, "crash", label="claim_motor"), kept(3, "unsure", confidence=0.3))
    found = trial_of(store, policy, changed(("queue: sales", "queue: shop")))
    assert (found.read, found.complete, found.oldest_at) == (3, True, 1_001.0)
    (moved,) = found.moved
    assert moved.job.id.endswith("1")
    assert moved.before == Place(queue="sales", label="quote", priority=Priority.NORMAL, rule=None)
    assert moved.after.queue == "shop"
    assert found.ways == (("sales", "shop", 1),)


def test_a_dry_run_decides_by_what_the_model_said_whatever_humans_did_since(policy):
    found = trial_of(Past(kept(1, "price", confidence=0.8)), policy, changed(("threshold: 0.75", "threshold: 0.81")))
    assert found.ways == (("sales", "triage", 1),)


def test_a_dry_run_counts_the_mails_of_each_rule(policy):
    rules = """\
rules:
  - name: words
    when: {subject: price}
    queue: prices
  - name: never
    when: {sender: nobody@example.org}
    queue: nowhere
  - name: after
    stage: after
    when: {label: claim_motor}
    priority: urgent
"""
    store = Past(kept(1, "the price"), kept(2, "crash", label="claim_motor"), kept(3, "other"))
    found = trial_of(store, policy, changed(rules=rules))
    assert found.caught == {"words": 1, "never": 0, "after": 1}
    assert found.ways == (("sales", "prices", 1),)
    assert [moved.after.rule for moved in found.moved] == ["after", "words"]


def test_a_mail_that_the_model_was_not_asked_about_has_no_new_place(policy):
    rules = "rules:\n  - name: words\n    when: {subject: price}\n    queue: prices\n"
    mail = kept(1, "price")
    unasked = replace(mail, job=replace(mail.job, model_label=None, model_confidence=None))
    found = trial_of(Past(unasked), changed(rules=rules), policy)
    assert found.ways == (("prices", "", 1),)


def test_automatic_mail_follows_its_queue(policy):
    mail = kept(1, "absent")
    automatic = replace(mail, content=b"Auto-Submitted: auto-replied\r\n" + mail.content)
    found = trial_of(Past(automatic), policy, changed(("auto-reply: automatic", "auto-reply: robots")))
    assert found.ways == (("automatic", "robots", 1),)


def test_strange_mail_stays_in_triage(policy):
    found = trial_of(Past(kept(1, "strange", novelty=1.2)), policy, changed(("queue: sales", "queue: shop")))
    assert found.moved == ()


def test_a_dry_run_ends_in_time_and_says_so(policy):
    store = Past(*(kept(number, "price") for number in range(40)))
    found = trial_of(store, policy, policy, step=1.0, seconds=10.5)
    assert found.read == 10
    assert not found.complete


def test_a_dry_run_reads_page_by_page_up_to_its_limit(policy):
    store = Past(*(kept(number, "price") for number in range(2 * PAGE + 3)))
    assert trial_of(store, policy, policy).read == 2 * PAGE + 3
    found = trial_of(store, policy, policy, most=PAGE + 1)
    assert (found.read, found.complete) == (PAGE + 1, True)
    assert trial_of(Past(), policy, policy).read == 0


def test_equal_policies_have_no_difference(policy):
    assert differences(policy, parse_policy(FILE)) == ()
    assert text_difference(FILE, FILE) == ()


def test_every_kind_of_change_is_told(policy):
    rules = "rules:\n  - name: words\n    when: {subject: price}\n    queue: prices\n"
    after = changed(
        ("queue: sales", "queue: shop"),
        ("threshold: 0.5\n", "precision: 0.97\n"),
        ("en: Complaint\n", "en: Grievance\n"),
        ("triage: triage", "triage: front"),
        ("strangers: triage", "strangers: route"),
        ("loop: automatic", "loop: robots"),
        rules=rules,
    )
    found = differences(policy, after)
    assert Difference(kind=Kind.LABEL, name="quote", field="queue", before="sales", after="shop") in found
    assert (
        Difference(kind=Kind.LABEL, name="assistance", field="sure", before="threshold 0.5", after="precision 0.97")
        in found
    )
    assert (
        Difference(kind=Kind.LABEL, name="complaint", field="name.en", before="Complaint", after="Grievance") in found
    )
    assert Difference(kind=Kind.TRIAGE, before="triage", after="front") in found
    assert Difference(kind=Kind.STRANGERS, before="triage", after="route") in found
    assert Difference(kind=Kind.AUTOMATIC, name="loop", before="automatic", after="robots") in found
    (rule,) = (each for each in found if each.kind is Kind.RULE)
    assert (rule.name, rule.before) == ("words", "")
    assert "prices" in rule.after
    assert len(found) == 7


def test_labels_that_come_and_go_are_told_with_their_queue(policy):
    fewer = replace(policy, labels={key: label for key, label in policy.labels.items() if key != "quote"})
    assert differences(policy, fewer) == (Difference(kind=Kind.LABEL, name="quote", before="sales", after=""),)
    assert differences(fewer, policy) == (Difference(kind=Kind.LABEL, name="quote", before="", after="sales"),)


def test_another_order_of_rules_is_a_difference():
    rule = "  - name: {}\n    when: {{subject: word}}\n    queue: q\n"
    one = changed(rules="rules:\n" + rule.format("a") + rule.format("b"))
    other = changed(rules="rules:\n" + rule.format("b") + rule.format("a"))
    assert differences(one, other) == (Difference(kind=Kind.RULES, before="a, b", after="b, a"),)


def test_texts_are_compared_line_by_line():
    lines = text_difference("a\nb\nc\n", "a\nB\nc\n")
    assert lines == ("@@ -1,3 +1,3 @@", " a", "-b", "+B", " c")
