"""The branch is read and pushed to with a token, in any language, and beside others who push."""

from __future__ import annotations

import os
import shutil

from deployments import image
from git_server import serving_git


def test_the_token_reaches_the_server_that_asks_for_it_and_no_log(deployments, monkeypatch):
    token = "a-token-that-nobody-shall-read"
    log = deployments.folder / "trace"
    for name in ("GIT_TRACE", "GIT_TRACE_CURL", "GIT_TRACE_SETUP"):
        monkeypatch.setenv(name, str(log))
    monkeypatch.setenv("CI", "true")
    monkeypatch.setenv("DEPLOY_TOKEN", token)
    with serving_git(deployments.folder, "oauth2", token) as (address, came):
        said = deployments.deploy(1, repository=f"{address}/server.git")
        monkeypatch.setenv("DEPLOY_TOKEN", "another-token")
        refused = deployments.deploy(2, repository=f"{address}/server.git", code=1)
    assert deployments.running() == image(1)
    assert f"oauth2:{token}" in came
    assert set(came) == {None, f"oauth2:{token}", "oauth2:another-token"}
    assert "cannot be read" in refused
    assert "$DEPLOY_TOKEN" in log.read_text()
    assert "nobody-shall-read" not in said + refused + log.read_text()


def test_a_pipeline_without_a_token_says_which_one_is_missing(deployments, monkeypatch):
    monkeypatch.setenv("CI", "true")
    monkeypatch.setenv("DEPLOY_TOKEN", "")
    said = deployments.deploy(1, repository="https://gitlab.example/insurance/facteur.git", code=1)
    assert said.startswith("DEPLOY_TOKEN is empty")
    assert "protected variable is empty on a branch that is not protected" in said


def test_the_first_deployment_does_not_ask_which_language_git_speaks(deployments, monkeypatch):
    """A git that speaks French wherever it is not told to speak as programs read it."""
    folder = deployments.folder / "bin"
    folder.mkdir()
    french = folder / "git"
    french.write_text(
        "#!/bin/sh\n"
        f'{shutil.which("git")} "$@" 2>"$0.$$"\n'
        "code=$?\n"
        """[ "$LC_ALL" = C ] || sed -i "s/couldn't find remote ref/impossible de trouver la référence/" "$0.$$"\n"""
        'cat "$0.$$" >&2\n'
        "exit $code\n"
    )
    french.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    monkeypatch.setenv("LC_ALL", "fr_FR.UTF-8")
    deployments.deploy(1)
    assert deployments.running() == image(1)


def test_somebody_elses_push_in_between_is_kept(deployments):
    """The server refuses the first push, as it does when another job was faster, and lets the second through."""
    deployments.deploy(1)
    deployments.by_hand("rancher/base/api.yaml", "replicas: 7\n")
    hook = deployments.server / "hooks" / "pre-receive"
    hook.write_text(
        '#!/bin/sh\n[ -e "$GIT_DIR/refused" ] || { : >"$GIT_DIR/refused"; echo "try again" >&2; exit 1; }\n'
    )
    hook.chmod(0o755)
    deployments.deploy(2)
    assert deployments.running() == image(2)
    assert deployments.titles() == ["Deploy facteur:2.0 to staging", "By hand", "Deploy facteur:1.0 to staging"]


def test_a_server_that_takes_no_push_is_named_as_the_reason(deployments):
    hook = deployments.server / "hooks" / "pre-receive"
    hook.write_text('#!/bin/sh\necho "protected branch" >&2\nexit 1\n')
    hook.chmod(0o755)
    assert "protected branch" in deployments.deploy(1, code=1)


def test_a_repository_that_cannot_be_reached_is_named(deployments):
    assert "cannot be read" in deployments.deploy(1, code=1, repository=deployments.folder / "nowhere.git")
