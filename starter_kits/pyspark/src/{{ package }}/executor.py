"""Become one of the job's executors, in a pod that Spark started on Kubernetes from the same image as the job."""

import os
import shlex
from collections.abc import Mapping
from pathlib import Path

import pyspark

from .java import java_home


def become() -> None:
    """Replace this process by Spark's executor.

    Raises JavaMissingError, and KeyError outside a pod of Spark's.
    """
    words = command(os.environ, java_home())
    os.execv(words[0], words)  # noqa: S606 the program is Java's, as Spark's own images start it


def command(environ: Mapping[str, str], java: str) -> list[str]:
    """Give the command line of the executor that Spark describes in the pod's environment."""
    jars = Path(pyspark.__file__).parent / "jars"
    options = [name for name in environ if name.startswith("SPARK_JAVA_OPT_")]
    options.sort(key=lambda name: int(name.removeprefix("SPARK_JAVA_OPT_")))
    told = {
        "driver-url": "SPARK_DRIVER_URL",
        "executor-id": "SPARK_EXECUTOR_ID",
        "cores": "SPARK_EXECUTOR_CORES",
        "app-id": "SPARK_APPLICATION_ID",
        "hostname": "SPARK_EXECUTOR_POD_IP",
        "resourceProfileId": "SPARK_RESOURCE_PROFILE_ID",
        "podName": "SPARK_EXECUTOR_POD_NAME",
    }
    return [
        f"{java}/bin/java",
        *[word for name in options for word in shlex.split(environ[name])],
        f"-Xms{environ['SPARK_EXECUTOR_MEMORY']}",
        f"-Xmx{environ['SPARK_EXECUTOR_MEMORY']}",
        "-cp",
        ":".join(filter(None, [environ.get("SPARK_CLASSPATH"), f"{jars}/*"])),
        "org.apache.spark.scheduler.cluster.k8s.KubernetesExecutorBackend",
        *[word for option, name in told.items() for word in (f"--{option}", environ[name])],
    ]
