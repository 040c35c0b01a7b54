"""What the pages say can be done, can be done: links, commands, targets, files, examples, names."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
import time
from pathlib import Path
from xml.etree import ElementTree as ET

import click
import pytest
import yaml
from prometheus_client.metrics import MetricWrapperBase

from app.endpoint import declaration_of
from app.factory import create_app
from app.metrics import StoreCollector
from app.problems import PROBLEMS
from broker.bell import SilentBell
from facteur.cli import main
from routing.keys import SCOPES
from routing.policy.reading import read_policy
from routing.policy.rules import Stage
from routing.settings import PREFIX, Settings
from routing.store.memory import MemoryStore
from worker import metrics as worker_metrics
from worker.webhook import sign

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
EXAMPLES = DOCS / "examples"
README = ROOT / "README.md"
PAGES = [README, ROOT / "rancher" / "README.md", *sorted(DOCS.glob("*.md"))]
API = DOCS / "api.md"
OPERATIONS = DOCS / "operations.md"

FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", flags=re.MULTILINE | re.DOTALL)
NO_FILES = {"image/jpeg", "model/bundled/"}
"""Look like paths of the tree: a media type, and the folder of a model that is named by its digest."""
LINK = re.compile(r"\]\(([^)\s]+)\)")


def read(path):
    return path.read_text(encoding="utf-8")


def blocks(path, language):
    return [body for found, body in FENCE.findall(read(path)) if found == language]


def prose(path):
    return FENCE.sub("", read(path))


def anchors(path):
    """The anchors of a page's headings, as GitLab and GitHub make them."""
    titles = re.findall(r"^#+ (.+)$", prose(path), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-") for title in titles}


def commands(group=main, before=()):
    """Every command of the product by its words, groups included."""
    context = click.Context(group)
    for name in group.list_commands(context):
        words = (*before, name)
        yield words
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from commands(command, words)


def each(pages):
    return pytest.mark.parametrize("path", pages, ids=lambda path: path.name)


@each(PAGES)
def test_every_link_leads_to_a_page_and_to_a_heading_of_it(path):
    wrong = []
    for link in LINK.findall(prose(path)):
        if "://" in link:
            continue
        target, _, anchor = link.partition("#")
        page = (path.parent / target).resolve() if target else path
        if not page.exists() or (anchor and anchor not in anchors(page)):
            wrong.append(link)
    assert wrong == []


@each(PAGES)
def test_every_command_that_is_named_exists(path):
    known = set(commands())
    groups = {words[0] for words in known if len(words) > 1}
    named = re.findall(
        r"(?:`|^|; |\| |= |make `)(?:[A-Z_]+=\S+ )*facteur ((?:[a-z]+ ?)+)", read(path), flags=re.MULTILINE
    )
    for words in map(str.split, named):
        command = tuple(words[:2]) if words[0] in groups and len(words) > 1 else (words[0],)
        assert command in known, f"facteur {' '.join(words)}"


def test_every_command_is_written_about():
    everything = "".join(map(read, PAGES))
    assert [words for words in commands() if f"facteur {' '.join(words)}" not in everything] == []


@each(PAGES)
def test_every_make_target_that_is_named_exists(path):
    targets = set(re.findall(r"^([a-z-]+):", read(ROOT / "Makefile"), flags=re.MULTILINE))
    assert set(re.findall(r"(?:`|^|[a-z] )make ([a-z-]+)`?$", read(path), flags=re.MULTILINE)) <= targets
    assert set(re.findall(r"`(?:\w+=\S+ )*make ([a-z-]+)", read(path))) <= targets


@each(PAGES)
def test_every_file_that_is_named_in_code_exists(path):
    """Paths of the tree, in shell blocks and between backticks; a glob must match something."""
    rooms = "|".join(
        entry.name
        for entry in ROOT.iterdir()
        if entry.is_dir() and entry.name[0] != "." and entry.name not in {"var", "build"}
    )
    code = "\n".join(blocks(path, "sh")) + "\n".join(re.findall(r"`([^`\n]+)`", prose(path)))
    named = re.findall(rf"(?<![\w/.-])(?:{rooms})/[\w./*-]*\w[/*]?(?:\.\w+)?", code)
    assert [name for name in named if not list(ROOT.glob(name.rstrip("/"))) and name not in NO_FILES] == []


@each(PAGES)
def test_shell_blocks_can_be_read_by_a_shell(path):
    for block in blocks(path, "sh"):
        done = subprocess.run(["/bin/sh", "-n"], input=block, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{block}\n{done.stderr}"
        assert shlex.split(block, comments=True)


@each(PAGES)
def test_json_blocks_are_json(path):
    for block in blocks(path, "json"):
        json.loads(block)


@each(PAGES)
def test_yaml_blocks_are_yaml(path):
    for block in blocks(path, "yaml"):
        assert yaml.safe_load(block)


@each(PAGES)
def test_every_setting_that_is_named_exists(path):
    known = {PREFIX + name.upper() for name in Settings.__dataclass_fields__}
    named = set(re.findall(rf"\b{PREFIX}[A-Z_]*[A-Z]\b", read(path)))
    assert named - known <= {"FACTEUR_DATA", "FACTEUR_TEST_POSTGRES_URL"}


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    return create_app(
        Settings(var=tmp_path_factory.mktemp("var")),
        store=MemoryStore(),
        policy=read_policy(),
        bell=SilentBell(),
        session_secret=b"s" * 32,
    )


def test_the_page_of_the_api_names_every_problem_with_its_status():
    page = read(API)
    for problem in PROBLEMS.values():
        assert f"| `/problems/{problem.slug}` | {problem.status} |" in page
    assert set(re.findall(r"/problems/([a-z-]+)`", page)) == set(PROBLEMS)


def is_page(served, rule):
    """Say whether an address is a page of the console: it asks for a user's role rather than for a key's scope."""
    declared = declaration_of(served, rule.endpoint)
    return declared is not None and declared.role is not None


def test_the_page_of_the_api_names_every_route_and_no_other(served):
    page = read(API)
    routes = {
        (method, re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule).replace("{job_id}", "{id}"))
        for rule in served.url_map.iter_rules()
        for method in rule.methods - {"HEAD", "OPTIONS"}
        if not rule.rule.startswith(("/static", "/sign-")) and not is_page(served, rule)
    }
    named = set(re.findall(r"`(GET|POST|DELETE|PUT|PATCH) (/[\w./{}-]*)`", page))
    assert routes == named


def test_the_page_of_the_api_names_every_scope():
    assert [scope for scope in SCOPES if f"| `{scope}` |" not in read(API)] == []


def test_the_code_that_verifies_callbacks_accepts_ours_and_no_others():
    (code,) = blocks(API, "python")
    names = {}
    exec(code, names)  # noqa: S102 - our own page
    verify, body, now = names["verify"], b'{"id": "1"}', int(time.time())
    secret, key = "whsec_" + "A" * 32, b"\0" * 24
    headers = sign(body, message_id="m1", timestamp=now, secret=key)
    assert verify(body, headers, secret)
    assert not verify(body + b" ", headers, secret)
    assert not verify(body, headers, "whsec_" + "B" * 32)
    assert not verify(body, sign(body, message_id="m1", timestamp=now - 301, secret=key), secret)
    assert not verify(body, {**headers, "webhook-id": "m2"}, secret)


def test_the_page_of_operations_names_every_metric_and_no_other():
    stored = {family.name for family in StoreCollector(MemoryStore(), read_policy(), time.time).collect()}
    counted = {
        f"{metric._name}{'_total' if metric._type == 'counter' else ''}"
        for metric in vars(worker_metrics).values()
        if isinstance(metric, MetricWrapperBase)
    }
    of_the_api = {"facteur_accepted_total", "facteur_http_request_total", "facteur_http_request_duration_seconds"}
    named = set(re.findall(r"\bfacteur_[a-z_]+\b", read(OPERATIONS)))
    assert named == stored | counted | of_the_api


def test_the_example_policy_is_one_and_stands_on_the_page():
    policy = read_policy(EXAMPLES / "policy.yaml")
    assert set(policy.labels) == {"waste", "roads", "civil_status"}
    assert policy.labels["civil_status"].threshold == 0.0
    (shown, asked, _) = (yaml.safe_load(block) for block in blocks(DOCS / "rules.md", "yaml"))
    whole = yaml.safe_load(read(EXAMPLES / "policy.yaml"))
    assert shown == {**whole, "labels": {"waste": whole["labels"]["waste"]}}
    assert set(asked) == {"triage", "precision", "strangers"}


def test_the_example_rules_fit_the_bundled_policy_and_stand_on_the_page():
    policy = read_policy(None, EXAMPLES / "rules.yaml")
    assert [rule.name for rule in policy.rules_of(Stage.AFTER)] == ["injury on the road", "big customers first"]
    assert "accounting" in policy.queues
    (_, _, shown) = (yaml.safe_load(block) for block in blocks(DOCS / "rules.md", "yaml"))
    whole = yaml.safe_load(read(EXAMPLES / "rules.yaml"))["rules"]
    assert [rule for rule in shown["rules"] if rule not in whole] == []


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.yaml")), ids=lambda path: path.name)
def test_every_example_is_linked_from_a_page(path):
    assert f"(examples/{path.name})" in read(DOCS / "rules.md")


@pytest.mark.parametrize("path", sorted((DOCS / "pictures").glob("*.svg")), ids=lambda path: path.name)
def test_every_picture_is_whole_describes_itself_and_asks_no_other_host(path):
    root = ET.fromstring(read(path))  # noqa: S314 - our own file
    tags = {element.tag.rpartition("}")[2] for element in root.iter()}
    assert {"title", "desc"} <= tags
    assert tags.isdisjoint({"script", "image", "foreignObject"})
    assert "prefers-color-scheme: dark" in read(path)
    assert "://" not in read(path).replace("http://www.w3.org/2000/svg", "")


def test_the_command_line_answers_for_help_as_it_is_written_about():
    done = subprocess.run(
        [sys.executable, "-m", "facteur", "--help"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0
    assert [words[0] for words in commands() if len(words) == 1 and f"  {words[0]} " not in done.stdout] == []
