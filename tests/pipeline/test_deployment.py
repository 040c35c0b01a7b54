"""The product's own manifests, deployed as the pipeline deploys them, and its own image, tried out as it is there."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import signal
import socket
import subprocess
import sys

import pytest
import yaml
from checkout import ROOT, git

IMAGE = "registry.example/insurance/facteur:"
DIGESTS = {version: "@sha256:" + hashlib.sha256(version.encode()).hexdigest() for version in ("1.0.0", "1.1.0")}


def image(version, name=IMAGE):
    return name + version + DIGESTS[version]


@pytest.fixture
def server(tree, tmp_path):
    """A repository on a server, to which the tree's own manifests are deployed."""
    git(tmp_path, "init", "--quiet", "--bare", str(tmp_path / "server.git"))

    def gitops(act, *words, code=0):
        done = subprocess.run(
            [sys.executable, "ci/gitops", act, "--repository", str(tmp_path / "server.git"), *words],
            cwd=tree.path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    def read(branch, name):
        return git(tmp_path / "server.git", "show", f"{branch}:{name}")

    return gitops, read


@pytest.mark.parametrize("environment", ["staging", "production"])
@pytest.mark.quick
def test_our_own_manifests_are_deployed_with_their_images_and_go_back(server, environment):
    gitops, read = server
    where = ("--environment", environment, "--branch", f"deploy/{environment}")
    pinned = f"rancher/overlays/{environment}/image/kustomization.yaml"
    for version in DIGESTS:
        train = image(version, "registry.example/insurance/facteur-train:")
        gitops("deploy", *where, "--overlay", environment, "--image", image(version), "--also", f"{train} --train")
    component = yaml.safe_load(read(f"deploy/{environment}", pinned))
    images = {one["name"]: (one["newTag"], one["digest"]) for one in component["images"]}
    assert images == dict.fromkeys(("facteur", "facteur-train"), ("1.1.0", DIGESTS["1.1.0"][1:]))
    gitops("canary", *where, "--overlay", environment, "--image", image("1.0.0"))
    assert DIGESTS["1.0.0"][1:] in read(
        f"deploy/{environment}", f"rancher/overlays/{environment}/canary/kustomization.yaml"
    )
    gitops("rollback", *where)
    assert f"digest: {DIGESTS['1.0.0'][1:]}" in read(f"deploy/{environment}", pinned)
    assert "no canary" in read(f"deploy/{environment}", f"rancher/overlays/{environment}/canary/kustomization.yaml")
    assert gitops("status", *where).startswith(f"{environment} runs {image('1.0.0')}")


def test_a_canary_of_our_own_manifests_does_not_come_back_with_the_image_before(server):
    """The way that docs/deploy.md tells: a canary, the deployment, and back."""
    gitops, read = server
    branch = "deploy/production"
    where = ("--environment", "production", "--branch", branch)
    train = f"{image('1.0.0', 'registry.example/insurance/facteur-train:')} --train"
    beside = "rancher/overlays/production/canary/kustomization.yaml"
    gitops("deploy", *where, "--overlay", "production", "--image", image("1.0.0"), "--also", train)
    without = read(branch, beside)
    gitops("canary", *where, "--overlay", "production", "--image", image("1.1.0"))
    assert read(branch, beside) != without
    gitops("deploy", *where, "--overlay", "production", "--image", image("1.1.0"))
    assert read(branch, beside) == without
    gitops("rollback", *where)
    assert read(branch, beside) == without
    pinned = read(branch, "rancher/overlays/production/image/kustomization.yaml")
    assert DIGESTS["1.1.0"][1:] not in pinned
    assert pinned.count(DIGESTS["1.0.0"][1:]) == 2, "what serves, and what trains"


def test_a_deployment_that_leaves_an_image_of_nobody_is_refused(server):
    gitops, _ = server
    where = ("--environment", "staging", "--branch", "deploy/staging", "--overlay", "staging")
    said = gitops("deploy", *where, "--image", image("1.0.0"), code=1)
    assert "rancher/overlays/staging/image/kustomization.yaml names an image whose digest is all zeros" in said
    assert "--train" in said


def test_our_own_review_app_gets_a_namespace_and_an_address(server):
    gitops, read = server
    overlay = "rancher/overlays/review-{name}"
    make = f"{sys.executable} rancher/review.py --domain review.facteur.test"
    words = ("--branch", "deploy/reviews", "--name", "new-colours", "--overlay", overlay, "--make", make)
    gitops("review-start", *words, "--image", image("1.1.0"))
    made = read("deploy/reviews", f"reviews/new-colours/{overlay.format(name='new-colours')}/kustomization.yaml")
    assert yaml.safe_load(made)["namespace"] == "facteur-review-new-colours"
    assert "new-colours.review.facteur.test" in made


@contextlib.contextmanager
def started(command, environ):
    """What the job's service starts, until the test is through with it."""
    process = subprocess.Popen(
        command, cwd=ROOT, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)
        process.stdout.close()


def test_the_service_that_the_pipeline_starts_routes_mail(tree, tmp_path):
    """As the job `end-to-end` does, with processes in the place of containers."""
    job = yaml.safe_load(tree.ask("--preview").partition("---\n")[2])["end-to-end"]
    (service,) = (one for one in job["services"] if one.get("alias") == "facteur")
    (script,) = job["script"]
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    path = f"{ROOT / '.venv' / 'bin'}:{os.environ['PATH']}"
    ours = {
        "FACTEUR_VAR": str(tmp_path),
        "FACTEUR_PORT": str(port),
        "END_TO_END_SEED": "1-2",
        "END_TO_END_DATABASE_URL": "",
        "END_TO_END_REDIS_URL": "",
        "PATH": path,
        "PYTHONPATH": str(ROOT),
    }
    environ = {**{name: value for name, value in os.environ.items() if not name.startswith("FACTEUR_")}, **ours}
    with started([*service["entrypoint"], *service["command"]], environ):
        asked = script.replace("http://facteur:8025", f"http://127.0.0.1:{port}")
        done = subprocess.run(["sh", "-c", asked], cwd=ROOT, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "console, metrics and keys are as they should be" in done.stdout


def test_the_image_is_built_in_the_pipeline_and_known_by_its_digest(tree, tmp_path):
    """Pushed into a folder, since there is no registry here."""
    name = "localhost/facteur-ci-local"
    store = tmp_path / "registry"
    variables = {
        "IMAGE_STORE_TO": str(store),
        "CI_REGISTRY_IMAGE": name,
        "CI_JOB_ID": "7",
        # Built in this machine's own store, since there is no container to build in, and on what this machine can get.
        "STORAGE_DRIVER": "",
        "STAND_INS": "unreachable",
    }
    run = tree.with_variables(**variables).run("build-image-version", "build-image")
    assert run.code == 0, run.log
    assert run.passed("build-image")
    manifest = (store / "manifest.json").read_bytes()
    digest = hashlib.sha256(manifest).hexdigest()
    commit = git(tree.path, "rev-parse", "HEAD")
    assert (tree.path / "image.env").read_text() == f"BUILT_IMAGE={name}:{commit}-7@sha256:{digest}\n"
    config = json.loads((store / json.loads(manifest)["config"]["digest"].partition(":")[2]).read_bytes())
    labels = config["config"]["Labels"]
    assert labels["org.opencontainers.image.revision"] == commit
    version = next(line for line in run.log.splitlines() if "Built " in line)
    assert labels["org.opencontainers.image.version"] in version
    assert config["config"]["User"] == "10001:10001"
    removing = f"BUILDER=buildah; . image/engine.sh; find_builder; buildah rmi {name}:{commit}-7"
    subprocess.run(["sh", "-c", removing], cwd=ROOT, check=True, capture_output=True)
