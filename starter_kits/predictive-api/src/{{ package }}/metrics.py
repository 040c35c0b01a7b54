"""`/metrics`: what HTTP did (prometheus-flask-exporter), and what workers did, which Redis keeps.

Workers count in Redis, together with each outcome, so that a worker that dies takes no figure with it and listens on
no port. Every API process shows the same figures: where several are scraped, take the greatest, not the sum.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator

import redis
from flask import Flask, Request, Response, request
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector
from prometheus_flask_exporter import PrometheusMetrics  # type: ignore[import-untyped]

from .predictions import BUCKETS, Predictions

log = logging.getLogger(__name__)

DIRECTORY = "PROMETHEUS_MULTIPROC_DIR"
"""Where the API's processes count, each in a file of its own (prometheus_client's multiprocess mode)."""
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
"""Methods that are counted: what clients invent must not become label values without end."""


class Metrics:
    """The metrics of one application."""

    def __init__(self, app: Flask, predictions: Predictions) -> None:
        """Begin to count the application's requests."""
        self._registry = CollectorRegistry()
        self._kept = KeptFigures(predictions)
        app.before_request(_skip_unknown_method)
        PrometheusMetrics(app, path=None, group_by=_rule, registry=self._registry)

    def page(self) -> Response:
        """Answer a scrape: the figures of all processes, whichever of them answers."""
        shown = CollectorRegistry()
        if os.environ.get(DIRECTORY):
            MultiProcessCollector(shown)  # type: ignore[no-untyped-call]
        else:
            shown = self._registry
        content = generate_latest(shown) + _text_of(self._kept)
        return Response(content, content_type=CONTENT_TYPE_LATEST)


class KeptFigures(Collector):
    """What Redis keeps."""

    def __init__(self, predictions: Predictions) -> None:
        """Args: predictions: asked at every scrape."""
        self._predictions = predictions

    def collect(self) -> Iterator[Metric]:
        """Yield the figures; when Redis does not answer, only the one that says so."""
        try:
            figures = self._predictions.figures()
            gauges = {
                "prediction_waiting": ("Predictions that no worker has begun on.", self._predictions.waiting()),
                "prediction_oldest_seconds": ("Age of the oldest not ended.", self._predictions.oldest_seconds()),
                "prediction_running": ("Predictions that workers are at.", self._predictions.running()),
                "prediction_workers": ("Workers that were heard from lately.", self._predictions.workers()),
                "prediction_memory_taken_ratio": (
                    "Part of Redis's memory that is taken; 0 where it has no limit.",
                    self._predictions.memory_taken(),
                ),
            }
        except redis.RedisError as error:
            log.warning("The metrics have no figures from Redis: %s", error)
            yield GaugeMetricFamily("prediction_redis_up", "1 when Redis answers.", value=0)
            return
        yield GaugeMetricFamily("prediction_redis_up", "1 when Redis answers.", value=1)
        for name, (about, value) in gauges.items():
            yield GaugeMetricFamily(name, about, value=value)
        for name, about in (("accepted", "Claims that were kept."), ("attempts", "Attempts that workers began.")):
            yield CounterMetricFamily(f"prediction_{name}", about, value=figures.get(name, 0))
        finished = CounterMetricFamily("prediction_finished", "Predictions that ended.", labels=("status",))
        for status in ("done", "failed"):
            finished.add_metric((status,), figures.get(status, 0))
        yield finished
        total = 0.0
        buckets = []
        for limit in (*map(str, BUCKETS), "+Inf"):
            total += figures.get(f"seconds:{limit}", 0)
            buckets.append((limit, total))
        yield HistogramMetricFamily(
            "prediction_seconds", "From acceptance to answer.", buckets=buckets, sum_value=figures.get("seconds", 0)
        )


def _text_of(collector: Collector) -> bytes:
    registry = CollectorRegistry()
    registry.register(collector)
    return generate_latest(registry)


def _rule(of: Request) -> str:
    """Return what requests are grouped by: the rule, not the path, which has ids in it."""
    return of.url_rule.rule if of.url_rule is not None else "none"


def _skip_unknown_method() -> None:
    if request.method not in METHODS:
        request.prom_do_not_track = True  # type: ignore[attr-defined]  # what the exporter looks for
