"""`text/plain; format=flowed` (RFC 3676): paragraphs that were broken for the wire, put together again."""

from __future__ import annotations


def unflow(text: str, *, delete_space: bool = False) -> str:
    r"""Return flowed text with its soft line breaks undone and space-stuffing removed.

    Args:
        text: Lines that end in `\n`.
        delete_space: Whether the space before a soft break goes too (`DelSp=yes`).
    """
    paragraphs: list[str] = []
    open_depth = -1  # quote depth of a paragraph that still flows; -1 when none does
    for line in text.split("\n"):
        content = line.lstrip(">")
        depth = len(line) - len(content)
        content = content.removeprefix(" ")
        flows = content.endswith(" ") and content != "-- "
        body = content[:-1] if flows and delete_space else content
        if depth == open_depth and content != "-- ":
            paragraphs[-1] += body
        else:
            paragraphs.append(("> " if depth == 1 else ">" * depth + " " if depth else "") + body)
        open_depth = depth if flows else -1
    return "\n".join(paragraphs)
