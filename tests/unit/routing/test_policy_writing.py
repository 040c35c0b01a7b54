"""A policy written as YAML reads back to the same policy."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.decision import Priority
from routing.errors import ConfigurationError
from routing.mail.automatic import Kind
from routing.policy import Condition, Label, Policy, Rule, Stage, Strangers
from routing.policy.reading import LANGUAGES, MOST_CHARACTERS, parse_policy, read_policy
from routing.policy.rules import fold
from routing.policy.writing import write_policy, write_rule

ROOT = Path(__file__).parents[3]

texts = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), min_size=1, max_size=30).filter(
    lambda text: bool(text.strip())
)
phrases = texts.filter(lambda text: bool(fold(text).strip()))
addresses = texts.map(lambda text: f"{text}@example.org")
fractions = st.floats(0, 1, allow_nan=False)


def some(values):
    return st.lists(values, max_size=3).map(tuple)


def by_language(values):
    return st.fixed_dictionaries(dict.fromkeys(LANGUAGES, values))


@st.composite
def labels(draw, key):
    precision = draw(st.none() | st.floats(0, 1, exclude_min=True, exclude_max=True))
    examples = draw(
        st.fixed_dictionaries({}, optional=dict.fromkeys(LANGUAGES, st.lists(texts, min_size=1).map(tuple)))
    )
    return Label(
        key=key,
        names=draw(by_language(texts)),
        descriptions=draw(by_language(texts)),
        examples=examples,
        queue=draw(texts),
        priority=draw(st.sampled_from(Priority)),
        threshold=None if precision is not None else draw(fractions),
        precision=precision,
    )


@st.composite
def rules(draw, name, keys):
    stage = draw(st.sampled_from(Stage))
    when = Condition(
        sender=draw(some(addresses)),
        recipient=draw(some(addresses)),
        subject=draw(some(phrases)),
        body=draw(some(phrases)),
        header=draw(some(st.tuples(texts, texts | st.just("")))),
        label=draw(some(st.sampled_from(keys))) if stage is Stage.AFTER else (),
    )
    if when == Condition():
        when = replace(when, subject=("word",))
    return Rule(
        name=name,
        stage=stage,
        when=when,
        queue=draw(texts),
        label=draw(st.none() | st.sampled_from(keys)),
        priority=draw(st.none() | st.sampled_from(Priority)),
    )


@st.composite
def policies(draw):
    keys = draw(st.lists(texts, min_size=1, max_size=4, unique=True))
    names = draw(st.lists(texts, max_size=4, unique=True))
    return Policy(
        version="",
        labels={key: draw(labels(key)) for key in keys},
        triage=draw(texts),
        automatic={kind.value: draw(texts) for kind in Kind},
        rules=tuple(draw(rules(name, keys)) for name in names),
        strangers=draw(st.sampled_from(Strangers)),
    )


@settings(max_examples=25, deadline=None)
@given(policy=policies())
def test_any_policy_reads_back_from_what_was_written(policy):
    assert replace(parse_policy(write_policy(policy)), version="") == policy


@pytest.mark.parametrize("rules", [None, ROOT / "docs" / "examples" / "rules.yaml"])
def test_the_bundled_policy_reads_back_with_rules_and_without(rules):
    policy = read_policy(rules=rules)
    again = parse_policy(write_policy(policy))
    assert replace(again, version=policy.version) == policy


def test_the_same_text_has_the_same_version_and_another_text_another():
    text = write_policy(read_policy())
    assert parse_policy(text).version == parse_policy(text).version != parse_policy(text + "\n").version


def test_a_threshold_that_a_model_brought_is_not_written_in_place_of_the_precision():
    policy = read_policy()
    label = replace(policy.labels["quote"], threshold=0.83, precision=0.97)
    text = write_policy(replace(policy, labels={"quote": label}))
    assert "precision: 0.97" in text
    assert "0.83" not in text


def test_a_rule_is_written_as_in_a_document():
    (rule,) = (rule for rule in read_policy(rules=ROOT / "docs/examples/rules.yaml").rules if rule.name == "mediator")
    assert write_rule(rule).startswith("name: mediator\nwhen:\n  sender:\n    - '@")


def test_a_document_without_end_is_refused():
    with pytest.raises(ConfigurationError, match="more than 200000 characters"):
        parse_policy("#" * (MOST_CHARACTERS + 1))


def test_complaints_about_a_text_name_it_and_the_line():
    with pytest.raises(ConfigurationError) as caught:
        parse_policy("triage: t\nlabels: []\nautomatic: {}\n", name="draft")
    assert str(caught.value).startswith("draft, line 2: ")
    assert caught.value.line == 2
    assert str(caught.value).endswith(caught.value.complaint)
    with pytest.raises(ConfigurationError) as caught:
        parse_policy("a: [1\n")
    assert caught.value.line is not None


def test_examples_are_read_by_language():
    text = (ROOT / "docs" / "examples" / "policy.yaml").read_text(encoding="utf-8")
    text = text.replace(
        "    queue:", "    examples:\n      fr: Combien ?\n      en: ['How much?', Price please]\n    queue:", 1
    )
    label = next(iter(parse_policy(text).labels.values()))
    assert label.examples == {"fr": ("Combien ?",), "en": ("How much?", "Price please")}


def test_every_label_of_the_bundled_policy_has_examples():
    assert all(set(label.examples) == set(LANGUAGES) for label in read_policy().labels.values())


def test_rules_of_the_document_come_before_those_of_a_file(tmp_path):
    document, file = tmp_path / "policy.yaml", tmp_path / "rules.yaml"
    rule = "rules:\n  - name: {}\n    when: {{subject: word}}\n    queue: q\n"
    document.write_text(write_policy(read_policy()) + rule.format("first"))
    file.write_text(rule.format("second"))
    assert [each.name for each in read_policy(document, file).rules] == ["first", "second"]
    file.write_text(rule.format("first"))
    with pytest.raises(ConfigurationError, match="two rules of the name 'first'"):
        read_policy(document, file)
