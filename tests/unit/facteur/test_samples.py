"""The table of the sample mails."""

import io

from rich.console import Console

from facteur.samples import job_cells, jobs_table, route_samples


def shown(*jobs, width=100):
    console = Console(file=io.StringIO(), width=width)
    table = jobs_table(console)
    for job in jobs:
        table.add_row(*job_cells(job))
    console.print(table)
    return console.file.getvalue()


def job(**fields):
    decision = {"label": "quote", "rule": None, "confidence": 0.876, "queue": "sales"}
    return {"subject": "Devis", "status": "done", "decision": decision, "timings": {"total": 12.7}} | fields


def test_a_decided_job_is_one_row():
    assert shown(job()).splitlines()[1].split() == ["Devis", "quote", "0.88", "sales", "13"]


def test_a_rule_stands_where_no_label_is():
    decision = {"label": None, "rule": "automatic/list", "confidence": None, "queue": "automatic"}
    assert shown(job(decision=decision)).splitlines()[1].split() == ["Devis", "automatic/list", "automatic", "13"]


def test_a_job_without_a_decision_shows_its_status():
    assert "failed: [/x]" in shown(job(decision=None, status="failed: [/x]"))
    assert "(no subject)" in shown(job(subject=""))


def test_what_strangers_wrote_is_text_and_no_order():
    row = shown(job(subject="[bold]a[/bold] \x1b[2J\x07 b\\[c]"))
    assert "[bold]a[/bold]" in row
    assert "\x1b" not in row
    assert "\x07" not in row


def test_a_narrow_terminal_cuts_the_subject_only():
    row = shown(job(subject="x" * 200), width=75).splitlines()[1]
    assert len(row) <= 75
    assert row.split()[1:] == ["quote", "0.88", "sales", "13"]


def test_a_server_that_does_not_answer_is_shown_beside_each_mail(tmp_path):
    (tmp_path / "a.eml").write_bytes(b"Subject: a\r\n\r\n")
    console = Console(file=io.StringIO(), width=200)
    route_samples(tmp_path, address="http://127.0.0.1:1", key="k", console=console)
    assert "a.eml" in console.file.getvalue()
    assert "refused" in console.file.getvalue()


def test_without_samples_nothing_is_said(tmp_path):
    console = Console(file=io.StringIO())
    route_samples(tmp_path, address="http://127.0.0.1:1", key="k", console=console)
    assert console.file.getvalue() == ""
