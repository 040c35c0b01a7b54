"""The sample mails, asked of the bundled model: what a newcomer sees first must make sense."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from model.registry import load_classifier
from routing.mail.parse import parse_mail
from routing.policy.reading import read_policy
from routing.route import Router

SAMPLES = Path(__file__).parents[2] / "examples" / "mails"
EXPECTED = json.loads((SAMPLES / "expected.json").read_text())


@pytest.fixture(scope="module")
def decisions():
    policy = read_policy()
    router = Router(
        classifier=load_classifier("bundled"),
        policy=policy,
        max_attempts=1,
        clock=time.time,
        stopwatch=time.perf_counter,
    )
    return {name: router.decide(parse_mail((SAMPLES / name).read_bytes())) for name in EXPECTED}


def test_every_sample_is_expected_and_there():
    assert sorted(EXPECTED) == sorted(path.name for path in SAMPLES.glob("*.eml"))


@pytest.mark.parametrize("name", [name for name, what in EXPECTED.items() if "label" in what])
def test_a_sample_gets_its_label_or_a_human(decisions, name):
    decision = decisions[name]
    assert decision.label == EXPECTED[name]["label"] or decision.queue == "triage"


def test_hardly_any_sample_needs_a_human(decisions):
    unsure = [name for name, what in EXPECTED.items() if "label" in what and decisions[name].queue == "triage"]
    assert len(unsure) <= 2, unsure


@pytest.mark.parametrize("name", [name for name, what in EXPECTED.items() if "automatic" in what])
def test_a_sample_that_no_human_wrote_is_recognised(decisions, name):
    assert decisions[name].rule == f"automatic/{EXPECTED[name]['automatic']}"
