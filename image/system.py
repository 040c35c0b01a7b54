"""Copy out of a Debian what a Python program needs to run, and nothing else: `system.py FOLDER`.

No shell, no package manager, no Perl: what is not there needs no update and serves no intruder. Kept are whole packages
(those below and what they depend on), and each leaves its entry under /var/lib/dpkg/status.d, which is where scanners
look for the packages of an image without dpkg.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

KEPT = ("base-files", "ca-certificates", "libstdc++6", "netbase", "python3", "tzdata")
"""libstdc++ is for the extension modules; the names of ports and protocols (netbase) for name look-ups."""
NOT_FOLLOWED = frozenset({"awk", "debconf", "debconf-2.0", "dpkg", "mawk", "openssl", "perl-base", "readline-common"})
"""What packages ask for only while they are installed or configured, and the Perl and tools of those scripts."""
LEFT_OUT = re.compile(
    r"^/usr/(bin|sbin)/(?!python3)"  # the programs of the packages that are kept for their libraries or data
    r"|^/usr/lib/x86_64-linux-gnu/(gconv|perl)/"  # character sets for iconv, which Python does not use
    r"|^/usr/lib/python3/|^/usr/share/(applications|bug|gcc|lintian|man|menu|pixmaps|perl5|python3)/"
    r"|^/usr/share/ca-certificates/"  # all of them are in one file, which is copied below
    r"|^/usr/lib/python3\.11/(distutils|ensurepip|idlelib|lib2to3|pydoc_data|turtledemo)/"
    r"|^/(etc/(cron|init\.d|logrotate|rc)|usr/share/doc/(?!.*/copyright$))"
)
MOUNTED = ("dev", "proc", "run", "sys")
"""Where whoever runs a container mounts what the kernel shows."""
TOP = ("bin", "lib", "lib64", "sbin")
"""Links into /usr."""
USERS = "root:x:0:0::/nonexistent:/nonexistent\nfacteur:x:10001:10001::/var/lib/facteur:/nonexistent\n"
GROUPS = "root:x:0:\nfacteur:x:10001:\n"


def main(folder: Path) -> None:
    """Make the folder."""
    installed = packages(Path("/var/lib/dpkg/status").read_text(encoding="utf-8"))
    wanted = closure(KEPT, installed)
    for name in sorted(wanted):
        for listed in subprocess.check_output(["/usr/bin/dpkg-query", "--listfiles", name], text=True).splitlines():
            copy(listed, folder)
        entry = folder / "var/lib/dpkg/status.d" / name
        entry.parent.mkdir(parents=True, exist_ok=True)
        entry.write_text(installed[name] + "\n", encoding="utf-8")
    for link in TOP:
        if Path("/", link).is_symlink() and not (folder / link).is_symlink():
            (folder / link).symlink_to(Path("/", link).readlink())
    copy("/etc/ssl/certs/ca-certificates.crt", folder)
    (folder / "etc/passwd").write_text(USERS, encoding="ascii")
    (folder / "etc/group").write_text(GROUPS, encoding="ascii")
    for place in (*MOUNTED, "tmp"):
        (folder / place).mkdir(exist_ok=True)
    (folder / "tmp").chmod(0o1777)
    subprocess.check_call(["/sbin/ldconfig", "-r", str(folder)])
    shutil.rmtree(folder / "var/cache/ldconfig", ignore_errors=True)


def packages(status: str) -> Mapping[str, str]:
    """Return dpkg's entry of every installed package, by its name."""
    found = {}
    for entry in status.strip().split("\n\n"):
        if "\nStatus: install ok installed" in entry:
            found[field(entry, "Package")] = entry
    return found


def closure(names: Iterable[str], installed: Mapping[str, str]) -> set[str]:
    """Return the packages and what they depend on, as far as it is installed."""
    wanted: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name in wanted or name in NOT_FOLLOWED or name not in installed:
            continue
        wanted.add(name)
        asked = f"{field(installed[name], 'Depends')},{field(installed[name], 'Pre-Depends')}"
        waiting += re.findall(r"(?:^|[,|])\s*([a-z0-9][a-z0-9+.-]+)", asked)
    return wanted


def field(entry: str, name: str) -> str:
    """Return a field of an entry; empty where it has none."""
    found = re.search(rf"^{name}: (.*)$", entry, flags=re.MULTILINE)
    return found.group(1) if found else ""


def copy(listed: str, folder: Path) -> None:
    """Copy a file or link to where it really lies: dpkg still says /lib for what is in /usr/lib."""
    path = Path(os.path.realpath(Path(listed).parent), Path(listed).name)
    if LEFT_OUT.search(str(path)) or not os.path.lexists(path) or str(path) == "/.":
        return
    target = folder / str(path).lstrip("/")
    if path.is_dir() and not path.is_symlink():
        return  # made when a file needs it
    target.parent.mkdir(parents=True, exist_ok=True)
    if not os.path.lexists(target):
        shutil.copy2(path, target, follow_symlinks=False)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
