"""Policy and rules files: what is taken, and what every complaint says."""

import contextlib
import re
import string

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from routing.decision import Priority
from routing.errors import ConfigurationError, InvalidInput
from routing.policy import Stage
from routing.policy.reading import policy_of, read_policy
from routing.settings import Settings

AUTOMATIC = "{loop: a, bounce: a, report: a, auto-reply: a, list: lists, generated: a}"
LABEL = """\
  quote:
    name: {fr: Devis, en: Quote}
    description: {fr: Prix., en: Price.}
    queue: sales
"""
POLICY = f"triage: triage\nautomatic: {AUTOMATIC}\nlabels:\n{LABEL}"


@pytest.fixture
def read(tmp_path):
    def reading(policy=POLICY, rules=None):
        policy_file, rules_file = tmp_path / "policy.yaml", tmp_path / "rules.yaml"
        policy_file.write_bytes(policy if isinstance(policy, bytes) else policy.encode())
        if rules is not None:
            rules_file.write_text(rules)
        return read_policy(policy_file, rules_file if rules is not None else None)

    return reading


def refused(read, *, line, file="policy.yaml", **texts):
    with pytest.raises(ConfigurationError) as caught:
        read(**texts)
    message = str(caught.value)
    assert "\n" not in message
    found = re.search(r"([^/]+), line (\d+): ", message)
    assert found, message
    assert (found[1], int(found[2])) == (file, line), message
    return message


def rule(*lines):
    return "rules:\n  - name: r\n" + "".join(f"    {line}\n" for line in lines)


def test_the_bundled_policy_has_the_thirteen_labels_and_leaves_nothing_unrouted(policy):
    assert len(policy.labels) == 13
    assert {label.queue for label in policy.labels.values()} <= set(policy.queues)
    assert policy.triage in policy.queues
    assert all(0 < label.threshold < 1 for label in policy.labels.values())
    assert policy.labels["assistance"].priority is Priority.URGENT
    assert re.fullmatch("[0-9a-f]{12}", policy.version)


def test_a_policy_is_read_with_its_defaults(read):
    policy = read()
    label = policy.label("quote")
    assert (label.queue, label.priority, label.threshold) == ("sales", Priority.NORMAL, 0.0)
    assert label.names == {"fr": "Devis", "en": "Quote"}
    assert policy.automatic["list"] == "lists"
    assert policy.queues == ("a", "lists", "sales", "triage")


def test_rules_are_read_in_their_order_with_all_they_say(read):
    policy = read(
        rules="""
rules:
  - name: first
    when: {sender: [a@example.org, "@example.net"], subject: devis, header: [X-One, {X-Two: zwei}]}
    queue: one
  - name: second
    stage: after
    when: {label: quote, body: [urgent, très pressé], recipient: "@example.org"}
    priority: urgent
"""
    )
    first, second = policy.rules
    assert first.stage is Stage.BEFORE
    assert first.when.sender == ("a@example.org", "@example.net")
    assert first.when.header == (("X-One", ""), ("X-Two", "zwei"))
    assert second.when.label == ("quote",)
    assert second.when.body == ("urgent", "très pressé")
    assert second.priority is Priority.URGENT
    assert policy.rules_of(Stage.AFTER) == (second,)
    assert "one" in policy.queues


def test_the_version_changes_with_either_file(read):
    rules = rule("when: {subject: devis}", "queue: q")
    versions = {read().version, read(rules=rules).version, read(rules=rules + "# more\n").version}
    assert len(versions) == 3


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        (POLICY + "colour: blue\n", 8, "'colour' is not known"),
        (POLICY + "    colour:\n      - blue\n", 8, "'colour' is not known"),
        (POLICY + "triage: other\n", 8, "a second time"),
        (POLICY + "    queue: other\n", 8, "a second time"),
        (POLICY + LABEL, 8, "'quote' stands here a second time"),
        (POLICY.replace(", en: Quote", ""), 5, "needs 'en'"),
        (POLICY.replace("fr: Prix., ", ""), 6, "needs 'fr'"),
        (POLICY.replace("    queue: sales\n", ""), 5, "quote needs 'queue'"),
        (POLICY.replace("queue: sales", "queue:"), 7, "queue must be a text"),
        (POLICY.replace("queue: sales", "queue: ~"), 7, "queue must be a text"),
        (POLICY.replace("queue: sales", "queue: [sales]"), 7, "queue must be a text"),
        (POLICY + "    threshold: 1.5\n", 8, "number from 0 to 1"),
        (POLICY + "    threshold: -0.1\n", 8, "number from 0 to 1"),
        (POLICY + "    threshold: .nan\n", 8, "number from 0 to 1"),
        (POLICY + "    threshold: nan\n", 8, "number from 0 to 1"),
        (POLICY + "    threshold: high\n", 8, "number from 0 to 1"),
        (POLICY + "    priority: soon\n", 8, "urgent, high, normal, low"),
        (POLICY.replace("loop: a, ", ""), 2, "needs 'loop'"),
        (POLICY.replace("triage: triage\n", ""), 1, "needs 'triage'"),
        ("just words", 1, "must be a mapping"),
        ("- a\n- b", 1, "must be a mapping"),
        ("labels: [a, b", 1, "not YAML"),
        (POLICY + "\tqueue: x\n", 8, "not YAML"),
        (POLICY + "---\nmore: 1\n", 8, "not YAML"),
        (POLICY.replace("sales", '"\\ud800"'), 7, "character"),
        (POLICY.replace("sales", '"\\0"'), 7, "character"),
    ],
)
def test_every_complaint_about_a_policy_names_file_and_line(read, text, line, says):
    assert says in refused(read, policy=text, line=line)


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("rules: []\ncolour: blue\n", 2, "'colour' is not known"),
        ("rules: 5\n", 1, "must be a mapping"),
        (rule("when: {subject: a}"), 2, "must give a queue or a label"),
        (rule("when: {subject: a}", "priority: low"), 2, "must give a queue or a label"),
        (rule("stage: after", "when: {subject: a}"), 2, "queue, a label or a priority"),
        (rule("queue: q"), 2, "needs 'when'"),
        (rule("when: {}", "queue: q"), 3, "'when' is empty"),
        (rule("when: {subject: []}", "queue: q"), 3, "empty list"),
        (rule("when: {sender: []}", "queue: q"), 3, "empty list"),
        (rule("when: {header: {}}", "queue: q"), 3, "names no header"),
        (rule("when: {header: []}", "queue: q"), 3, "names no header"),
        (rule("stage: after", "when: {label: []}", "queue: q"), 4, "empty list"),
        (rule("when:", "  subject:", "    - a", "    - '!!'", "queue: q"), 6, "neither letter nor digit"),
        (rule("when: {sender: example.org}", "queue: q"), 3, "no address and no domain"),
        (rule("when: {label: quote}", "queue: q"), 3, "stage: after"),
        (
            rule("when: {subject: a}", "label: unheard"),
            4,
            "'unheard' is not a label of the policy; the labels are quote",
        ),
        (rule("stage: after", "when: {label: [quote, unheard]}", "queue: q"), 4, "'unheard' is not a label"),
        (rule("stage: during", "when: {subject: a}", "queue: q"), 3, "before, after"),
        (rule("when: {subject: a}", "queue: q", "priority: soon"), 5, "urgent"),
        (rule("when: {regex: a}", "queue: q"), 3, "'regex' is not known"),
        (rule("when: {subject: a}", "queue: q") + rule("when: {body: b}", "queue: q")[7:], 5, "two rules"),
    ],
)
def test_every_complaint_about_rules_names_file_and_line(read, text, line, says):
    assert says in refused(read, rules=text, line=line, file="rules.yaml")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty"),
        (b"# nothing\n", "is empty"),
        (b"triage: caf\xe9\n", "not UTF-8 (byte 11)"),
        (b'"\\UFFFFFFFF"', "not YAML"),
        (b"[" * 1_500, "not YAML"),
        (b"a: \x00", "not YAML"),
    ],
)
def test_what_is_no_document_is_refused_with_its_file(read, content, says):
    with pytest.raises(ConfigurationError, match=r"policy\.yaml") as caught:
        read(policy=content)
    assert says in str(caught.value)


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    with pytest.raises(ConfigurationError, match=r"absent\.yaml cannot be read: No such file"):
        read_policy(tmp_path / "absent.yaml")
    with pytest.raises(ConfigurationError, match="cannot be read"):
        read_policy(rules=tmp_path)


def test_the_settings_name_the_files(tmp_path):
    file = tmp_path / "policy.yaml"
    file.write_text(POLICY)
    assert set(policy_of(Settings(policy=str(file))).labels) == {"quote"}
    assert len(policy_of(Settings()).labels) == 13


def test_an_unknown_label_is_the_callers_fault(policy):
    with pytest.raises(InvalidInput) as caught:
        policy.label("strange")
    assert caught.value.field == "/label"


PIECES = st.sampled_from(
    [*POLICY.splitlines(keepends=True), "rules:\n", "  - name: r\n", "    when: {subject: a}\n", "&a ", "*a", "<<: ",
     "[", "]", "{", "}", "!!binary ", "? ", ": ", "- ", "\t", '"\\x', "%TAG ! x\n", "---\n", "|2\n", "'", "\ufeff"]
)  # fmt: skip
TEXTS = st.one_of(
    st.text(), st.text(alphabet=string.printable), st.lists(PIECES, max_size=30).map("".join), st.binary()
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100)
@given(TEXTS, TEXTS)
@example("&a [*a]", "&a {rules: *a}")
@example("? [a]\n: b", "rules: [{name: r, when: &w {subject: *w}}]")
@example("%YAML 1." + "9" * 5_000, "")
def test_no_text_raises_anything_but_a_configuration_error(tmp_path, policy_text, rules_text):
    file = tmp_path / "any.yaml"
    for text, place in ((policy_text, "policy"), (rules_text, "rules")):
        file.write_bytes(text if isinstance(text, bytes) else text.encode(errors="surrogatepass"))
        with contextlib.suppress(ConfigurationError):
            read_policy(**{place: file})
