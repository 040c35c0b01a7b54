import pytest

from app.server import Server
from routing.settings import Settings


def test_gunicorn_gets_its_settings_from_ours_and_no_file():
    server = Server(Settings(host="127.0.0.1", port=8099, api_processes=3, api_threads=7), lambda: None, timeout=99)
    assert server.cfg.address == [("127.0.0.1", 8099)]
    assert (server.cfg.workers, server.cfg.threads, server.cfg.worker_class_str) == (3, 7, "gthread")
    assert server.cfg.timeout == 99
    assert server.cfg.preload_app is False
    assert server.cfg.control_socket_disable is True


def test_the_application_is_made_in_each_process(house):
    assert Server(Settings(), lambda: house.app).load() is house.app


def test_each_start_empties_the_metrics_of_the_last(tmp_path, monkeypatch):
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path / "api"))
    server = Server(Settings(), lambda: None)
    server.cfg.on_starting(None)
    (tmp_path / "api" / "counter_1.db").write_bytes(b"old")
    server.cfg.on_starting(None)
    assert list((tmp_path / "api").iterdir()) == []


@pytest.mark.parametrize("given", [True, False])
def test_a_process_that_ended_takes_its_gauges_along_and_leaves_its_counts(tmp_path, monkeypatch, given):
    gauge, counter = tmp_path / "gauge_liveall_7.db", tmp_path / "counter_7.db"
    gauge.touch()
    counter.touch()
    monkeypatch.delenv("PROMETHEUS_MULTIPROC_DIR", raising=False)
    if given:
        monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))

    class Worker:
        pid = 7

    Server(Settings(), lambda: None).cfg.child_exit(None, Worker)
    assert gauge.exists() != given
    assert counter.exists()
