"""What probes are told, and the port that tells them."""

import json
import os
import socket
import urllib.error
import urllib.request

import pytest

from facteur.health import Unhealthy, ask_here
from routing.errors import ConfigurationError
from routing.settings import Settings
from worker import staff as staff_module
from worker.probes import METRICS_DIRECTORY, show
from worker.staff import Staff, state_of
from worker.vitals import Pulse, Vitals


class Clock:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


def test_a_pulse_is_missed_once_it_was_silent_for_too_long(clock):
    pulse = Pulse(silence=20, clock=clock)
    assert pulse.missed() == ""
    pulse.beat()
    clock.now += 20
    assert pulse.missed() == ""
    clock.now += 1
    assert pulse.missed() == "silent for 21 seconds"
    pulse.beat()
    assert pulse.missed() == ""


def test_a_pulse_at_rest_is_awaited_but_not_missed(clock):
    pulse = Pulse(silence=20, clock=clock)
    assert pulse.absent()
    pulse.beat()
    assert pulse.absent() == ""
    pulse.rest()
    clock.now += 1000
    assert pulse.missed() == ""
    assert pulse.absent()


def test_work_that_hangs_is_missed_and_work_that_ended_is_not(clock):
    pulse = Pulse(silence=20, clock=clock)
    seen = []

    def work():
        clock.now += 30
        seen.append(pulse.missed())
        raise KeyError

    with pytest.raises(KeyError):
        pulse.during(work)()
    assert seen == ["silent for 30 seconds"]
    clock.now += 30
    assert pulse.missed() == ""


def test_readiness_asks_for_life_too():
    vitals = Vitals(alive={"loop": lambda: "silent"}, ready={"redis": lambda: ""})
    assert vitals.healthz() == {"status": "failing", "loop": "silent"}
    assert vitals.readyz() == {"status": "unready", "loop": "silent", "redis": "ok"}


def test_what_is_away_makes_a_role_unready_and_not_ill():
    vitals = Vitals(alive={"loop": lambda: ""}, ready={"redis": lambda: "away"})
    assert vitals.healthz() == {"status": "ok", "loop": "ok"}
    assert vitals.readyz()["status"] == "unready"


class TestStaff:
    @pytest.fixture
    def states(self):
        return {11: "S", 12: "R"}

    @pytest.fixture
    def staff(self, states, clock):
        return Staff(2, state=lambda pid: states.get(pid, ""), clock=clock)

    @pytest.mark.parametrize("state", ["T", "t", "Z", "X"])
    def test_a_process_that_stands_still_is_named(self, staff, states, state):
        staff.look(lambda: [11, 12])
        assert staff.lacking() == ""
        states[12] = state
        assert staff.lacking() == "stopped: 12"

    @pytest.mark.parametrize("state", ["S", "R", "D", "I", ""])
    def test_a_process_that_waits_or_works_is_well(self, staff, states, state):
        states[12] = state
        staff.look(lambda: [11, 12])
        assert staff.lacking() == ""

    def test_too_few_are_lacking_only_after_a_while(self, staff, clock):
        staff.look(lambda: [11])
        clock.now += staff_module.SHORT_SECONDS
        staff.look(lambda: [11])
        assert staff.lacking() == ""
        clock.now += 1
        assert staff.lacking() == "1 of 2 live"
        staff.look(lambda: [11, 12])
        assert staff.lacking() == ""

    def test_before_the_first_look_nothing_is_lacking(self, staff, clock):
        clock.now += 1000
        assert staff.lacking() == ""
        assert staff.unprepared()

    def test_a_child_that_says_so_is_prepared_as_long_as_it_lives(self, staff):
        pid = os.getpid()
        staff.report()
        assert staff.look(lambda: [pid, 12]) == {pid, 12}
        assert staff.unprepared() == ""
        staff.look(lambda: [12])
        assert staff.unprepared() == "none is prepared to decide"


def test_the_state_of_a_process_is_read_past_a_name_with_brackets(tmp_path):
    (tmp_path / "7").mkdir()
    (tmp_path / "7" / "stat").write_text("7 (a) T (b) S 1 7 7 0")
    assert state_of(7, tmp_path) == "S"
    assert state_of(8, tmp_path) == ""


class Port:
    def __init__(self, vitals):
        self.server = show(vitals, host="127.0.0.1", port=0)
        self.number = self.server.server_address[1]

    def get(self, path, method="GET"):
        request = urllib.request.Request(f"http://127.0.0.1:{self.number}{path}", method=method)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=5) as answer:
                return answer.status, answer.headers["Content-Type"], answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.headers["Content-Type"], error.read()


@pytest.fixture
def role():
    """A role whose `trouble` is what its probes complain of."""

    class Role:
        trouble = ""

    role = Role()
    role.port = Port(Vitals(alive={"loop": lambda: role.trouble}))
    yield role
    role.port.server.shutdown()
    role.port.server.server_close()


def test_the_port_answers_probes_as_json(role):
    status, kind, body = role.port.get("/healthz")
    assert (status, kind, json.loads(body)) == (200, "application/json", {"status": "ok", "loop": "ok"})
    role.trouble = "silent for 30 seconds"
    status, _, body = role.port.get("/readyz")
    assert (status, json.loads(body)["status"]) == (503, "unready")
    assert role.port.get("/healthz")[0] == 503


def test_the_port_knows_no_other_path_and_sends_no_body_to_head(role):
    assert role.port.get("/v1/jobs")[0] == 404
    assert role.port.get("/healthz", method="HEAD")[::2] == (200, b"")


def test_the_port_adds_up_the_metrics_of_the_role(role, tmp_path, monkeypatch):
    monkeypatch.setenv(METRICS_DIRECTORY, str(tmp_path))
    status, kind, _ = role.port.get("/metrics")
    assert status == 200
    assert kind.startswith("text/plain")


def test_a_port_that_is_taken_is_said_in_one_sentence(role):
    with pytest.raises(ConfigurationError, match=f"FACTEUR_METRICS_PORT is {role.port.number}"):
        show(Vitals(alive={}), host="127.0.0.1", port=role.port.number)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])  # noqa: S104 - a setting of the service, which listens nowhere here
def test_the_health_command_asks_whichever_role_answers(role, host):
    for ports in (
        {"metrics_port": role.port.number, "port": free_port()},
        {"metrics_port": free_port(), "port": role.port.number},
        {"port": role.port.number},
    ):
        assert ask_here(Settings(host=host, **ports)) == "Healthy."
    role.trouble = "silent"
    with pytest.raises(Unhealthy, match="answers 503"):
        ask_here(Settings(host=host, metrics_port=role.port.number, port=free_port()))


def test_a_listener_that_never_answers_is_unhealthy(monkeypatch):
    monkeypatch.setattr("facteur.health.ANSWER_SECONDS", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(Unhealthy, match="nothing in time"):
        ask_here(Settings(port=silent.getsockname()[1]))
