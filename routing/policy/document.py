"""YAML documents read node by node, so that every complaint names the file and the line."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import NoReturn, TypeVar

import yaml

from routing.errors import ConfigurationError

Choice = TypeVar("Choice", bound=StrEnum)

NULL = "tag:yaml.org,2002:null"


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

    def refuse(self, template: str, **values: str) -> NoReturn:
        """Raise ConfigurationError with this node's place; `template` with the values filled in says what is wrong."""
        raise _at_line(self.file, self.line, template, values)

    def mapping(self, *, required: Collection[str] = (), optional: Collection[str] = ()) -> dict[str, Node]:
        """Return the values by key; only the given keys are allowed."""
        values = self.any_mapping()
        for found in self._keys():
            if found.text() not in required and found.text() not in optional:
                found.refuse(
                    "'%(key)s' is not known here; use %(these)s.",
                    key=found.text(),
                    these=", ".join([*required, *optional]),
                )
        for key in required:
            if key not in values:
                self.refuse("%(name)s needs '%(key)s'.", name=self.name, key=key)
        return values

    def any_mapping(self) -> dict[str, Node]:
        """Return the values by key, whatever the keys."""
        if not isinstance(self.node, yaml.MappingNode):
            self.refuse("%(name)s must be a mapping (key: value lines).", name=self.name)
        values: dict[str, Node] = {}
        for key, (_, value_node) in zip(self._keys(), self.node.value, strict=True):
            name = key.text()
            if name in values:
                key.refuse("'%(key)s' stands here a second time.", key=name)
            values[name] = Node(self.file, name, value_node)
        return values

    def _keys(self) -> list[Node]:
        return [Node(self.file, "a key", key_node) for key_node, _ in self.node.value]

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
        if not isinstance(self.node, yaml.ScalarNode) or self.node.tag == NULL or not str(self.node.value).strip():
            self.refuse("%(name)s must be a text.", name=self.name)
        text = str(self.node.value)
        if any(character == "\0" or "\ud800" <= character <= "\udfff" for character in text):
            self.refuse("%(name)s has a character that no mail and no database can have.", name=self.name)
        return text

    def texts(self) -> tuple[str, ...]:
        """Return a list of texts, or a single text as a list of one."""
        items = tuple(item.text() for item in self.sequence())
        if not items:
            self.refuse("%(name)s is an empty list; name something, or leave it out.", name=self.name)
        return items

    def fraction(self) -> float:
        """Return a number from 0 to 1."""
        try:
            value = float(self.text())
        except ValueError:
            self.refuse("%(name)s must be a number from 0 to 1.", name=self.name)
        if not 0 <= value <= 1:
            self.refuse("%(name)s must be a number from 0 to 1.", name=self.name)
        return value

    def choice(self, kind: type[Choice]) -> Choice:
        """Return a member of an enumeration, given by its value."""
        try:
            return kind(self.text())
        except ValueError:
            self.refuse("%(name)s must be one of %(these)s.", name=self.name, these=", ".join(kind))


def read_document(path: Path) -> tuple[Node, bytes]:
    """Return the root of a YAML file, and the file's bytes.

    Raises:
        ConfigurationError: the file cannot be read, is no UTF-8, is no YAML, or is empty.
    """
    try:
        content = path.read_bytes()
        text = content.decode()
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{path} is not UTF-8 (byte {error.start}).") from error
    return parse_document(text, str(path)), content


def parse_document(text: str, name: str) -> Node:
    """Return the root of a YAML text, which complaints call `name`.

    Raises:
        ConfigurationError: it is no YAML, or empty.
    """
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None)
        template = "this is not YAML: %(problem)s." if problem else "this is not YAML: it does not parse."
        raise _at_line(name, mark.line + 1 if mark else None, template, {"problem": problem or ""}) from error
    except (
        ValueError,
        OverflowError,
        RecursionError,
    ) as error:
        # PyYAML's own, on impossible escapes and on endless nesting.
        raise _at_line(name, None, "this is not YAML: an impossible character or nesting.", {}) from error
    if root is None:
        raise ConfigurationError.of("%(name)s is empty.", name=name)
    return Node(name, "the document", root)


def _at_line(file: str, line: int | None, template: str, values: Mapping[str, str]) -> ConfigurationError:
    place = file if line is None else f"{file}, line {line}"
    return ConfigurationError(f"{place}: {template % values}", line=line, template=template, values=values)
