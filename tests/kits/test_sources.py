"""Where kits come from, and what a project remembers of it: a checkout, a repository, a link that leads out."""

from __future__ import annotations

import shutil
from email.message import Message
from pathlib import Path

import copier
import pytest
import yaml
from click.testing import CliRunner
from generating import commit, git
from repositories import put_small_kits, release

from facteur import kits as kits_module
from facteur.cli import main


@pytest.fixture(scope="module")
def released(tmp_path_factory):
    """A repository with kits in v1.0.0, more in v1.1.0 and a branch; v0.9.0 had none yet."""
    folder = tmp_path_factory.mktemp("released") / "facteur"
    folder.mkdir()
    (folder / "README.md").write_text("# Facteur\n", "utf-8")
    release(folder, "v0.9.0")
    put_small_kits(folder)
    release(folder, "v1.0.0")
    marker = folder / "starter_kits" / "python" / "{{ package }}.txt"
    marker.write_text("of v1.1.0\n", "utf-8")
    release(folder, "v1.1.0")
    git(folder, "tag", "v2.0.0rc1")
    git(folder, "switch", "--quiet", "--create", "trial")
    marker.write_text("of the trial\n", "utf-8")
    commit(folder, "Try something")
    git(folder, "switch", "--quiet", "main")
    return folder


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.delenv("COPIER_SETTINGS_PATH", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")


def new(*arguments):
    return CliRunner().invoke(main, ["new", "radar", "--defaults", *map(str, arguments)])


def assert_refused(result, says):
    assert result.exit_code == 2, result.output
    assert says in result.stderr
    assert result.stderr.count("\n") == 1
    assert list(Path().iterdir()) == []


def remembered():
    answers = yaml.safe_load(Path("radar/.copier-answers.yml").read_text("utf-8"))
    return answers.get("_src_path"), answers.get("_commit")


def test_a_repository_gives_the_kits_of_its_newest_release(released):
    assert new("--from", released).exit_code == 0
    assert Path("radar/radar.txt").read_text("utf-8") == "of v1.1.0\n"
    assert remembered() == (str(released), "v1.1.0")


@pytest.mark.parametrize(("ref", "holds"), [("v1.0.0", None), ("trial", "of the trial\n"), ("v1.1.0", "of v1.1.0\n")])
def test_a_version_of_the_repository_can_be_named(released, ref, holds):
    assert new("--from", f"file://{released}", "--ref", ref).exit_code == 0
    marker = Path("radar/radar.txt")
    assert (marker.read_text("utf-8") if marker.exists() else None) == holds
    source, made_from = remembered()
    assert source == f"file://{released}"
    assert made_from == git(released, "describe", "--tags", "--always", ref)


def test_a_repository_that_was_named_from_here_is_remembered_from_anywhere(released, monkeypatch, tmp_path):
    (tmp_path / "here" / "facteur").symlink_to(released)
    monkeypatch.chdir(tmp_path / "here")
    assert new("--from", "facteur").exit_code == 0
    assert remembered() == (str(released), "v1.1.0")


@pytest.mark.parametrize(
    ("ref", "says"),
    [
        ("v0.9.0", "holds no starter kits at v0.9.0; name another version by --ref."),
        ("v7", "has no tag, branch or commit called v7."),
        ("--upload-pack=touch x", "has no tag, branch or commit called --upload-pack=touch x."),
    ],
)
def test_a_version_without_kits_is_told(released, ref, says):
    assert_refused(new("--from", released, f"--ref={ref}"), says)


def test_a_repository_that_is_none_is_told(tmp_path):
    assert_refused(new("--from", tmp_path / "nowhere"), "cannot be read: ")
    assert_refused(new("--from", tmp_path), "cannot be read: ")
    assert_refused(new("--from", "--upload-pack=touch x"), "cannot be read: ")


def test_a_repository_without_a_release_is_told(tmp_path):
    (tmp_path / "facteur").mkdir()
    commit(tmp_path / "facteur")
    assert_refused(new("--from", tmp_path / "facteur"), "has no release yet; name a branch or a commit by --ref.")


def test_a_password_is_kept_out_of_the_project():
    assert_refused(new("--from", "https://me:secret@gitlab.example.org/facteur.git"), "Leave the password out")


def test_without_git_a_repository_cannot_be_read(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert_refused(new("--from", "https://gitlab.example.org/facteur.git"), "need git; install it")


@pytest.mark.parametrize(("target", "says"), [("secret/key", "python/x"), ("secret", "python/x/key")])
@pytest.mark.parametrize("by_way", [False, True], ids=["at once", "by way of another"])
def test_kits_with_a_link_that_leads_out_are_refused(released, tmp_path, target, says, by_way):
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "--quiet", str(released), str(clone))
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "key").write_text("secret", "utf-8")
    out, link = clone / "way", clone / "starter_kits" / "python" / "x"
    out.symlink_to(tmp_path / target)
    link.symlink_to(out if by_way else tmp_path / target)
    release(clone, "v3.0.0")
    assert_refused(new("--from", clone), f"{says} leads out of them.")


# -- what lies beside this program


@pytest.fixture
def checkout(released, tmp_path, monkeypatch):
    """A checkout of the repository, with its own kits."""
    folder = tmp_path / "checkout"
    git(tmp_path, "clone", "--quiet", str(released), str(folder))
    monkeypatch.setattr(kits_module, "INSTALLED", folder / "starter_kits")
    return folder


@pytest.mark.parametrize(
    ("origin", "written"),
    [
        ("https://gitlab.example.org/data/facteur.git", "https://gitlab.example.org/data/facteur.git"),
        ("https://ci:secret@gitlab.example.org/data/facteur.git", "https://gitlab.example.org/data/facteur.git"),
        ("git@gitlab.example.org:data/facteur.git", "git@gitlab.example.org:data/facteur.git"),
        ("ssh://git@gitlab.example.org:2222/data/facteur.git", "ssh://git@gitlab.example.org:2222/data/facteur.git"),
        ("/srv/git/a #1/facteur.git", "/srv/git/a #1/facteur.git"),
    ],
)
def test_a_checkout_is_remembered_by_where_it_was_cloned_from(checkout, origin, written):
    git(checkout, "remote", "set-url", "origin", origin)
    assert new().exit_code == 0
    assert remembered() == (written, git(checkout, "describe", "--tags", "--always"))
    assert "secret" not in Path("radar/.copier-answers.yml").read_text("utf-8")


def test_a_checkout_that_was_cloned_from_nowhere_is_remembered_by_its_place_and_can_be_followed(checkout):
    git(checkout, "remote", "remove", "origin")
    result = new()
    assert result.exit_code == 0
    assert remembered() == (str(checkout), git(checkout, "describe", "--tags", "--always"))
    assert f"copier update will look for newer kits in {checkout}, on this machine" in result.stdout
    commit(Path("radar"))
    (checkout / "starter_kits" / "python" / "{{ package }}.txt").write_text("of v1.2.0\n", "utf-8")
    release(checkout, "v1.2.0")
    copier.run_update("radar", defaults=True, overwrite=True, skip_answered=True, quiet=True)
    assert Path("radar/radar.txt").read_text("utf-8") == "of v1.2.0\n"
    assert remembered() == (str(checkout), "v1.2.0")


@pytest.mark.parametrize(
    ("version", "links", "origin"),
    [
        ("1.2.3", ["Repository, https://x.example/f.git"], ("https://x.example/f.git", "v1.2.3")),
        ("1.2.3", ["Documentation, https://x.example"], (None, "v1.2.3")),
        ("1.2.4.dev3", None, (None, None)),
    ],
)
def test_an_installed_package_is_remembered_by_its_version(checkout, monkeypatch, version, links, origin):
    told = Message()
    told["Version"] = version
    for link in links or ():
        told["Project-URL"] = link
    shutil.rmtree(checkout / ".git")
    monkeypatch.setattr(kits_module.metadata, "metadata", lambda _: told)
    assert new().exit_code == 0
    assert remembered() == origin
    text = Path("radar/.copier-answers.yml").read_text("utf-8")
    assert ("needs one more line here, Facteur's repository: _src_path: https://" in text) == (origin[0] is None)
    assert ("needs one more line here, the version that this was made from: _commit: v" in text) == (origin[1] is None)


@pytest.mark.usefixtures("checkout")
def test_a_version_that_yaml_would_take_for_a_number_stays_a_text(monkeypatch):
    monkeypatch.setattr(kits_module, "_described", lambda _: "1234567")
    assert new().exit_code == 0
    assert remembered()[1] == "1234567"
