"""`/metrics`: what HTTP did (prometheus-flask-exporter), and what the store holds.

With several gunicorn workers each request is counted in a file of its process, and a scrape, whichever process
answers it, adds all of them up (`PROMETHEUS_MULTIPROC_DIR`, set by the launcher before Python starts). The other
roles on this machine write into directories beside, which are added too. Queue depths come from the store at the
time of the scrape, never from Redis.
"""

from __future__ import annotations

import contextlib
import logging
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from flask import Flask, Request, request
from prometheus_client import CollectorRegistry, Counter
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector
from prometheus_flask_exporter import PrometheusMetrics  # type: ignore[import-untyped]

from routing.errors import FacteurError
from routing.job import MailFormat
from routing.policy.deciding import Policies
from routing.store.port import Backlog, QueueDepth, Store

log = logging.getLogger(__name__)

READINGS = 3
"""How often the files are read anew when one of them goes away meanwhile."""

FRESH_SECONDS = 1.0
"""How old the store's figures may be: several scrapers must not cost several counts."""

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 30.0)
"""Seconds. The goal for accepting is 50 ms; a caller may wait 30 s for a decision."""

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
"""Methods that are counted by name: what clients invent must not become label values without end."""


class Metrics:
    """The metrics of one application."""

    def __init__(
        self, app: Flask, store: Store, policy: Policies, *, directory: Path, clock: Callable[[], float]
    ) -> None:
        """Args: directory: where each role on this machine has a directory of metrics; it need not exist."""
        self._registry = CollectorRegistry()
        self._shared = os.environ.get("PROMETHEUS_MULTIPROC_DIR")
        self._directory = directory
        self._stored = StoreCollector(store, policy, clock)
        counter = Counter("facteur_accepted", "Mails answered with 202 or 200.", ("format",), registry=self._registry)
        self._accepted = {format_: counter.labels(format_.value) for format_ in MailFormat}
        app.before_request(_skip_unknown_method)
        PrometheusMetrics(
            app, path=None, group_by=url_rule, defaults_prefix="facteur", buckets=BUCKETS, registry=self._registry
        )

    def accepted(self, format_: MailFormat, mails: int = 1) -> None:
        """Count mails that were accepted."""
        self._accepted[format_].inc(mails)

    def page(self, accept: str) -> tuple[bytes, str]:
        """Return all metrics and their content type, in the format that the scraper accepts."""
        registry = CollectorRegistry()
        if not self._shared:
            registry.register(_Shown(self._registry))
        registry.register(_Written([*([Path(self._shared)] if self._shared else []), *self._others()]))
        registry.register(self._stored)
        encode, content_type = choose_encoder(accept)
        return encode(registry), content_type

    def _others(self) -> list[Path]:
        """Return the directories of the other roles, as far as there are any on this machine."""
        ours = Path(self._shared).absolute() if self._shared else None
        found = self._directory.absolute().iterdir() if self._directory.is_dir() else ()
        return sorted(each for each in found if each.is_dir() and each != ours)


class StoreCollector(Collector):
    """Gauges that are read from the store when somebody asks."""

    def __init__(self, store: Store, policy: Policies, clock: Callable[[], float]) -> None:
        self._store = store
        self._policy = policy
        self._clock = clock
        self._lock = threading.Lock()
        self._read_at = float("-inf")
        self._figures: tuple[Backlog, tuple[QueueDepth, ...]] | None = None

    def collect(self) -> Iterator[Metric]:
        """Yield the gauges; without the database only the one that says so."""
        figures = self._read()
        up = GaugeMetricFamily("facteur_store_up", "1 when the database answers.", value=figures is not None)
        yield up
        if figures is None:
            return
        backlog, queues = figures
        now = self._clock()
        oldest = now - backlog.oldest_queued_at if backlog.oldest_queued_at is not None else 0.0
        yield GaugeMetricFamily("facteur_jobs_queued", "Mails that wait to be decided.", value=backlog.queued)
        yield GaugeMetricFamily("facteur_jobs_running", "Mails that a worker holds.", value=backlog.running)
        yield GaugeMetricFamily("facteur_jobs_failed", "Mails that could not be decided.", value=backlog.failed)
        yield GaugeMetricFamily(
            "facteur_oldest_queued_seconds", "Age of the oldest mail that waits to be decided.", value=max(0.0, oldest)
        )
        depth = GaugeMetricFamily(
            "facteur_queue_depth", "Mails in a team's queue that nobody has handled.", labels=("queue",)
        )
        unreviewed = GaugeMetricFamily(
            "facteur_queue_unreviewed", "Open mails in a team's queue that no human reviewed.", labels=("queue",)
        )
        held = {each.queue: each for each in queues}
        for name in sorted({*self._policy.current().queues, *held}):
            depth.add_metric((name,), held[name].depth if name in held else 0)
            unreviewed.add_metric((name,), held[name].unreviewed if name in held else 0)
        yield depth
        yield unreviewed

    def _read(self) -> tuple[Backlog, tuple[QueueDepth, ...]] | None:
        with self._lock:
            now = self._clock()
            if not 0 <= now - self._read_at < FRESH_SECONDS:  # a clock that was set back reads again too
                self._read_at = now
                try:
                    self._figures = (self._store.backlog(), self._store.queues())
                except FacteurError as error:
                    log.warning("The metrics have no figures from the store: %s", error)
                    self._figures = None
            return self._figures


class _Written(Collector):
    """What processes wrote into some directories, added up over all of them: one family may be in several."""

    def __init__(self, directories: Sequence[Path]) -> None:
        self._directories = directories

    def collect(self) -> Iterator[Metric]:
        """Yield what the files hold now; a role that starts at this very moment takes its old ones away."""
        for _ in range(READINGS):
            files = [str(file) for directory in self._directories for file in sorted(directory.glob("*.db"))]
            with contextlib.suppress(FileNotFoundError):
                yield from MultiProcessCollector.merge(files)  # type: ignore[no-untyped-call]
                return

    def describe(self) -> list[Metric]:
        """Describe nothing, so that registering does not collect."""
        return []


class _Shown(Collector):
    """Another registry's metrics."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry

    def collect(self) -> Iterator[Metric]:
        """Yield what the registry has."""
        yield from self._registry.collect()

    def describe(self) -> list[Metric]:
        """Describe nothing, so that registering does not collect."""
        return []


def url_rule(of: Request) -> str:
    """Return what requests are grouped by: the rule, not the path, which has ids in it."""
    return of.url_rule.rule if of.url_rule is not None else "none"


def _skip_unknown_method() -> None:
    if request.method not in METHODS:
        request.prom_do_not_track = True  # type: ignore[attr-defined]  # what the exporter looks for
