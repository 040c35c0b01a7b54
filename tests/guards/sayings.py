"""Print as JSON every statement that the store of the version on the path has ready, for both databases."""

from __future__ import annotations

import gc
import importlib
import json
import pkgutil
import sys

import routing.store.sql
from routing.store.sql.statement import Statement

for module in pkgutil.iter_modules(routing.store.sql.__path__, "routing.store.sql."):
    importlib.import_module(module.name)
said = [found for found in gc.get_objects() if isinstance(found, Statement)]
json.dump({kind: sorted({getattr(each, kind) for each in said}) for kind in ("sqlite", "postgresql")}, sys.stdout)
