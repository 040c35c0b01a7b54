"""Mailboxes out of address fields (RFC 5322, section 3.4), with what real mail puts there instead.

One pass over the text, so that no nesting of comments, quotes or groups costs more than its length (the standard
library's parser recurses on comments). Names are decoded (RFC 2047) after the field has been split, so that a comma in
a decoded name separates nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from routing.mail.charset import one_line
from routing.mail.message import Address
from routing.mail.words import decode_words, word_end

MAILBOXES = 1000
"""Most mailboxes taken from one field; a longer list of recipients says nothing more."""

_PLAIN = re.compile(r"""[^"(<,;:\\\[=]+""")
_WHOLE = re.compile(r"[^@]+@[^@]+").fullmatch
_MARKED = re.compile(r"""["(;:\\\[]""")
_ADDRESS = re.compile(r"[^\s@<>]+@[^\s@<>]+")


def mailboxes(text: str, limit: int = MAILBOXES) -> tuple[Address, ...]:
    """Return the mailboxes of an address field in order, groups flattened.

    Text without any address (`undisclosed-recipients:;`) gives nothing.

    Args:
        text: The field's value, unfolded, encoded words still encoded.
        limit: How many mailboxes to return at most.
    """
    return _read(text, limit)[0]


def first_mailbox(text: str) -> Address:
    """Return the first mailbox of an address field; an empty one when there is none.

    A name without any address gives a mailbox with an empty address, so that what senders call themselves is not lost.
    """
    found, name = _read(text, 1)
    return found[0] if found else Address(name=name)


def _read(text: str, limit: int) -> tuple[tuple[Address, ...], str]:
    """Return the mailboxes of a field, and the first name that stands without an address."""
    found: list[Address] = []
    lone = ""
    for name, address in _simple(text, limit) or _Scanner(text).mailboxes():
        if "=?" in address or (not address and "=?" in name):
            # Some senders encode the mailbox whole, address and all.
            name, address = _encoded(name, address)  # noqa: PLW2901 - the same mailbox, decoded
        if address:
            found.append(Address(name=_display(name), address=_lower_domain(address)))
            if len(found) >= limit:
                break
        elif not lone:
            lone = _display(name)
    return tuple(found), lone


def _encoded(name: str, address: str) -> tuple[str, str]:
    """Split a mailbox that is one encoded word."""
    decoded = one_line(decode_words(address or name))
    if "@" not in decoded:
        return (decoded, "") if not address else (name, decoded)
    inner, inner_address = next(iter(_simple(decoded, 1) or _Scanner(decoded).mailboxes()))
    return name if address and name else inner, inner_address


def _display(name: str) -> str:
    name = one_line(name)
    if "=?" in name:
        name = one_line(decode_words(name))
    if len(name) > 1 and name[0] == name[-1] and name[0] in "'\"":
        return name[1:-1].strip()
    return name


def _lower_domain(address: str) -> str:
    local, at, domain = address.rpartition("@")
    return f"{local}{at}{domain.lower()}"


def _simple(text: str, limit: int) -> list[tuple[str, str]] | None:
    """Split `Name <address>, address`, as nearly all fields are written; None when there is more to it."""
    if _MARKED.search(text):
        return None
    found: list[tuple[str, str]] = []
    for each in text.split(",", limit):
        before, angle, rest = each.partition("<")
        address, _, after = rest.partition(">")
        if not angle:
            before, address, after = "", before.strip(), ""
        if after.strip() or not _ADDRESS.fullmatch(address):
            return None
        found.append((before, address))
        if len(found) == limit:
            break
    return found


class _Scanner:
    """One pass over an address field; yields (name, address) pairs, either of which may be empty."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._position = 0
        self._words: list[str] = []
        self._comments: list[str] = []
        self._angle: str | None = None
        # Set once a closing mark was looked for in vain, so that nobody looks again.
        self._unclosed: set[str] = set()

    def mailboxes(self) -> Iterator[tuple[str, str]]:
        text = self._text
        while self._position < len(text):
            char = text[self._position]
            if char in ",;":
                self._position += 1
                yield self._take()
            elif char == ":":
                self._position += 1
                if self._angle is None and "mailto" not in self._words[-1:]:
                    self._words.clear()  # a group's name
                elif self._words:
                    self._words.pop()
            elif char == '"':
                self._quoted()
            elif char == "(":
                self._comment()
            elif char in "<[":
                self._enclosed(char)
            elif char == "\\":
                self._words.append(text[self._position + 1 : self._position + 2])
                self._position += 2
            else:
                self._plain()
        yield self._take()

    def _plain(self) -> None:
        text, start = self._text, self._position
        end = word_end(text, start) if text.startswith("=?", start) else None
        if end is None:
            match = _PLAIN.match(text, start + 1) if text[start] == "=" else _PLAIN.match(text, start)
            end = match.end() if match else start + 1
        self._words.append(text[start:end])
        self._position = end

    def _quoted(self) -> None:
        text, at = self._text, self._position + 1
        self._position = at
        if '"' in self._unclosed:
            return
        content: list[str] = []
        while at < len(text):
            char = text[at]
            if char == '"':
                self._words.append("".join(content))
                self._position = at + 1
                return
            if char == "\\":
                at += 1
                char = text[at : at + 1]
            content.append(char)
            at += 1
        self._unclosed.add('"')

    def _comment(self) -> None:
        text, start = self._text, self._position + 1
        self._position = start
        if "(" in self._unclosed:
            return
        depth, at = 1, start
        while at < len(text):
            char = text[at]
            if char == "\\":
                at += 1
            elif char == "(":
                depth += 1
            elif char == ")":
                depth -= 1
                if not depth:
                    self._comments.append(text[start:at])
                    self._position = at + 1
                    return
            at += 1
        self._unclosed.add("(")

    def _enclosed(self, opening: str) -> None:
        text, start = self._text, self._position + 1
        end = -1 if opening in self._unclosed else text.find(">" if opening == "<" else "]", start)
        if end < 0:
            self._unclosed.add(opening)
            end = min((at for at in (text.find(",", start), len(text)) if at >= 0), default=len(text))
        if opening == "[":  # a domain literal, part of an address
            self._words.append(text[start - 1 : end + 1])
        else:
            self._angle = text[start:end].lstrip("< ").removeprefix("mailto:")
        self._position = end if text[end : end + 1] == "," else end + 1

    def _take(self) -> tuple[str, str]:
        name, angle, comments = "".join(self._words), self._angle, " ".join(self._comments)
        self._words.clear()
        self._comments.clear()
        self._angle = None
        if angle is not None:
            if angle.startswith("@"):
                angle = angle.rpartition(":")[2]  # a source route (RFC 5322, section 4.4)
            words = angle.split()
            return name if name.strip() else comments, next((word for word in words if _WHOLE(word)), "".join(words))
        if "@" not in name:
            return name if name.strip() else comments, ""
        words = name.replace(" . ", ".").replace(" @ ", "@").split()
        address = next(word for word in words if "@" in word)
        others = " ".join(word for word in words if word is not address)
        if others and "@" not in others and (address.startswith("@") or address.endswith("@")):
            return "", "".join(words)  # white space around the sign
        return others or comments, address
