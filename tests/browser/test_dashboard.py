"""Supervisors read the figures: what they count, what is behind them, and what they can take away."""

from __future__ import annotations

import csv
import io
import re
import time
from pathlib import Path

import pytest
from accessible import axe, overflow, small_targets
from playwright.sync_api import Page, expect

from routing.acts import act
from routing.desk import Act
from routing.policy.reading import read_policy

COUNTED_SECONDS = 60.0


@pytest.fixture(scope="module", autouse=True)
def counted(service):
    """Wait until errands have counted the weeks before the service began."""
    with service.store() as store:
        end = time.monotonic() + COUNTED_SECONDS
        while (store.counted_until() or 0.0) < time.time() - 3 * 3_600:
            assert time.monotonic() < end, "errands count nothing"
            time.sleep(0.1)


def number(page: Page, name: str) -> int:
    """Return the number of one of the figures at the top."""
    shown = page.locator(".figure", has=page.get_by_text(name, exact=True)).locator("strong").inner_text()
    return int(re.sub(r"\D", "", shown))


def rows_of(path: Path) -> list[list[str]]:
    return list(csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"), newline="")))


def test_weeks_of_mail_are_there_at_a_glance_and_day_by_day(supervisor):
    supervisor.goto("/")
    supervisor.get_by_role("navigation", name="Pages").get_by_role("link", name="Dashboard").click()
    expect(supervisor.get_by_role("heading", level=1)).to_contain_text("Dashboard")
    assert number(supervisor, "Mails routed") > 100
    chart = supervisor.get_by_role("img", name="Mails routed to each queue")
    expect(chart).to_be_visible()
    section = supervisor.get_by_role("region", name="Mails routed to each queue")
    section.locator("summary").click()
    cells = section.locator("tbody tr td:last-child").all_inner_texts()
    assert len(cells) == 30
    assert sum(int(cell.replace(",", "")) for cell in cells) == number(supervisor, "Mails routed")


def test_a_range_is_chosen_by_a_link_or_by_its_days(supervisor):
    supervisor.goto("/dashboard")
    month = number(supervisor, "Mails routed")
    supervisor.get_by_role("link", name="Last 7 days").click()
    expect(supervisor.get_by_role("link", name="Last 7 days")).to_have_attribute("aria-current", "true")
    assert number(supervisor, "Mails routed") < month
    first = supervisor.get_by_label("First day").input_value()
    supervisor.get_by_label("Last day").fill(first)
    supervisor.get_by_label("Group by").select_option("week")
    supervisor.get_by_role("button", name="Show").click()
    expect(supervisor).to_have_url(re.compile(f"from={first}&to={first}&by=week"))
    assert supervisor.locator(".behind").first.locator("tbody tr").count() == 1


def test_a_wrong_range_is_told_beside_the_form(supervisor, watch):
    watch.expect(422)
    supervisor.goto("/dashboard?range=custom&from=2026-02-02&to=2026-02-01")
    expect(supervisor.get_by_role("alert")).to_contain_text("the first not after the last")
    expect(supervisor.get_by_label("First day")).to_have_value("2026-02-02")
    axe(supervisor)


def test_the_confusion_matrix_opens_the_mails_behind_a_cell(supervisor):
    supervisor.goto("/dashboard")
    supervisor.get_by_role("link", name="All labels against one another").click()
    cell = supervisor.locator(".confusion td:not(.same) a").first
    mails = int(cell.evaluate("(element) => element.firstChild.textContent"))
    cell.click()
    expect(supervisor).to_have_url(re.compile("/mails.*model_label="))
    expect(supervisor.locator("[data-row]")).to_have_count(min(mails, 50))


def test_a_correction_made_now_shows_at_once(supervisor, service):
    def agreed() -> int:
        supervisor.goto("/dashboard?range=7")
        told = supervisor.locator(".figure", has=supervisor.get_by_text("Agents agreed", exact=True)).inner_text()
        return int(re.search(r"([\d,]+) reviewed", told)[1].replace(",", ""))

    job_id = service.post("Bris de glace", "Bonjour, mon pare-brise est fissuré, que dois-je faire ?")
    before = agreed()
    with service.store() as store:
        job = store.job(job_id)
        user = service.users["camille"]
        label = next(key for key in read_policy().labels if key != job.decision.label)
        seen = [(job_id, job.handling.revision)]
        done = act(store, read_policy(), Act.CORRECT, seen, user=user, now=time.time(), label=label)
        assert not done.refused
    assert agreed() == before + 1


def test_a_table_is_taken_away_as_a_file(supervisor, tmp_path):
    supervisor.goto("/dashboard?range=7")
    with supervisor.expect_download() as download:
        section = supervisor.get_by_role("region", name="Mails routed to each queue")
        section.get_by_role("link", name=re.compile("CSV")).click()
    assert re.fullmatch(r"facteur-queues-[\d-]{10}-[\d-]{10}\.csv", download.value.suggested_filename)
    kept = tmp_path / "queues.csv"
    download.value.save_as(kept)
    rows = rows_of(kept)
    assert len(rows) == 8
    assert sum(int(row[-1]) for row in rows[1:]) == number(supervisor, "Mails routed")


def test_all_of_it_works_without_a_script(browse):
    page = browse("sophie", javascript=False)
    page.goto("/dashboard")
    page.get_by_role("link", name="Last 90 days").click()
    page.get_by_label("Group by").select_option("week")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("img", name="Mails routed to each queue")).to_be_visible()
    page.get_by_role("region", name="Mails routed to each queue").locator("summary").click()
    expect(page.get_by_role("group", name="Mails routed to each queue").locator("tbody tr").first).to_be_visible()


@pytest.mark.parametrize("path", ["/dashboard?range=7", "/dashboard/confusion?range=90"])
def test_it_reads_on_a_telephone_in_french_with_everything_unfolded(browse, path):
    page = browse("sophie", language="fr", width=390)
    page.goto(path)
    expect(page.locator("html")).to_have_attribute("lang", "fr")
    page.evaluate("() => document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    axe(page)
    assert overflow(page) == 0
    assert small_targets(page) == []


def test_the_figures_are_not_for_agents(agent, watch):
    watch.expect(403)
    agent.goto("/")
    expect(agent.get_by_role("link", name="Dashboard")).to_have_count(0)
    assert agent.goto("/dashboard").status == 403
