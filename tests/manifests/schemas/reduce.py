"""Reduce a custom resource's published TypeScript declaration to what a check needs: names, types, what is required.

    npm pack @kubernetes-models/keda@0.4.2 @kubernetes-models/prometheus-operator@4.4.4    # and unpack them
    python tests/manifests/schemas/reduce.py DECLARATION.d.ts... > tests/manifests/schemas/NAME.json

Those packages are made by a program from the custom resource definitions of KEDA 2.10.1 and of the Prometheus operator
0.65.1. Later releases of either only add to the same versions of the API, so what these accept, those accept; what we
use of the additions is in ADDED, with the documentation that it was taken from.
Nothing of their descriptions is kept; `status` and `metadata` are left out, since no manifest writes the one and
Kubernetes' own schemas know the other.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

TOKEN = re.compile(r'"[^"]*"|[\w$.]+|[{}\[\]<>|;:?]')
SCALARS = {"string": {"type": "string"}, "number": {"type": "number"}, "boolean": {"type": "boolean"}}


ADDED = {
    # ScaledObject specification of KEDA 2.19 (content/docs/2.19/reference/scaledobject-spec.md of kedacore/keda-docs).
    "keda.sh/v1alpha1/ScaledObject": {
        ("spec", "fallback", "behavior"): {
            "enum": ["static", "currentReplicas", "currentReplicasIfHigher", "currentReplicasIfLower"]
        },
        ("spec", "initialCooldownPeriod"): {"type": "number"},
    }
}
"""Optional fields by resource and path."""


class Declaration:
    """A recursive descent over the few forms that such declarations have."""

    def __init__(self, text: str) -> None:
        text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
        self._tokens = TOKEN.findall(text[text.index("export interface") :])
        self._at = 0

    def resource(self) -> dict[str, Any]:
        """Return the schema of the resource that the first interface declares."""
        while self._next() != "{":
            pass
        self._at -= 1
        schema = self._object()
        for left_out in ("status", "metadata"):
            schema["properties"].pop(left_out, None)
        schema["properties"]["metadata"] = {"type": "object"}
        return schema

    def _next(self) -> str:
        self._at += 1
        return self._tokens[self._at - 1]

    def _peek(self) -> str:
        return self._tokens[self._at]

    def _skip(self, token: str) -> None:
        found = self._next()
        if found != token:
            raise ValueError(f"expected {token!r}, found {found!r}")

    def _type(self) -> dict[str, Any]:
        kinds = [self._one_type()]
        while self._peek() == "|":
            self._next()
            kinds.append(self._one_type())
        if len(kinds) == 1:
            return kinds[0]
        if all("enum" in kind for kind in kinds):
            return {"enum": [value for kind in kinds for value in kind["enum"]]}
        return {"anyOf": kinds}

    def _one_type(self) -> dict[str, Any]:
        token = self._peek()
        if token == "{":
            return self._object()
        self._next()
        if token == "Array":
            self._skip("<")
            items = self._type()
            self._skip(">")
            return {"type": "array", "items": items}
        if token.startswith('"'):
            return {"enum": [token.strip('"')]}
        return SCALARS.get(token, {})

    def _object(self) -> dict[str, Any]:
        self._skip("{")
        schema: dict[str, Any] = {"type": "object", "properties": {}, "required": [], "additionalProperties": False}
        while self._peek() != "}":
            if self._peek() == "[":
                for token in ("[", "key", ":", "string", "]", ":"):
                    self._skip(token)
                schema["additionalProperties"] = self._type()
            else:
                name = self._next().strip('"')
                if self._peek() == "?":
                    self._next()
                else:
                    schema["required"].append(name)
                self._skip(":")
                schema["properties"][name] = self._type()
            self._skip(";")
        self._skip("}")
        return schema


def main(paths: list[str]) -> None:
    """Print the schemas of some declarations, by `apiVersion/kind`."""
    schemas = {}
    for path in paths:
        schema = Declaration(Path(path).read_text(encoding="utf-8")).resource()
        (version,) = schema["properties"]["apiVersion"]["enum"]
        (kind,) = schema["properties"]["kind"]["enum"]
        schemas[f"{version}/{kind}"] = schema
        for (*folders, last), added in ADDED.get(f"{version}/{kind}", {}).items():
            place = schema
            for folder in folders:
                place = place["properties"][folder]
            place["properties"][last] = added
    sys.stdout.write(json.dumps(schemas, indent=1, sort_keys=True) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
