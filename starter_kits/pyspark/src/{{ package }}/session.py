"""A Spark session: two cores of this machine by default, a cluster by configuration."""

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from string import Template

from pyspark.sql import SparkSession

from .java import java_home

LOGGING = Path(__file__).with_name("log4j2.properties").as_uri()

# What holds wherever the job runs; a settings file may say otherwise.
EVERYWHERE = {
    "spark.sql.ansi.enabled": "true",  # a cast that fails or a sum that overflows is an error, not a silent null
    "spark.sql.session.timeZone": "UTC",  # the same rows on every machine
    "spark.sql.sources.partitionOverwriteMode": "dynamic",  # what is written replaces its own partitions only
    "spark.sql.execution.arrow.pyspark.enabled": "true",
    "spark.ui.showConsoleProgress": "false",
    "spark.driver.extraJavaOptions": f"-Dlog4j2.configurationFile={LOGGING}",
}
# What suits one machine: nothing listens beyond it.
ON_ONE_MACHINE = {
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
    "spark.ui.enabled": "false",
}
TWO_CORES = {"spark.sql.shuffle.partitions": "2"}  # small data: a shuffle is two tasks, not 200


class BadSettingsError(Exception):
    """A settings file is missing or has a line that is no setting."""


def read_settings(file: Path, environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Read a file in the form of spark-defaults.conf: a name, blanks, a value; `$NAME` is filled from the environment.

    Raises BadSettingsError.
    """
    settings = {}
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise BadSettingsError(f"The Spark settings {file} cannot be read: {error.strerror}.") from None
    for number, line in enumerate(map(str.strip, lines), start=1):
        if not line or line.startswith("#"):
            continue
        name, *value = line.split(maxsplit=1)
        if not name.startswith("spark.") or not value:
            raise BadSettingsError(f"{file}, line {number} is no Spark setting: {line}")
        try:
            settings[name] = Template(value[0]).substitute(environ)
        except (KeyError, ValueError) as missing:
            raise BadSettingsError(f"{file}, line {number}: {missing} is not in the environment.") from None
    return settings


def session_settings(environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Give the settings of a session: ours, then the file SPARK_SETTINGS, then SPARK_MASTER.

    Under spark-submit the master is its own, and so are its other settings where ours do not name them.

    Raises BadSettingsError.
    """
    file = read_settings(Path(environ["SPARK_SETTINGS"]), environ) if environ.get("SPARK_SETTINGS") else {}
    submitted = "PYSPARK_GATEWAY_PORT" in environ
    master = environ.get("SPARK_MASTER") or file.get("spark.master") or "local[2]"
    local = not submitted and master.startswith("local")
    ours = EVERYWHERE | (ON_ONE_MACHINE if local else {}) | (TWO_CORES if master == "local[2]" and local else {})
    settings = ours | file
    return settings if submitted else settings | {"spark.master": master}


@contextmanager
def spark_session(name: str, settings: Mapping[str, str] | None = None) -> Iterator[SparkSession]:
    """Open a Spark session and stop it at the end; one that is open already, as in a notebook, is used and stays open.

    Raises BadSettingsError, and JavaMissingError where there is no Java for it.
    """
    opened = SparkSession.getActiveSession()
    if opened is not None:
        yield opened
        return
    # Python workers run this very Python, with its packages; otherwise Spark takes whatever python3 it finds first.
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    settings = session_settings() if settings is None else settings
    if "spark.driver.bindAddress" in settings:
        os.environ.setdefault("SPARK_LOCAL_IP", settings["spark.driver.bindAddress"])
    if "PYSPARK_GATEWAY_PORT" not in os.environ:
        os.environ["JAVA_HOME"] = java_home()
    builder = SparkSession.builder.appName(name)
    for key, value in settings.items():
        builder = builder.config(key, value)
    session = builder.getOrCreate()
    try:
        yield session
    finally:
        session.stop()
