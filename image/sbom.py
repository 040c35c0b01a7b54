"""Write the list of what is in the image (a software bill of materials, CycloneDX 1.6): Debian's and Python's packages.

Run while the image is built, in the environment that builds and on the files that will run. The list is a function of
those files, the version and the given time, so that two builds of the same write the same bytes.
"""

from __future__ import annotations

import argparse
import re
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import Distribution, distributions
from pathlib import Path

from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.contact import OrganizationalEntity
from cyclonedx.model.license import DisjunctiveLicense, LicenseExpression
from cyclonedx.output import make_outputter
from cyclonedx.schema import OutputFormat, SchemaVersion
from license_expression import ExpressionError, get_spdx_licensing
from packageurl import PackageURL

OURS = "facteur"
DEBIAN_PACKAGES = "var/lib/dpkg/status.d"
DPKG_STATUS = "var/lib/dpkg/status"
OS_RELEASE = "usr/lib/os-release"
PYTHON_PACKAGES = "opt/facteur/lib/python3.11/site-packages"
NAMESPACE = uuid.UUID("6f0a3f0e-6f0c-5b8e-9b37-0c2f4a8f3c55")
"""Ours, for serial numbers that follow from what they number."""


def main() -> None:
    """Write the list."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--version", required=True, help="the product's")
    parser.add_argument("--time", required=True, type=int, help="seconds since 1970")
    parser.add_argument("--root", required=True, type=Path, help="the files that will run")
    parser.add_argument("--output", required=True, type=Path)
    given = parser.parse_args()
    parts = [*debian_parts(debian_entries(given.root), (given.root / OS_RELEASE).read_text(encoding="utf-8"))]
    parts += python_parts(given.root / PYTHON_PACKAGES)
    bom = make_bom(parts, version=given.version, seconds=given.time)
    given.output.write_text(
        make_outputter(bom, OutputFormat.JSON, SchemaVersion.V1_6).output_as_string(indent=2) + "\n"
    )


def make_bom(parts: list[Component], *, version: str, seconds: int) -> Bom:
    """Return the list: the product, and its parts."""
    product = Component(
        name=OURS,
        version=version,
        type=ComponentType.CONTAINER,
        bom_ref=f"{OURS}-image",
        licenses=[licence("Apache-2.0")],
    )
    bom = Bom(components=parts)
    bom.metadata.component = product
    bom.metadata.timestamp = datetime.fromtimestamp(seconds, tz=UTC)
    bom.register_dependency(product, parts)
    names = "\n".join(sorted(str(part.purl) for part in parts))
    bom.serial_number = uuid.uuid5(NAMESPACE, f"{version}\n{seconds}\n{names}")
    return bom


def debian_entries(root: Path) -> Iterator[str]:
    """Return dpkg's entries of what is installed: a file for each, or all of them in one where dpkg is there itself."""
    folder = root / DEBIAN_PACKAGES
    if folder.exists():
        yield from (entry.read_text(encoding="utf-8") for entry in sorted(folder.iterdir()))
    else:
        entries = (root / DPKG_STATUS).read_text(encoding="utf-8").strip().split("\n\n")
        yield from sorted(entry for entry in entries if "\nStatus: install ok installed" in entry)


def debian_parts(entries: Iterator[str], release: str) -> Iterator[Component]:
    """Return what dpkg's entries name (deb822 format)."""
    debian = dict(re.findall(r'^(\w+)="?([^"\n]*)"?$', release, flags=re.MULTILINE))
    distribution = f"{debian['ID']}-{debian['VERSION_ID']}"
    for entry in entries:
        fields = dict(re.findall(r"^([\w-]+): (.*)$", entry, flags=re.MULTILINE))
        name, version = fields["Package"], fields["Version"]
        source = fields.get("Source", name).split(" ")[0]
        purl = PackageURL(
            "deb",
            debian["ID"],
            name,
            version,
            {"arch": fields["Architecture"], "distro": distribution, "upstream": source},
        )
        yield Component(
            name=name,
            version=version,
            type=ComponentType.LIBRARY,
            purl=purl,
            bom_ref=str(purl),
            supplier=OrganizationalEntity(name=fields.get("Maintainer", "Debian")),
        )


def python_parts(folder: Path) -> Iterator[Component]:
    """Read what is installed in a folder, ours included."""
    for found in sorted(distributions(path=[str(folder)]), key=lambda one: canonical(one.name)):
        purl = PackageURL("pypi", None, canonical(found.name), found.version)
        yield Component(
            name=canonical(found.name),
            version=found.version,
            type=ComponentType.LIBRARY,
            purl=purl,
            bom_ref=str(purl),
            description=found.metadata.get("Summary"),
            licenses=licences(found),
        )


def licences(found: Distribution) -> list[DisjunctiveLicense | LicenseExpression]:
    """Return what a distribution says of its licence: an expression, a short name, or its classifiers."""
    said = found.metadata.get("License-Expression") or found.metadata.get("License") or ""
    if said and "\n" not in said:
        return [licence(said)]
    classified = [
        value.rpartition(" :: ")[2]
        for value in found.metadata.get_all("Classifier", [])
        if value.startswith("License ::")
    ]
    return [DisjunctiveLicense(name=value) for value in sorted(set(classified))]


def licence(said: str) -> DisjunctiveLicense | LicenseExpression:
    """Return a licence by its SPDX expression, where it is one, else by its name."""
    try:
        get_spdx_licensing().parse(said, validate=True)
    except ExpressionError:
        return DisjunctiveLicense(name=said)
    return LicenseExpression(said)


def canonical(name: str) -> str:
    """Return a distribution's name as package indexes write it."""
    return re.sub(r"[-_.]+", "-", name).lower()


if __name__ == "__main__":
    main()
