"""How often what the sender wrote is found exactly, beside the reply parsers that others use.

    python benchmarks/replies.py [--peers PYTHON] [--write]

The cases are the public fixtures in `$FACTEUR_DATA/replies/replies.jsonl` (`../shared/data` by default); each names its
kind, the convention that its source follows for signatures and closings (see CONVENTIONS). A case counts where the
answer equals the expected text once each run of white space is one space. The strict figure keeps line breaks and
indentation and only ignores spaces at line ends and around the whole.

Peers run in a Python of their own: `python -m venv peers && peers/bin/pip install mail-parser-reply==1.36
email-reply-parser==0.5.12`, then `--peers peers/bin/python`.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from routing.mail.segmentation import LATEST, VISIBLE, Kind, segments_of, written_now  # noqa: E402 - path first

RESULTS = ROOT / "benchmarks" / "results"
LANGUAGES = ("fr", "en", "de", "es", "it", "nl", "pt")

# What each source means by the text that the sender wrote.
CONVENTIONS = {
    "visible_text": "all but quotations below, delimited signatures, device footers; closings and names stay",
    "first_fragment": "what stands before the first quotation or signature",
    "latest_body_no_signature": "the same without closing and name; drawn lines stay",
}

PEER = """
import json, sys
name = sys.argv[1]
if name == "mail-parser-reply":
    from mailparser_reply import EmailReplyParser
    from mailparser_reply.constants import MAIL_LANGUAGES
    # All languages and `body` serve it best: 37 right; `latest_reply` with the case's own language, 28.
    parser = EmailReplyParser(languages=list(MAIL_LANGUAGES))
    def answer(text, language):
        replies = parser.read(text).replies
        return (replies[0].body or "") if replies else ""
else:
    from email_reply_parser import EmailReplyParser
    def answer(text, language):
        return EmailReplyParser.parse_reply(text)
print(json.dumps([answer(text, language) for text, language in json.load(sys.stdin)]))
"""


def first_fragment(text: str) -> str:
    said = []
    for segment in segments_of(text):
        if segment.kind not in {Kind.GREETING, Kind.BODY, Kind.THANKS, Kind.CLOSING}:
            break
        said.append(segment.text)
    return "".join(said)


def ours(case: dict[str, str], *, by_kind: bool) -> str:
    if by_kind and case["kind"] == "first_fragment":
        return first_fragment(case["input"])
    return written_now(case["input"], LATEST if by_kind and case["kind"] == "latest_body_no_signature" else VISIBLE)


def peer(python: str | None, name: str, cases: list[dict[str, str]]) -> list[str] | None:
    if python is None:
        return None
    asked = json.dumps([(case["input"], case["language"]) for case in cases])
    ran = subprocess.run([python, "-c", PEER, name], input=asked, capture_output=True, text=True, check=False)
    if ran.returncode:
        print(f"{name}: not installed in {python}", file=sys.stderr)
        return None
    return list(json.loads(ran.stdout))


def loose(text: str) -> str:
    return " ".join(text.split())


def strict(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.splitlines()).strip()


def score(cases: list[dict[str, str]], answers: list[str] | None) -> dict[str, object] | None:
    if answers is None:
        return None
    found: defaultdict[str, list[bool]] = defaultdict(list)
    exact = 0
    for case, answer in zip(cases, answers, strict=True):
        same = loose(answer) == loose(case["expected_reply"])
        exact += strict(answer) == strict(case["expected_reply"])
        language = case["language"] if case["language"] in LANGUAGES else "other"
        for group in ("all", language):
            found[group].append(same)
    return {"matched": {group: [sum(each), len(each)] for group, each in found.items()}, "strict": exact}


def table(results: dict[str, dict[str, object] | None], total: int) -> str:
    rows = ["| | exact match | strict | " + " | ".join((*LANGUAGES, "other")) + " |"]
    rows.append("| --- " * (len(LANGUAGES) + 4) + "|")
    for name, result in results.items():
        if result is None:
            rows.append(f"| {name} | not installed |" + " |" * (len(LANGUAGES) + 2))
            continue
        matched = result["matched"]
        right, of = matched["all"]
        cells = ["{}/{}".format(*matched[group]) if group in matched else "-" for group in (*LANGUAGES, "other")]
        rows.append(f"| {name} | {right / of:.3f} ({right}/{of}) | {result['strict']}/{total} | {' | '.join(cells)} |")
    return "\n".join(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peers", metavar="PYTHON", help="a Python in which the peers are installed")
    parser.add_argument("--write", action="store_true", help="write benchmarks/results/replies.md and .json")
    options = parser.parse_args()
    data = Path(os.environ.get("FACTEUR_DATA", ROOT.parent / "shared" / "data")) / "replies" / "replies.jsonl"
    if not data.exists():
        sys.exit(f"No reply cases at {data}: set FACTEUR_DATA to the folder with the public data.")
    cases = [json.loads(line) for line in data.read_text(encoding="utf-8").splitlines()]
    results = {
        "Facteur, the convention of each source": score(cases, [ours(case, by_kind=True) for case in cases]),
        "Facteur, one convention (`written_now`)": score(cases, [ours(case, by_kind=False) for case in cases]),
        "mail-parser-reply 1.36": score(cases, peer(options.peers, "mail-parser-reply", cases)),
        "email-reply-parser 0.5.12 (Zapier)": score(cases, peer(options.peers, "email-reply-parser", cases)),
    }
    text = table(results, len(cases))
    print(text)
    if options.write:
        made = f"{datetime.now(UTC):%Y-%m-%d}, Python {platform.python_version()}, {len(cases)} public cases"
        body = [
            "# Replies: what the sender wrote, found exactly",
            "",
            f"`python benchmarks/replies.py --peers PYTHON --write`; {made}.",
            "Exact match: equal once each run of white space is one space; strict: line breaks and indentation too.",
            "These cases were seen while the rules were written: read the figure as a regression test.",
            "",
            text,
            "",
            *(f"- {kind}: {meaning}" for kind, meaning in CONVENTIONS.items()),
            "",
        ]
        (RESULTS / "replies.md").write_text("\n".join(body), encoding="utf-8")
        (RESULTS / "replies.json").write_text(json.dumps({"made": made, "results": results}, indent=2) + "\n")


if __name__ == "__main__":
    main()
