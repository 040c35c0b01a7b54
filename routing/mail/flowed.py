"""`text/plain; format=flowed` (RFC 3676): paragraphs that were broken for the wire, put together again."""

from __future__ import annotations

_SIGNATURE = "-- "


def unflow(text: str, *, delete_space: bool = False) -> str:
    r"""Return flowed text with its soft line breaks undone and space-stuffing removed.

    Args:
        text: Lines that end in `\n`.
        delete_space: Whether the space before a soft break goes too (`DelSp=yes`).
    """
    joined: list[str] = []
    open_depth = -1  # quote depth of a paragraph that still flows; -1 when none does
    for line in text.split("\n"):
        content = line.lstrip(">")
        depth = len(line) - len(content)
        content = content.removeprefix(" ")
        flows = content.endswith(" ") and content != _SIGNATURE
        if depth != open_depth or content == _SIGNATURE:
            joined.append("\n" + (">" * depth + " " if depth else ""))
        joined.append(content[:-1] if flows and delete_space else content)
        open_depth = depth if flows else -1
    return "".join(joined).removeprefix("\n")
