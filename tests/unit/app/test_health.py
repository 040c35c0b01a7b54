import os
import subprocess
import sys
import textwrap

from prometheus_client.parser import text_string_to_metric_families

from routing.errors import StoreUnavailable
from routing.store.memory import MemoryStore


class Unreachable(MemoryStore):
    """A store whose database went away."""

    def check(self):
        raise StoreUnavailable("postgresql://user:secret@db does not answer")

    backlog = queues = workers = check


def samples(answer):
    return {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(answer.get_data(as_text=True))
        for sample in family.samples
    }


def test_a_process_that_answers_is_alive(house):
    answer = house.client.get("/healthz")
    assert (answer.status_code, answer.get_json()) == (200, {"status": "ok"})


def test_with_a_database_and_a_worker_it_is_ready(house, beat):
    house.store.beat(beat("w", "m", house.clock.now - 20))
    answer = house.client.get("/readyz")
    assert answer.status_code == 200
    assert answer.get_json() == {"status": "ready", "store": "ok", "workers": "ok"}


def test_without_a_worker_heard_from_in_half_a_minute_it_is_not_ready(house, beat):
    house.store.beat(beat("w", "m", house.clock.now - 31))
    answer = house.client.get("/readyz")
    assert answer.status_code == 503
    assert answer.get_json()["store"] == "ok"
    assert answer.get_json()["workers"] != "ok"


def test_without_its_database_it_is_alive_and_not_ready_and_says_which_part(make_house):
    house = make_house(store=Unreachable())
    assert house.client.get("/healthz").status_code == 200
    answer = house.client.get("/readyz")
    assert answer.status_code == 503
    assert answer.get_json()["store"] != "ok"
    assert "secret" not in answer.get_data(as_text=True)


def test_requests_are_counted_by_rule_and_not_by_path(house):
    for _ in range(3):
        house.get(f"/v1/jobs/{house.accepted()}")
    house.client.get("/nonsense/1")
    house.client.get("/nonsense/2")
    found = samples(house.client.get("/metrics"))
    count = "facteur_http_request_duration_seconds_count"
    assert found[count, ("method", "GET"), ("status", "200"), ("url_rule", "/v1/jobs/<job_id>")] == 3
    assert found[count, ("method", "GET"), ("status", "404"), ("url_rule", "none")] == 2


def test_methods_that_clients_invent_do_not_become_labels(house):
    for number in range(5):
        house.client.open("/healthz", method=f"INVENTED{number}")
    assert "INVENTED" not in house.client.get("/metrics").get_data(as_text=True)


def test_accepted_mails_are_counted_by_format(house):
    house.accepted()
    house.post("/v1/emails", data=b'{"text":"a"}\n{"text":"b"}', content_type="application/x-ndjson")
    found = samples(house.client.get("/metrics"))
    assert found["facteur_accepted_total", ("format", "rfc822")] == 1
    assert found["facteur_accepted_total", ("format", "json")] == 2


def test_the_figures_of_the_store_are_read_when_somebody_asks(house):
    house.accepted(b"Subject: 1\r\n\r\n")
    house.decide()
    house.accepted(b"Subject: 2\r\n\r\n")
    house.clock.now += 12
    found = samples(house.client.get("/metrics"))
    assert found["facteur_jobs_queued",] == 1
    assert found["facteur_jobs_running",] == 0
    assert found["facteur_oldest_queued_seconds",] == 12
    assert found["facteur_queue_depth", ("queue", "claims-home")] == 1
    assert found["facteur_queue_depth", ("queue", "triage")] == 0
    assert found["facteur_store_up",] == 1


def test_several_scrapes_in_one_second_cost_one_count(make_house):
    class Counting(MemoryStore):
        counted = 0

        def backlog(self):
            self.counted += 1
            return super().backlog()

    store = Counting()
    house = make_house(store=store, max_queued=0)
    for _ in range(5):
        house.client.get("/metrics")
    house.clock.now += 1
    house.client.get("/metrics")
    assert store.counted == 2


def test_a_clock_that_is_set_back_does_not_keep_old_figures(house):
    house.client.get("/metrics")
    house.accepted()
    house.clock.now -= 3600
    assert samples(house.client.get("/metrics"))[("facteur_jobs_queued",)] == 1


def test_the_metrics_answer_without_the_database(make_house):
    answer = make_house(store=Unreachable()).client.get("/metrics")
    assert answer.status_code == 200
    assert samples(answer)["facteur_store_up",] == 0


def test_the_metrics_of_all_processes_are_added_up_with_those_of_the_other_roles(tmp_path):
    """Each process in its own interpreter, as gunicorn and Celery run them."""
    api, worker, errands = (tmp_path / "metrics" / role for role in ("api", "worker", "errands"))
    for directory in (api, worker, errands):
        directory.mkdir(parents=True)
    work = "from prometheus_client import Counter; Counter('facteur_decided', 'Decided.').inc(5)"
    serve = textwrap.dedent("""
        import pathlib, sys
        from app.factory import create_app
        from broker.bell import SilentBell
        from routing.policy.reading import read_policy
        from routing.settings import Settings
        from routing.store.memory import MemoryStore
        app = create_app(Settings(var=pathlib.Path(sys.argv[1])), store=MemoryStore(), policy=read_policy(),
                         bell=SilentBell(), session_secret=b's' * 32)
        client = app.test_client()
        client.get('/healthz')
        client.get('/healthz')
        print(client.get('/metrics').get_data(as_text=True))
    """)

    def run(code, directory):
        environment = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(directory)}
        command = [sys.executable, "-c", code, str(tmp_path)]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout

    run(work, worker)
    run(work, errands)
    run(serve, api)
    page = run(serve, api)
    assert 'facteur_http_request_total{method="GET",status="200"} 5.0' in page
    assert page.count("facteur_decided_total 10.0") == 1
    assert "facteur_jobs_queued 0.0" in page
