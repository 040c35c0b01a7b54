"""YAML documents read node by node, so that every complaint names the file and the line."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import NoReturn, TypeVar

import yaml

from routing.errors import ConfigurationError

Choice = TypeVar("Choice", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Node:
    """One value of a YAML document, and where it stands. Every method raises ConfigurationError with that place."""

    file: str
    name: str
    """What it is called in messages: its key, or its key and position."""
    node: yaml.Node

    @property
    def line(self) -> int:
        """The line of the file that it starts on, from 1."""
        return int(self.node.start_mark.line) + 1

    @property
    def is_mapping(self) -> bool:
        """Whether it has keys and values."""
        return isinstance(self.node, yaml.MappingNode)

    def refuse(self, complaint: str) -> NoReturn:
        """Raise ConfigurationError with this node's place."""
        raise ConfigurationError(f"{self.file}, line {self.line}: {complaint}")

    def mapping(self, *, required: Collection[str] = (), optional: Collection[str] = ()) -> dict[str, Node]:
        """Return the values by key; only the given keys are allowed."""
        values = self.any_mapping()
        for key, value in values.items():
            if key not in required and key not in optional:
                value.refuse(f"{key!r} is not known here; use {', '.join([*required, *optional])}.")
        for key in required:
            if key not in values:
                self.refuse(f"{self.name} needs {key!r}.")
        return values

    def any_mapping(self) -> dict[str, Node]:
        """Return the values by key, whatever the keys."""
        if not isinstance(self.node, yaml.MappingNode):
            self.refuse(f"{self.name} must be a mapping (key: value lines).")
        values: dict[str, Node] = {}
        for key_node, value_node in self.node.value:
            key = Node(self.file, "a key", key_node).text()
            if key in values:
                Node(self.file, key, key_node).refuse(f"{key!r} stands here a second time.")
            values[key] = Node(self.file, key, value_node)
        return values

    def sequence(self) -> list[Node]:
        """Return the items of a list; a single value counts as a list of one."""
        if isinstance(self.node, yaml.SequenceNode):
            return [
                Node(self.file, f"{self.name} number {number}", item)
                for number, item in enumerate(self.node.value, start=1)
            ]
        return [self]

    def text(self) -> str:
        """Return a text that is not empty."""
        if not isinstance(self.node, yaml.ScalarNode) or not str(self.node.value).strip():
            self.refuse(f"{self.name} must be a text.")
        return str(self.node.value)

    def texts(self) -> tuple[str, ...]:
        """Return a list of texts, or a single text as a list of one."""
        return tuple(item.text() for item in self.sequence())

    def fraction(self) -> float:
        """Return a number from 0 to 1."""
        try:
            value = float(self.text())
        except ValueError:
            self.refuse(f"{self.name} must be a number from 0 to 1.")
        if not 0 <= value <= 1:
            self.refuse(f"{self.name} must be a number from 0 to 1.")
        return value

    def choice(self, kind: type[Choice]) -> Choice:
        """Return a member of an enumeration, given by its value."""
        try:
            return kind(self.text())
        except ValueError:
            self.refuse(f"{self.name} must be one of {', '.join(kind)}.")


def read_document(path: Path) -> tuple[Node, bytes]:
    """Return the root of a YAML file, and the file's bytes.

    Raises:
        ConfigurationError: the file cannot be read, is no UTF-8, is no YAML, or is empty.
    """
    try:
        content = path.read_bytes()
        root = yaml.compose(content.decode(), Loader=yaml.SafeLoader)
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{path} is not UTF-8 (byte {error.start}).") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or "it does not parse"
        raise ConfigurationError(f"{path}{where}: this is not YAML: {problem}.") from error
    if root is None:
        raise ConfigurationError(f"{path} is empty.")
    return Node(str(path), "the document", root), content
