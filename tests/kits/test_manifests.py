"""The manifests of each kit: their own check passes, Kubernetes takes them, and what is wrong is refused."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys

import pytest
from generating import ROOT
from matrix import KITS, TRIED, combination
from workshop import lent

pytestmark = pytest.mark.installs

TOOLS = ROOT / "build" / "manifests"
JUDGE = ROOT / "tests" / "kits" / "judge_manifests.py"
DIGEST = "sha256:" + "0123456789abcdef" * 4
JOB, API, EXECUTOR = "base/job.yaml", "base/api.yaml", "executors/executor.yaml"
PLANTED = {
    "python": [
        (JOB, "readOnlyRootFilesystem: true", "readOnlyRootFilesystem: false", "can be written"),
        (JOB, "runAsNonRoot: true", "runAsNonRoot: false", "it may be root"),
        (JOB, "drop: [ALL]", "drop: [NET_RAW]", "it keeps capabilities"),
        (JOB, "automountServiceAccountToken: false", "automountServiceAccountToken: true", "a token for"),
        (JOB, "emptyDir: {sizeLimit: 512Mi}", "emptyDir: {}", "no sizeLimit"),
        (JOB, "cpu: 250m, ", "", "no requests.cpu"),
        (JOB, "seccompProfile: {type: RuntimeDefault}", "seccompProfile: {type: Unconfined}", "are not filtered"),
        ("base/network.yaml", "podSelector: {}", "podSelector: {matchLabels: {a: b}}", "denies by default"),
        ("fleet.yaml", "overlays/staging", "overlays/stagging", "the overlay stagging"),
        ("fleet.yaml", "defaultNamespace: claims-radar-staging", "defaultNamespace: other", "in namespace other"),
        ("overlays/staging/image/kustomization.yaml", "name: claims-radar", "name: other", "has no digest"),
    ],
    "pyspark": [
        (JOB, "runAsUser: 10001", "runAsUser: 0", "it may be root"),
        (JOB, "allowPrivilegeEscalation: false", "privileged: true", "privileges can be gained"),
        (EXECUTOR, "runAsNonRoot: true", "runAsNonRoot: false", "executor: it may be root"),
        (EXECUTOR, "allowPrivilegeEscalation: false", "privileged: true", "executor: privileges can be gained"),
        (EXECUTOR, "drop: [ALL]", "drop: [ALL], add: [NET_RAW]", "executor: it keeps capabilities"),
        (EXECUTOR, "enableServiceLinks: false", "hostNetwork: true", "executor.yaml: hostNetwork"),
        (EXECUTOR, "readOnlyRootFilesystem: true", "stdin: true", "executor: its root file system can be written"),
        (EXECUTOR, "automountServiceAccountToken: false", "hostIPC: false", "a token for Kubernetes is mounted"),
        (EXECUTOR, "emptyDir: {sizeLimit: 1Gi}", "hostPath: {path: /tmp}", "a folder of the node"),
        (EXECUTOR, "- name: executor", "- name: executor\n      image: spark:4", "the image spark:4 has no digest"),
    ],
    "training": [
        (JOB, "readOnlyRootFilesystem: true", "stdin: true", "can be written"),
        (JOB, "runAsUser: 10001", "runAsUser: 0", "it may be root"),
        (JOB, "{name: VAR, value: /var/lib/app}", "{name: API_KEY, value: hunter2}", "refer to a Secret"),
        (JOB, "memory: 4Gi, ", "", "no limits.memory"),
    ],
    "predictive-api": [
        (API, "livenessProbe", "lifeProbe", "no livenessProbe"),
        (API, "{name: http, containerPort", "{name: web, containerPort", "which it has not"),
        (API, "value: redis://:$(REDIS_PASSWORD)@", "value: redis://:hunter2@", "refer to a Secret"),
        ("base/access.yaml", "targetPort: http", "targetPort: https", "no pod has its port"),
    ],
}


def lent_project(generated, tmp_path, installed, kit):
    return lent(generated.copy(tmp_path / "project", kit), installed(kit))


def judged(projects):
    """Say what the tree's own tests of manifests have against projects."""
    found = [ROOT / "tests" / "manifests", ROOT / "rancher", ROOT]
    return subprocess.run(
        [str(TOOLS / "venv" / "bin" / "python"), str(JUDGE), *map(str, projects)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, found))},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("kit", KITS)
def test_kubernetes_takes_them_and_they_keep_our_rules(generated, kit):
    done = judged([generated(kit)])
    assert done.returncode == 0, done.stdout + done.stderr
    assert int(re.search(r"(\d+) resources judged", done.stdout)[1]) >= 10


@pytest.mark.whole
@pytest.mark.parametrize("kit", KITS)
def test_those_of_every_answer_too(generated, kit):
    different = {}
    for one in TRIED:
        if one.kit == kit and one["deploy"]:
            project = generated(one)
            files = {path.relative_to(project): path.read_bytes() for path in project.glob("rancher/**/*.yaml")}
            different.setdefault(str(sorted(files.items())), project)
    done = judged(different.values())
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("kit", ["pyspark"])
def test_sparks_executors_can_be_chosen_and_keep_the_rules(generated, tmp_path, kit):
    project = tmp_path / "project"
    shutil.copytree(generated(kit), project)
    choose_executors(project)
    own = checked(project)
    assert own.returncode == 0, own.stdout + own.stderr
    done = judged([project])
    assert done.returncode == 0, done.stdout + done.stderr
    # It is not that nobody looks at the pods that Spark starts.
    template = project / "rancher" / EXECUTOR
    template.write_text(template.read_text("utf-8").replace("drop: [ALL]", "drop: [NET_RAW]"), encoding="utf-8")
    done = judged([project])
    assert done.returncode == 1
    assert "executor: it keeps capabilities" in done.stdout


def choose_executors(project):
    for overlay in project.glob("rancher/overlays/*/kustomization.yaml"):
        text = overlay.read_text(encoding="utf-8")
        assert "  # - ../../executors" in text
        overlay.write_text(text.replace("  # - ../../executors", "  - ../../executors"), encoding="utf-8")


@pytest.mark.parametrize("kit", KITS)
def test_make_manifests_passes_and_before_a_deployment_refuses_what_is_an_example(installed, generated, tmp_path, kit):
    project = lent_project(generated, tmp_path, installed, kit)
    done = project.make("manifests", **kubectl())
    assert done.code == 0, done
    assert re.findall(r"^(\w+): \d+ resources, 0 faults$", done.said, flags=re.MULTILINE) == ["production", "staging"]
    refused = project.make("manifests", ARGS="--deploy staging", **kubectl())
    assert refused.code != 0
    assert "is an example; pin an image, with rancher/pin_image.py" in refused.said
    project.run("python3", "rancher/pin_image.py", "staging", f"registry.test/data/claims-radar:1.0@{DIGEST}")
    overlay = project.path / "rancher/overlays/staging/kustomization.yaml"
    overlay.write_text(overlay.read_text(encoding="utf-8").replace("example.org", "insurer.test"), encoding="utf-8")
    done = project.make("manifests", ARGS="--deploy staging", **kubectl())
    assert done.code == 0, done


def kubectl():
    return {"KUBECTL": os.environ["KUBECTL"]} if "KUBECTL" in os.environ else {}


def checked(project, *words):
    """What their own check says, with this tree's packages in the place of theirs."""
    command = [sys.executable, "rancher/check.py", *words]
    return subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("kit", "fault"),
    [pytest.param(kit, fault, id=f"{kit}-{fault[0]}-{fault[3]}") for kit in PLANTED for fault in PLANTED[kit]],
)
def test_a_fault_is_refused(generated, tmp_path, kit, fault):
    name, right, wrong, said = fault
    project = tmp_path / "project"
    shutil.copytree(generated(kit), project)
    path = project / "rancher" / name
    text = path.read_text(encoding="utf-8")
    assert right in text
    path.write_text(text.replace(right, wrong, 1), encoding="utf-8")
    if name == EXECUTOR:
        choose_executors(project)
    done = checked(project)
    assert done.returncode == 1, done.stdout + done.stderr
    assert said in done.stdout


@pytest.mark.parametrize("kit", ["python"])
def test_an_overlay_that_is_not_there_is_named(generated, kit):
    done = checked(generated(kit), "--deploy", "stagging")
    assert done.stderr == "There is no overlay stagging: there are production, staging.\n"


@pytest.mark.parametrize("kit", ["python"])
def test_without_kubectl_one_sentence_says_what_to_do(installed, generated, tmp_path, kit):
    project = lent_project(generated, tmp_path, installed, kit)
    done = project.make(
        "manifests", KUBECTL="/nowhere/kubectl", http_proxy="http://127.0.0.1:9", https_proxy="http://127.0.0.1:9"
    )
    assert done.code != 0
    assert "install kubectl 1.27 or later, or name yours" in done.said


@pytest.mark.parametrize(
    ("image", "code", "said"),
    [
        (f"registry.test:5000/data/radar:1.0@{DIGEST}", 0, "staging: registry.test:5000/data/radar:1.0@"),
        (f"registry.test/data/radar@{DIGEST}", 0, "staging: registry.test/data/radar@"),
        ("registry.test/data/radar:1.0", 2, "could mean another image tomorrow"),
        ("Registry.test/Radar", 2, "could mean another image tomorrow"),
    ],
    ids=["python-tag-and-digest", "python-digest", "python-tag", "python-nothing"],
)
def test_an_image_is_pinned_by_its_digest_alone(generated, tmp_path, image, code, said):
    path = generated.copy(tmp_path / "project", combination("python"))
    words = [sys.executable, "rancher/pin_image.py", "staging", image]
    done = subprocess.run(words, cwd=path, capture_output=True, text=True, check=False)
    assert done.returncode == code
    assert said in done.stdout + done.stderr


def test_kits_fetch_the_kubectl_that_this_tree_fetches():
    ours = (ROOT / "tests/manifests/tools.sh").read_text(encoding="utf-8")
    theirs = (ROOT / "starter_kits/shared/rancher/check.sh").read_text(encoding="utf-8")
    found = re.findall(r"^KUBECTL_\w+=(\S+)", ours, flags=re.MULTILINE)
    assert found == re.findall(r"^(?:version|amd64|arm64)=(\S+)", theirs, flags=re.MULTILINE)
