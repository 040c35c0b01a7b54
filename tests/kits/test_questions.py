"""What is asked: defaults that names are made into, names that are refused, and texts that reach files as they are."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import copier
import pytest
import yaml
from copier.errors import CopierError
from generating import KITS_FOLDER, generate, laid_out
from matrix import KITS, combination

STRANGE = {
    "project_name": "L'Île d'été : œuvre & cie, 2ᵉ - « à suivre »",
    "description": "C'est: l'œuvre d'été; 100 - 1 ~ 99 (environ), n'est-ce pas? Oui, @tous!",
    "team": "R&D : été",
}


def questions():
    return yaml.safe_load((KITS_FOLDER / "questions.yml").read_text(encoding="utf-8"))


def answers_to(folder, **given):
    """Return the answers that a project gets, without making its files."""
    worker = copier.run_copy(str(laid_out()), folder, data=given, defaults=True, quiet=True, exclude=["*"])
    return worker.answers.combined


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Claims radar", "claims-radar"),
        ("L'Île d'été : œuvre", "l-ile-d-ete-oeuvre"),
        ("Straße & Søn", "strasse-s-n"),
        ("2027 renewals", "renewals"),
        ("A" * 60, "a" * 40),
        ("Thirty-nine letters and then a hyphen it seems", "thirty-nine-letters-and-then-a-hyphen-it"),
    ],
)
def test_a_name_for_machines_is_made_of_the_name_for_people(tmp_path, name, slug):
    answers = answers_to(tmp_path, project_name=name)
    assert (answers["slug"], answers["package"]) == (slug, slug.replace("-", "_"))
    assert answers["registry"].endswith(f"/{slug}")
    assert answers["repository"].endswith(f"/{slug}.git")


@pytest.mark.parametrize("name", ["项目", "2027", "Flask", "Prometheus flask exporter", "Tests"])
def test_no_name_for_machines_is_proposed_that_would_be_refused(tmp_path, name):
    with pytest.raises((CopierError, ValueError), match='Question "slug" is required'):
        answers_to(tmp_path, project_name=name)


@pytest.mark.parametrize(
    ("question", "answers"),
    [
        ("project_name", ["two\nlines", "a `b`", "${HOME}", "", " ", "x" * 61, "{{ kit }}", "a\tb", "a\x00b", "tail "]),
        ("description", ['say "no"', "back\\slash", "x" * 101, "<b>", "a | b"]),
        ("team", ['"', "a\nb", "x" * 61]),
        ("slug", ["Claims", "claims_radar", "-claims", "claims-", "a--b", "9lives", "x" * 41, "json", "claims\n"]),
        (
            "package",
            [
                "claims-radar",
                "Claims",
                "_claims",
                "class",
                "json",
                "pydantic",
                "tests",
                "test_claims",
                "é",
                "x\n",
                "x" * 41,
            ],
        ),
        ("contact", ["ada", "ada@localhost", "ada@example.org\n", "a b@example.org"]),
        ("registry", ["image", "registry.example.org/Data/x", "registry.example.org/data/x:1", "https://r.org/x"]),
        ("repository", ["http://gitlab.example.org/x.git", "git@gitlab.example.org:x.git", "https://u:p@x.org/x.git"]),
        ("components_ref", ["-x", "a b", ""]),
        ("components_project", ["facteur", "/data/facteur", "data/../x y"]),
        ("kit", ["java"]),
        ("license", ["GPL-3.0"]),
        ("language", ["de"]),
    ],
)
def test_a_bad_answer_is_refused_by_its_question(tmp_path, question, answers):
    for answer in answers:
        given = {"project_name": "Claims radar", "components": "included", question: answer}
        with pytest.raises((CopierError, ValueError)) as refused:
            answers_to(tmp_path, **given)
        assert f"'{question}'" in str(refused.value), answer
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("port", [80, 65536, -1])
def test_a_port_that_nobody_may_open_is_refused(tmp_path, port):
    with pytest.raises(ValueError, match="A port is a number from 1024 to 65535"):
        answers_to(tmp_path, project_name="Claims radar", kit="predictive-api", port=port)


@pytest.mark.parametrize(
    ("question", "given"),
    [
        ("monitoring", {"kit": "python"}),
        ("monitoring", {"kit": "predictive-api", "deploy": False}),
        ("streaming", {"kit": "training"}),
        ("mlflow", {"kit": "pyspark"}),
    ],
)
def test_what_is_not_asked_is_neither_taken_nor_wished_for(tmp_path, question, given):
    assert answers_to(tmp_path, project_name="Claims radar", **given)[question] is False
    with pytest.raises(ValueError, match=rf"'{question}': Only .*; leave {question} out\."):
        answers_to(tmp_path, project_name="Claims radar", **given, **{question: True})


def test_no_package_hides_the_standard_library_or_a_library_of_a_kit():
    reserved = set(questions()["reserved_names"]["default"].split())
    assert {name for name in sys.stdlib_module_names if re.fullmatch("[a-z][a-z0-9_]*", name)} <= reserved

    locks = [*KITS_FOLDER.glob("*/requirements/*.txt"), *KITS_FOLDER.glob("*/requirements/*.txt.jinja")]
    locked = {name for lock in locks for name in re.findall(r"(?m)^([a-z0-9._-]+)==", lock.read_text(encoding="utf-8"))}
    assert {"pydantic", "pytest"} <= locked
    modules = {name.lower().replace("-", "_").replace(".", "_") for name in locked}
    modules |= {
        module
        for module, distributions in packages_distributions().items()
        if any(each.lower().replace("_", "-") in locked for each in distributions)
    }
    # What tests of a kit share lies on their path, before the package.
    shared = {path.name.split(".")[0] for path in KITS_FOLDER.glob("*/tests/*.py*")}
    modules |= {name for name in shared if not name.startswith("test_")}  # which no package may begin with
    missing = sorted({name for name in modules if re.fullmatch("[a-z][a-z0-9_]*", name)} - reserved)
    assert not missing, f"Add to reserved_names in starter_kits/questions.yml: {' '.join(missing)}"


@pytest.mark.parametrize(("language", "package"), [("en", "x"), ("fr", "x" * 40)], ids=["shortest", "longest"])
@pytest.mark.parametrize("kit", KITS)
def test_texts_reach_files_as_they_are_and_code_keeps_its_form_with_any_name(tmp_path, kit, language, package):
    project = generate(tmp_path / "project", combination(kit, language=language), slug="x", package=package, **STRANGE)
    told = tomllib.loads((project / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert (told["description"], told["authors"][0]["name"]) == (STRANGE["description"], STRANGE["team"])
    documents = [
        document
        for path in project.rglob("*")
        if path.suffix in {".yml", ".yaml"}
        for document in yaml.compose_all(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    ]
    assert len(documents) > 5

    ruff = Path(sys.executable).with_name("ruff")
    for words in (["check", "--no-cache", "--quiet"], ["format", "--no-cache", "--check", "--quiet", "--diff"]):
        done = subprocess.run([ruff, *words], cwd=project, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
