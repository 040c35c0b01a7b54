"""A project follows its kit: `copier update` merges, shows what both sides changed, and asks for no trust."""

from __future__ import annotations

import subprocess

import copier
import pytest
import yaml
from generating import ROOT, commit, git
from matrix import KITS, PACKAGE, combination
from repositories import put_kits, release, repository

EACH = [KITS[0], *(pytest.param(kit, marks=pytest.mark.installs) for kit in KITS[1:])]
SOME = [pytest.param(kit, marks=pytest.mark.installs if kit == KITS[0] else pytest.mark.whole) for kit in KITS]
"""An update takes copier five seconds of the processor's time."""
NO_RELEASE = "No release holds starter kits yet, so no update from one was tested."


@pytest.fixture(scope="module")
def kits(tmp_path_factory):
    """A repository of two versions: the second has another title, one file more, one less, and a line more."""
    folder = repository(tmp_path_factory.mktemp("kits") / "facteur")
    starter_kits = folder / "starter_kits"
    for kit in KITS:
        for readme in (starter_kits / kit).glob("*README.md*"):
            title = "# {{ project_name }}"
            readme.write_text(readme.read_text("utf-8").replace(title, f"{title}: v1.1.0", 1), "utf-8")
        (starter_kits / kit / "docs").mkdir(parents=True, exist_ok=True)
        (starter_kits / kit / "src" / "{{ package }}").mkdir(parents=True, exist_ok=True)
        (starter_kits / kit / "docs" / "NEW.md.jinja").write_text("# New to {{ project_name }}\n", "utf-8")
        for template in (starter_kits / kit / "docs" / "adr").glob("*0000*"):
            template.unlink()
        (starter_kits / kit / "src" / "{{ package }}" / "later.py").write_text('"""Later."""\n', "utf-8")
    install = starter_kits / "shared" / "install.sh"
    install.write_text(install.read_text("utf-8") + "# mended in v1.1.0\n", "utf-8")
    release(folder, "v1.1.0")
    return folder


@pytest.fixture
def made(tmp_path, kits, monkeypatch):
    """Makes a project by copier alone from v1.0.0, committed."""
    monkeypatch.delenv("COPIER_SETTINGS_PATH", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))

    def making(kit, **answers):
        folder = tmp_path / "project"
        data = combination(kit, **answers).data
        copier.run_copy(str(kits), folder, data=data, vcs_ref="v1.0.0", defaults=True, quiet=True)
        commit(folder)
        return folder

    return making


def update(folder, **how):
    copier.run_update(folder, defaults=True, overwrite=True, quiet=True, **how)


def status_of(folder):
    """What git says of each file that is not as it was committed."""
    return {line[3:]: line[:2] for line in git_lines(folder, "status", "--porcelain", "--untracked-files=all")}


def git_lines(folder, *words):
    done = subprocess.run(["git", *words], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


@pytest.mark.parametrize("kit", EACH)
def test_what_nobody_touched_follows_and_what_both_changed_is_shown(made, kit):
    folder = made(kit)
    readme, makefile, code = folder / "README.md", folder / "Makefile", folder / "src" / PACKAGE
    first_line, rest = readme.read_text("utf-8").split("\n", 1)
    assert first_line == "# Claims radar"
    readme.write_text("# Our radar\n" + rest, "utf-8")
    makefile.write_text(makefile.read_text("utf-8") + "\nours: ## Ours\n\t@echo ours\n", "utf-8")
    (code / "ours.py").write_text('"""Ours."""\n', "utf-8")
    gone = min(path for path in code.glob("*.py") if path.name not in {"__init__.py", "__main__.py", "ours.py"})
    gone.unlink()
    commit(folder, "Make it ours")

    update(folder)

    assert status_of(folder) == {
        ".copier-answers.yml": " M",
        "README.md": "UU",
        "docs/NEW.md": "??",
        "docs/adr/0000-template.md": " D",
        "requirements/install.sh": " M",
        f"src/{PACKAGE}/later.py": "??",
    }
    assert readme.read_text("utf-8").startswith(
        "<<<<<<< before updating\n# Our radar\n=======\n# Claims radar: v1.1.0\n>>>>>>> after updating\n"
    )
    assert (folder / "requirements" / "install.sh").read_text("utf-8").endswith("# mended in v1.1.0\n")
    assert makefile.read_text("utf-8").endswith("@echo ours\n")
    assert not gone.exists(), "what was deleted stays so"
    assert "_commit: v1.1.0\n" in (folder / ".copier-answers.yml").read_text("utf-8")
    assert list(folder.rglob("*.rej")) == []


@pytest.mark.parametrize("kit", SOME)
def test_an_untouched_project_becomes_what_a_new_one_is(made, kits, tmp_path, kit):
    folder = made(kit, language="fr", license="MIT", components="included")
    update(folder)
    data = combination(kit, language="fr", license="MIT", components="included").data
    fresh = tmp_path / "fresh"
    copier.run_copy(str(kits), fresh, data=data, vcs_ref="v1.1.0", defaults=True, quiet=True)
    assert files(folder) == files(fresh)


def files(folder):
    return {
        str(path.relative_to(folder)): (path.read_bytes(), path.stat().st_mode & 0o111)
        for path in folder.rglob("*")
        if path.is_file() and path.relative_to(folder).parts[0] != ".git"
    }


@pytest.mark.parametrize("kit", SOME)
def test_another_answer_leaves_what_a_new_project_with_it_has(made, kits, tmp_path, kit):
    folder, fresh = made(kit, license="MIT"), tmp_path / "fresh"
    update(folder, vcs_ref="v1.0.0", data={"deploy": False, "license": "Apache-2.0", "language": "fr"})
    data = combination(kit, license="Apache-2.0", deploy=False, language="fr").data
    data["description"] = yaml.safe_load((folder / ".copier-answers.yml").read_text("utf-8"))["description"]
    copier.run_copy(str(kits), fresh, data=data, vcs_ref="v1.0.0", defaults=True, quiet=True)
    assert "UU" not in status_of(folder).values()
    assert not (folder / "rancher").exists()
    assert files(folder) == files(fresh)


def test_marks_of_a_conflict_cannot_be_committed(made):
    """They look like git's, and the project's hook looks for those outside of a merge too."""
    hooks = yaml.safe_load((made("python") / ".pre-commit-config.yaml").read_text("utf-8"))["repos"][0]["hooks"]
    (hook,) = (hook for hook in hooks if hook["id"] == "conflict-marks")
    assert hook["entry"].endswith("check_merge_conflict --assume-in-merge")


def test_changes_that_are_not_committed_are_safe(made):
    """An update wants to be undone by git, so it begins with nothing uncommitted."""
    folder = made("python")
    (folder / "README.md").write_text("not committed\n", "utf-8")
    with pytest.raises(copier.errors.UserMessageError, match="dirty"):
        update(folder)
    assert status_of(folder) == {"README.md": " M"}


# -- a version that was really released


def released():
    """The newest tag of this repository that holds starter kits, if there is one."""
    tags = git_lines(ROOT, "tag", "--list", "v[0-9]*", "--sort=-version:refname") if (ROOT / ".git").exists() else []
    for tag in tags:
        if git_lines(ROOT, "ls-tree", "--name-only", tag, "copier.yml", "starter_kits/questions.yml"):
            return tag
    return None


@pytest.mark.history
@pytest.mark.parametrize("kit", EACH)
def test_a_project_of_the_last_release_becomes_what_a_new_one_is(tmp_path, kit):
    tag = released()
    if tag is None:
        pytest.skip(NO_RELEASE)
    folder, repository_, fresh = tmp_path / "project", tmp_path / "facteur", tmp_path / "fresh"
    git(tmp_path, "clone", "--quiet", "--shared", str(ROOT), str(repository_))
    git(repository_, "checkout", "--quiet", tag)
    put_kits(repository_)
    release(repository_, "v9999.0.0")
    data = combination(kit).data
    copier.run_copy(str(repository_), folder, data=data, vcs_ref=tag, defaults=True, quiet=True)
    commit(folder)
    update(folder)
    copier.run_copy(str(repository_), fresh, data=data, vcs_ref="v9999.0.0", defaults=True, quiet=True)
    assert files(folder) == files(fresh)
