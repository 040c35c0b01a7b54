"""Promised precisions and strangers: from what a model keeps to what a policy decides."""

from dataclasses import dataclass

import pytest

from routing.errors import ConfigurationError
from routing.policy import Strangers
from routing.policy.reading import read_policy
from routing.promise import Promise, promise_for

POLICY = """
triage: triage
{top}
automatic: {{loop: a, bounce: a, report: a, auto-reply: a, list: a, generated: a}}
labels:
  quote:
    name: {{fr: Devis, en: Quote}}
    description: {{fr: Prix., en: Price.}}
    queue: sales
    {quote}
  other:
    name: {{fr: Autre, en: Other}}
    description: {{fr: Autre., en: Other.}}
    queue: front
    {other}
"""


def promise(precision, quote, other, **fields):
    given = {"delta": 0.1, "thresholds": {"quote": quote, "other": other}, "alone": (), "mails": 354, "routed": 0.5}
    return Promise(precision=precision, **(given | fields))


PROMISES = (promise(0.9, 0.5, 0.6), promise(0.95, 0.7, 0.8), promise(0.97, 0.9, None), promise(0.99, None, None))


@dataclass(frozen=True)
class Known:
    version: str = "m-0123456789ab"
    labels: tuple[str, ...] = ("quote", "other")
    promises: tuple[Promise, ...] = PROMISES


@pytest.fixture
def read(tmp_path):
    def build(*, top="", quote="", other=""):
        file = tmp_path / "policy.yaml"
        file.write_text(POLICY.format(top=top, quote=quote, other=other))
        return read_policy(file)

    return build


def thresholds(policy):
    return {key: label.threshold for key, label in policy.labels.items()}


def decide(policy, make, probability=0.93, label="quote", **fields):
    says = make.says(label, probability, others=("other", "quote"), **fields)
    return policy.decide_prediction(says.prediction, model_version="m-0123456789ab", stand_in=False)


def test_the_policy_asks_every_label_for_a_precision_at_once(read):
    assert thresholds(read(top="precision: 0.95").for_model(Known())) == {"quote": 0.7, "other": 0.8}


def test_a_label_asks_for_its_own_precision_or_keeps_its_own_threshold(read):
    policy = read(top="precision: 0.95", quote="precision: 0.9", other="threshold: 0.3").for_model(Known())
    assert thresholds(policy) == {"quote": 0.5, "other": 0.3}


def test_the_least_strict_promise_that_is_strict_enough_is_taken(read):
    assert thresholds(read(top="precision: 0.92").for_model(Known())) == {"quote": 0.7, "other": 0.8}
    assert promise_for(PROMISES, 0.95) is PROMISES[1]
    assert promise_for(PROMISES, 0.995) is None


def test_a_policy_of_thresholds_is_as_it_was_for_any_model(read):
    policy = read(quote="threshold: 0.6")
    assert policy.for_model(Known(promises=())) == policy
    assert thresholds(policy) == {"quote": 0.6, "other": 0.0}


def test_a_label_that_the_model_does_not_give_needs_no_promise(read):
    only_quote = (promise(0.95, 0.7, None, thresholds={"quote": 0.7}),)
    assert thresholds(read(top="precision: 0.95").for_model(Known(labels=("quote",), promises=only_quote))) == {
        "quote": 0.7,
        "other": None,
    }


@pytest.mark.parametrize(
    ("precision", "promises", "says"),
    [
        (0.97, (), "promises none; give 'threshold' instead of 'precision' in the policy, or train the model again"),
        (0.995, PROMISES, "promises 0.99 at most; ask for that or less"),
        (0.99, PROMISES, "cannot promise for quote, other from the 354 mails it was checked on; ask for less"),
    ],
)
def test_a_precision_that_no_model_keeps_ends_the_start_with_one_sentence(read, precision, promises, says):
    with pytest.raises(ConfigurationError, match=says) as caught:
        read(top=f"precision: {precision}").for_model(Known(promises=promises))
    assert str(caught.value).startswith(f"The policy asks for a precision of {precision:g}, ")
    assert "m-0123456789ab" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_model_with_labels_that_the_policy_lacks_is_refused(read):
    with pytest.raises(ConfigurationError, match="The model m-0123456789ab gives the labels strange, which"):
        read().for_model(Known(labels=("quote", "strange")))


@pytest.mark.parametrize(
    ("parts", "says"),
    [
        ({"quote": "threshold: 0.5\n    precision: 0.9"}, "a threshold or a precision, not both"),
        ({"quote": "precision: 1"}, "more than 0 and less than 1"),
        ({"top": "precision: 0"}, "more than 0 and less than 1"),
        ({"top": "precision: much"}, "number from 0 to 1"),
        ({"top": "strangers: 'off'"}, "strangers must be one of triage, route"),
    ],
)
def test_a_mistake_names_its_line(read, parts, says):
    with pytest.raises(ConfigurationError, match=rf"line \d+: .*{says}"):
        read(**parts)


def test_the_reason_names_the_precision_that_is_kept(read, make):
    policy = read(top="precision: 0.95").for_model(Known())
    sure, unsure = decide(policy, make), decide(policy, make, 0.69)
    assert (sure.queue, unsure.queue) == ("sales", "triage")
    assert sure.reason == (
        "The model says quote with probability 0.93, at least the 0.70 above which it keeps 95% of its answers right; "
        "sent to sales."
    )
    assert unsure.reason == (
        "The model says quote with probability 0.69, less than the 0.70 above which it keeps 95% of its answers right; "
        "sent to triage for a human."
    )


def test_a_label_without_a_promise_goes_to_triage_and_says_why(read, make):
    decision = decide(read(top="precision: 0.97").for_model(Known()), make, 0.99, "other")
    assert decision.queue == "triage"
    assert decision.label == "other"
    assert decision.reason == (
        "The model says other with probability 0.99, but no probability is known above which it keeps 97% of such "
        "answers right; sent to triage for a human."
    )


def test_a_policy_that_was_not_fitted_to_its_model_sends_to_triage(read, make):
    assert decide(read(top="precision: 0.9"), make, 1.0).queue == "triage"


@pytest.mark.parametrize(("stranger", "queue"), [(None, "sales"), (0.0, "sales"), (0.999, "sales"), (1.0, "triage")])
def test_strangers_go_to_triage_however_sure_the_model_sounds(read, make, stranger, queue):
    assert decide(read(), make, stranger=stranger).queue == queue


def test_the_reason_says_that_a_mail_is_a_stranger_and_keeps_the_guess(read, make):
    decision = decide(read(), make, stranger=1.314)
    assert (decision.label, decision.confidence) == ("quote", 0.93)
    assert decision.reason == (
        "The model learnt from no mail like this one (strangeness 1.31, 1 is the limit), so its guess, quote with "
        "probability 0.93, does not count; sent to triage for a human."
    )


def test_a_policy_may_have_strangers_routed_like_others(read, make):
    policy = read(top="strangers: route")
    assert policy.strangers is Strangers.ROUTE
    decision = decide(policy, make, stranger=3.0)
    assert decision.queue == "sales"
    assert "strangeness" not in decision.reason
