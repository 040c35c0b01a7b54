"""Every task that anybody may ask for is registered by a node that listens where it is sent."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from broker import names
from model.registry import ModelIdentity
from routing.policy.reading import policy_of
from routing.settings import Settings
from routing.store.migrations import migrate
from worker import classify_node, errands_node, schedule


@pytest.fixture
def settings(tmp_path):
    url = f"sqlite:///{tmp_path / 'store.db'}"
    migrate(url)
    return Settings(
        var=tmp_path, database_url=url, redis_url="redis://127.0.0.1:1/0", webhook_secret="whsec_" + "A" * 32
    )


@pytest.fixture
def nodes(settings, monkeypatch):
    """What each node has registered, by the task queue that it consumes, at the moment at which it would begin."""
    begun = {}

    def begin(celery, _settings, *, task_queue, **_):
        begun[task_queue] = {name for name in celery.tasks if not name.startswith("celery.")}

    for module in (classify_node, errands_node):
        monkeypatch.setattr(module, "run_node", begin)
    labels = tuple(policy_of(settings).labels)
    classify_node.ClassifyNode(settings, identify=lambda _: ModelIdentity(version="none-0", labels=labels)).run()
    errands_node.run_errands(settings, document=lambda _job: b"{}")
    return begun


def test_every_task_is_consumed_by_a_node_that_registers_it(nodes):
    for task, queue in names.TASK_QUEUES.items():
        assert queue in nodes, f"no node consumes the task queue {queue}"
        assert task in nodes[queue], f"{task} is sent to {queue}, whose node does not know it"


def test_no_node_registers_a_task_that_is_sent_elsewhere(nodes):
    for queue, tasks in nodes.items():
        assert {names.TASK_QUEUES[task] for task in tasks} == {queue}


def test_every_task_name_stands_among_the_task_queues():
    tasks = {value for name, value in vars(names).items() if name.isupper() and str(value).startswith("worker.")}
    assert tasks == set(names.TASK_QUEUES)


def test_beat_asks_only_for_tasks_that_exist(settings, monkeypatch):
    made = []

    def make_celery(_url):
        made.append(SimpleNamespace(conf=SimpleNamespace(), Beat=lambda **_: SimpleNamespace(run=lambda: None)))
        return made[0]

    monkeypatch.setattr(schedule, "make_celery", make_celery)
    schedule.run_beat(settings)
    asked = {entry["task"] for entry in made[0].conf.beat_schedule.values()}
    assert asked == {names.SWEEP, names.PURGE, names.TALLY}
    assert asked <= set(names.TASK_QUEUES)
