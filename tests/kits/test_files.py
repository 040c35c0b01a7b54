"""A generated project holds what its answers ask for, and nothing else: no file, no mark, no name too many."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from generating import KITS_FOLDER, generate
from listed import expected_files
from matrix import AXES, DEFAULTS, EVERY, FEW, KITS, NAME, OWN_AXES, PACKAGE, PAIRS, SLUG, combination
from reading import anchors, files_of, foreign_paragraphs, pages_of, prose, texts_of

QUESTIONS = yaml.safe_load((KITS_FOLDER / "questions.yml").read_text(encoding="utf-8"))
ASKED = "|".join(name for name in QUESTIONS if not name.startswith("_"))
MARKS = re.compile(rf"\{{%|\s-?%\}}|\{{\{{[-\s]*(?:_copier|{ASKED})\b|\bjinja\b|StrictUndefined")
LICENCES = {
    "Apache-2.0": "Apache License",
    "MIT": "Permission is hereby granted, free of charge",
    "BSD-3-Clause": "Redistribution and use in source and binary forms",
}
MOST_LINES = 400
SPEAKS_OF = {
    "deploy": "rancher|kubernetes|kustomiz|kubectl|fleet",
    "monitoring": "grafana|servicemonitor",
    "streaming": "structured streaming|ingest",
    "mlflow": "mlflow",
}
"""By answer, words that a project without it has no use for."""
OF_ITS_OWN = {"pyspark": "kubernetes"}
"""Words that are no leftover in the code of a kit: Spark can ask Kubernetes for executors, whoever deploys it."""
MODULES = {"pyyaml": "yaml", "scikit-learn": "sklearn", "mlflow-skinny": "mlflow"}
"""By package, what is imported of it where that has another name."""
NEEDED_BY = {
    "alembic": "mlflow",
    "numpy": "pyspark",
    "pyarrow": "pyspark",
    "scipy": "scikit-learn",  # a model's card says its version
    "sqlalchemy": "mlflow",
}
"""What is named for the sake of another package, which uses it and does not ask for it or for its version by itself."""


def each():
    """Try few combinations, in the quick form of `make kits` every two answers together, in the whole one all."""
    more = [one for one in PAIRS if one not in FEW]
    most = [one for one in EVERY if one not in {*FEW, *PAIRS}] if os.environ.get("KITS") == "whole" else []
    marked = [pytest.param(one, marks=pytest.mark.installs) for one in more]
    return pytest.mark.parametrize("one", [*FEW, *marked, *most], ids=str)


def test_every_question_that_changes_files_is_tried():
    choosing = {
        name: question
        for name, question in QUESTIONS.items()
        if not name.startswith("_") and (question["type"] == "bool" or "choices" in question)
    }
    own = {name for axes in OWN_AXES.values() for name in axes}
    assert set(choosing) == {"kit", *AXES, *own}
    for name, answers in AXES.items():
        choices = choosing[name].get("choices", [True, False])
        assert set(answers) == set(choices.values() if isinstance(choices, dict) else choices), name
        assert answers[0] == choosing[name]["default"], name


def test_every_two_answers_of_a_kit_meet_in_what_is_tried():
    assert len(PAIRS) < len(EVERY) / 4
    for kit in KITS:
        tried = [one for one in PAIRS if one.kit == kit]
        assert tried[0] == combination(kit)
        for wanted in (one for one in EVERY if one.kit == kit):
            answers = dict(wanted.answers)
            for first in answers:
                for second in answers:
                    assert any(one[first] == wanted[first] and one[second] == wanted[second] for one in tried)


@each()
def test_there_are_exactly_the_files_that_were_asked_for(generated, one):
    project = generated(one)
    found = {str(path.relative_to(project)) for path in project.rglob("*") if not path.is_dir()}
    expected = expected_files(one)
    assert {"too many": sorted(found - expected), "too few": sorted(expected - found)} == {
        "too many": [],
        "too few": [],
    }


@each()
def test_nothing_speaks_of_what_was_not_asked_for(generated, one):
    """But for the answers themselves, and for pages that say how to ask for it later."""
    unwanted = "|".join([words for answer, words in SPEAKS_OF.items() if not one[answer]] or ["(?!)"])
    wrong = []
    for name, text in texts_of(generated(one)):
        if name.startswith((".copier-answers.yml", "ci/")):
            continue
        own = OF_ITS_OWN.get(one.kit, "(?!)") if name.startswith(("src/", "tests/")) else "(?!)"
        for line in text.splitlines():
            said = re.sub(rf"--data \w+=\w+|{own}", "", line, flags=re.IGNORECASE)
            if re.search(unwanted, said, flags=re.IGNORECASE):
                wrong.append(f"{name}: {line.strip()}")
    assert wrong == []


@each()
def test_what_a_machine_must_have_is_said_with_the_systems_that_have_it(generated, one):
    project = generated(one)
    brings_redis_to_some = "platform_machine" in (project / "pyproject.toml").read_text(encoding="utf-8")
    for name in ("README.md", "CONTRIBUTING.md"):
        page = (project / name).read_text(encoding="utf-8")
        assert "Debian 12" in page
        assert "Ubuntu 24.04" in page
        assert ("ARM" in page and "redis-server" in page) == brings_redis_to_some


def modules_of(project):
    """Return the modules that a project's own code imports, by their outermost name."""
    code = "\n".join(text for name, text in texts_of(project) if name.endswith(".py") and not name.startswith("ci/"))
    return set(re.findall(r"(?:^\s*(?:from|import) |find_spec\(\")(\w+)", code, flags=re.MULTILINE))


@each()
def test_every_dependency_is_imported_or_called_by_somebody(generated, one):
    project = generated(one)
    told = tomllib.loads((project / "pyproject.toml").read_text(encoding="utf-8"))
    asked = [*told["project"]["dependencies"], *told["dependency-groups"]["dev"]]
    asked += [name for extra in told["project"].get("optional-dependencies", {}).values() for name in extra]
    names = [re.match(r"[\w.-]+", requirement)[0] for requirement in asked]
    scripts = ("Makefile", ".pre-commit-config.yaml", "requirements/lock.sh")
    called = "\n".join((project / name).read_text(encoding="utf-8") for name in scripts)
    used = modules_of(project)

    def is_used(name):
        name = name.removeprefix("types-").removesuffix("-stubs")
        module = MODULES.get(name, name.replace("-", "_"))
        needed = NEEDED_BY.get(name)
        return module in used or re.search(rf"(?:-m |bin/){module}\b", called) or (needed and is_used(needed))

    assert [name for name in names if not is_used(name)] == []


@each()
def test_no_mark_of_the_template_is_left(generated, one):
    project = generated(one)
    assert [str(path) for path in project.rglob("*") if re.search(r"[{}]|\.jinja$|^\.?tmp", path.name)] == []
    assert [f"{name}: {mark[0]}" for name, text in texts_of(project) for mark in MARKS.finditer(text)] == []


@each()
def test_no_folder_and_no_file_is_empty(generated, one):
    project = generated(one)
    assert [str(path) for path in project.rglob("*") if path.is_dir() and not any(path.iterdir())] == []
    assert [
        str(path)
        for path in files_of(project)
        if not path.stat().st_size and path.name not in {"__init__.py", "py.typed"}
    ] == []
    assert [str(path) for path in project.rglob("*") if path.is_symlink()] == []


@each()
def test_every_text_is_tidy(generated, one):
    untidy = []
    for name, text in texts_of(generated(one)):
        if not text or name == "LICENSE":
            continue
        seldom = name.endswith((".md", ".toml", ".yml", ".yaml", "Dockerfile", "Makefile", ".sh"))
        gap = r"\n\n\n" if seldom else r"\n\n\n\n"
        for what, pattern in {
            "blanks at the end of a line": r"[ \t]+$",
            "a gap": gap,
            "a carriage return": r"\r",
            "blank lines at the begin": r"\A\s",
        }.items():
            if re.search(pattern, text, flags=re.MULTILINE):
                untidy.append(f"{name}: {what}")
        if not text.endswith("\n") or text.endswith("\n\n"):
            untidy.append(f"{name}: its end")
    assert untidy == []


@each()
def test_every_link_leads_to_a_page_and_to_a_heading_of_it(generated, one):
    wrong = []
    for path, page in pages_of(generated(one)):
        for link in re.findall(r"\]\(([^)\s]+)\)", prose(page)):
            if "://" in link or link.startswith("mailto:"):
                continue
            target, _, anchor = link.partition("#")
            other = (path.parent / target).resolve() if target else path
            if not other.exists() or (anchor and anchor not in anchors(other.read_text(encoding="utf-8"))):
                wrong.append(f"{path.name}: {link}")
    assert wrong == []


@each()
def test_every_file_and_target_that_a_page_names_exists(generated, one):
    """Between backticks and in shell blocks: paths that begin with a folder of the project, and `make` targets."""
    project = generated(one)
    folders = "|".join(re.escape(path.name) for path in project.iterdir() if path.is_dir())
    targets = set(re.findall(r"^([a-z-]+):", (project / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE))
    ignored = re.findall(r"^/?(\w+)/$", (project / ".gitignore").read_text(encoding="utf-8"), flags=re.MULTILINE)
    wrong = []
    for path, page in pages_of(project):
        code = "\n".join(
            re.findall(r"`([^`\n]+)`", prose(page)) + re.findall(r"```sh\n(.*?)```", page, flags=re.DOTALL)
        )
        named = re.findall(rf"(?<![\w/.=-])(?:{folders})/[\w./*-]*\w[/*]?(?:\.\w+)?", code)
        tracked = [name for name in named if name.split("/")[0] not in ignored and "NNNN" not in name]
        wrong += [f"{path.name}: {name}" for name in tracked if not list(project.glob(name.rstrip("/")))]
        wrong += [
            f"{path.name}: make {name}"
            for name in re.findall(r"(?<!install )\bmake ([a-z-]+)\b", code)
            if name not in targets
        ]
    assert wrong == []


@each()
def test_pages_are_in_the_language_that_was_chosen(generated, one):
    wrong = [
        f"{path.name}: {paragraph}"
        for path, page in pages_of(generated(one))
        for paragraph in foreign_paragraphs(page, one["language"])
    ]
    assert wrong == []


def test_a_paragraph_in_the_other_language_is_seen():
    english = "The report is written when all of the claims are read, and what is wrong with a row is named."
    french = "Le rapport est écrit quand tous les sinistres sont lus, et ce qui ne va pas dans une ligne est nommé."
    assert foreign_paragraphs(f"# Titre\n\n{french}\n\n{english}\n", "fr") == [english + "\n"]
    assert foreign_paragraphs(f"# Title\n\n- {english}\n- {french}\n", "en") == [f"- {french}\n"]


@each()
def test_the_licence_is_the_one_that_was_chosen(generated, one):
    project, chosen = generated(one), one["license"]
    declared = tomllib.loads((project / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    said = "\n".join(page for _, page in pages_of(project))
    if chosen == "none":
        assert not (project / "LICENSE").exists()
        assert "license" not in declared
    else:
        text = (project / "LICENSE").read_text(encoding="utf-8")
        assert LICENCES[chosen] in text
        assert declared["license"] == chosen
        assert chosen in said
    assert [other for other in LICENCES if other != chosen and re.search(rf"\b{other}\b", said)] == []


@each()
def test_what_a_machine_reads_can_be_read(generated, one):
    for path in files_of(generated(one)):
        text = path.read_bytes()
        if path.suffix in {".yml", ".yaml"} and "inputs" not in text.decode():
            assert list(yaml.compose_all(text, yaml.SafeLoader)), path
        elif path.suffix == ".toml":
            assert tomllib.loads(text.decode()), path
        elif path.suffix == ".sh":
            done = subprocess.run(["/bin/sh", "-n", path], capture_output=True, text=True, check=False)
            assert done.returncode == 0, f"{path}: {done.stderr}"


@each()
def test_modules_fit_a_screen_or_two_and_have_a_name(generated, one):
    project = generated(one)
    modules = [path for path in files_of(project) if path.suffix == ".py"]
    assert [path.name for path in modules if len(path.read_text(encoding="utf-8").splitlines()) > MOST_LINES] == []
    nameless = {"utils", "util", "helpers", "helper", "common", "misc", "manager"}
    assert [path.name for path in modules if nameless & set(path.stem.split("_"))] == []


@each()
def test_the_code_is_in_the_form_that_its_own_settings_ask_for(generated, one):
    project = generated(one)
    for words in (["check"], ["format", "--check"]):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *words, "--no-cache", "."],
            cwd=project,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr


def locks_of(project):
    return [path for path in (project / "requirements").glob("*.txt") if "==" in path.read_text(encoding="utf-8")]


def pins(path):
    return dict(re.findall(r"^([\w.-]+)==([^\s;]+)", path.read_text(encoding="utf-8"), flags=re.MULTILINE))


@each()
def test_every_pin_has_a_hash_and_no_address(generated, one):
    locks = locks_of(generated(one))
    assert {"run.txt", "dev.txt"} <= {path.name for path in locks}
    for path in locks:
        text = path.read_text(encoding="utf-8")
        assert "://" not in text
        pinned = re.split(r"^(?=[\w.-]+==)", text, flags=re.MULTILINE)[1:]
        assert len(pinned) >= len(pins(path)) > 0
        assert [pin for pin in pinned if "--hash=sha256:" not in pin] == []


@pytest.mark.parametrize("one", DEFAULTS, ids=str)
def test_what_tests_install_holds_what_runs_in_the_same_versions(generated, one):
    folder = generated(one) / "requirements"
    assert pins(folder / "run.txt").items() <= pins(folder / "dev.txt").items()


LONG = {
    "project_name": "L'été à Noël : sinistres d'Île-de-France et d'outremer, 2026",
    "slug": "sinistres-d-ile-de-france-et-outre-mer26",
    "description": "Résume, mois après mois, les sinistres de l'Île-de-France et d'outre-mer, à l'euro près ; dès 2026",
    "team": "L'équipe « Données & modèles », Île-de-France",
    "contact": "donnees+sinistres@assurance.example.org",
}
SHORT = {"project_name": "Q", "slug": "q", "description": "Q", "team": "Q", "contact": "q@example.org"}


@pytest.mark.installs
@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("answers", [LONG, SHORT], ids=["long names", "short names"])
@pytest.mark.parametrize("kit", KITS)
def test_another_projects_name_is_nowhere_and_its_own_is_everywhere(tmp_path, kit, answers, language):
    one = combination(kit, language=language, license="MIT")
    project = generate(tmp_path / "project", one, **answers)
    for name, text in texts_of(project):
        assert not re.search(f"{NAME}|{SLUG}|{PACKAGE}", f"{name}\n{text}"), name
    assert (project / "src" / answers["slug"].replace("-", "_")).is_dir()
    assert f"# {answers['project_name']}\n" in (project / "README.md").read_text(encoding="utf-8")
    declared = tomllib.loads((project / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert declared["description"] == answers["description"]
    assert declared["authors"] == [{"name": answers["team"], "email": answers["contact"]}]
    test_what_a_machine_reads_can_be_read(lambda _: project, one)
    # Names that are longer or shorter must not make a line too long, or one that fits stay broken.
    test_the_code_is_in_the_form_that_its_own_settings_ask_for(lambda _: project, one)


def test_kits_share_files_by_links_one_by_one():
    """A folder that is a link would let a kit's own file into the others."""
    links = [path for path in KITS_FOLDER.rglob("*") if path.is_symlink()]
    assert links
    root = KITS_FOLDER.parent
    for path in links:
        assert path.resolve().is_file(), path
        assert not Path(path.readlink()).is_absolute(), path
        assert path.resolve().is_relative_to(root), path
