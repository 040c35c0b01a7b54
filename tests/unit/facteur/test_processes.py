"""The parts of `facteur up`: started, restarted, stopped with all that they started, never left behind."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from facteur import processes as module
from facteur.processes import Part, Processes

ROOT = Path(__file__).parents[3]


def alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def until(condition, seconds=20):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        value = condition()
        if value:
            return value
        time.sleep(0.01)
    raise AssertionError("it did not come")


@pytest.fixture
def part(tmp_path):
    made = []

    def build(script, name="part", **environ):
        made.append(
            Part(
                name=name,
                command=["sh", "-c", script],
                environ={"PATH": os.environ["PATH"], "HERE": str(tmp_path), **environ},
                log=tmp_path / "log" / f"{name}.log",
            )
        )
        return made[-1]

    yield build
    for each in made:
        if each.process is not None:
            try:
                os.killpg(each.process.pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
            each.process.wait()


def written(tmp_path, name):
    """The process id that a script wrote into this file."""
    return int(until(lambda: (tmp_path / name).exists() and (tmp_path / name).read_text().strip()))


def test_what_a_part_says_is_in_its_log(part):
    processes = Processes()
    one = part("echo out; echo err >&2")
    processes.start(one)
    one.process.wait()
    assert sorted(one.last_words().splitlines()) == ["err", "out"]
    assert one.last_words(1) in {"err", "out"}
    processes.stop()


def test_a_part_without_a_log_has_no_last_words(part):
    assert part("true").last_words() == ""


def test_a_part_gets_its_environment_and_nothing_to_read(part):
    processes = Processes()
    one = part('echo "$WORD"; cat; echo end', WORD="hello")
    processes.start(one)
    one.process.wait()
    assert one.last_words().splitlines() == ["hello", "end"]
    processes.stop()


def test_a_large_log_is_put_aside_at_the_start(part, monkeypatch):
    monkeypatch.setattr(module, "LOG_BYTES", 10)
    one = part("echo new")
    one.log.parent.mkdir()
    one.log.write_text("old " * 10)
    Processes().start(one)
    one.process.wait()
    assert one.log.read_text() == "new\n"
    assert one.log.with_suffix(".log.1").read_text() == "old " * 10


def test_a_part_that_died_is_told_of_once_and_started_again_after_a_pause(part, monkeypatch):
    monkeypatch.setattr(module, "RESTART_SECONDS", 0.2)
    processes = Processes()
    steady, fragile = part("exec sleep 60", "steady"), part("exec sleep 60", "fragile")
    for each in (steady, fragile):
        processes.start(each)
    assert processes.revive() == []
    first = fragile.process.pid
    fragile.process.kill()
    fragile.process.wait()
    assert processes.dead() == [fragile]
    assert processes.revive() == [fragile]
    assert processes.revive() == []
    until(lambda: processes.revive() == [] and fragile.living)
    assert fragile.process.pid != first
    assert fragile.died_at is None
    fragile.process.kill()
    fragile.process.wait()
    assert processes.revive() == [fragile]
    processes.stop()
    assert not steady.living


def test_stopping_asks_first_and_waits_for_what_is_under_way(part, tmp_path):
    processes = Processes()
    one = part('trap "echo asked > $HERE/asked; exit 0" TERM; echo $$ > $HERE/up; while :; do sleep 0.02; done')
    processes.start(one)
    written(tmp_path, "up")
    processes.stop()
    assert (tmp_path / "asked").exists()
    assert one.process.returncode == 0


def test_the_first_part_is_asked_last(part, tmp_path):
    processes = Processes()
    script = 'trap "date +%s%N > $HERE/{0}; exit 0" TERM; echo $$ > $HERE/{0}.up; while :; do sleep 0.02; done'
    for name in ("broker", "other"):
        processes.start(part(script.format(name), name))
        written(tmp_path, f"{name}.up")
    processes.stop()
    assert int((tmp_path / "broker").read_text()) > int((tmp_path / "other").read_text())


def test_who_does_not_listen_is_killed_with_its_whole_group(part, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "STOP_SECONDS", 0.3)
    processes = Processes()
    script = (
        'trap "" TERM; (trap "" TERM; echo $$ > /dev/null; sh -c "echo \\$PPID > $HERE/child"; sleep 60) & sleep 60'
    )
    one = part(script)
    processes.start(one)
    child = written(tmp_path, "child")
    assert alive(child)
    processes.stop()
    assert one.process.returncode == -signal.SIGKILL
    until(lambda: not alive(child))


def test_children_of_a_part_that_died_before_are_killed_too(part, tmp_path):
    processes = Processes()
    one = part('sleep 60 & echo $! > "$HERE/orphan"; exit 1')
    processes.start(one)
    one.process.wait()
    orphan = written(tmp_path, "orphan")
    assert alive(orphan)
    processes.stop()
    until(lambda: not alive(orphan))


def test_children_of_a_part_that_died_do_not_work_on_beside_those_of_the_next(part, tmp_path):
    processes = Processes()
    one = part('sleep 60 & echo $! > "$HERE/orphan"; exit 1')
    processes.start(one)
    one.process.wait()
    orphan = written(tmp_path, "orphan")
    assert alive(orphan)
    assert processes.revive() == [one]
    until(lambda: not alive(orphan))
    processes.stop()


def test_stopping_nothing_and_stopping_twice_is_harmless(part):
    Processes().stop()
    processes = Processes()
    processes.start(part("exec sleep 60"))
    processes.stop()
    processes.stop()


def test_a_ctrl_c_in_the_terminal_does_not_reach_the_parts(part):
    processes = Processes()
    one = part("exec sleep 60")
    processes.start(one)
    assert os.getpgid(one.process.pid) == one.process.pid
    assert os.getsid(one.process.pid) != os.getsid(0)
    processes.stop()


PARENT = """
import sys
from pathlib import Path
from facteur.processes import Part, Processes
processes = Processes()
part = Part(name="p", command=["sleep", "60"], environ={"PATH": "/usr/bin:/bin"}, log=Path(sys.argv[1]) / "p.log")
processes.start(part)
print(part.process.pid, flush=True)
sys.stdin.read()
"""


def test_parts_end_when_whoever_started_them_is_killed(tmp_path):
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(tmp_path)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    child = int(parent.stdout.readline())
    assert alive(child)
    parent.kill()
    parent.communicate()
    until(lambda: not alive(child))
