"""Checking a corpus before anything is trained on it: what is wrong, where, and what to do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from model.corpus.copies import copy_findings
from model.corpus.example import Example, Finding, Severity
from model.corpus.labels import SHOWN, label_findings, language_findings
from model.corpus.nearness import Copies, near_copies_of
from model.corpus.telltales import telltale_findings
from model.corpus.texts import personal_data_findings, text_findings
from model.text import features_of

_ORDER = tuple(Severity)


@dataclass(frozen=True, kw_only=True, slots=True)
class CorpusReport:
    """What was found in a corpus."""

    examples: int
    labels: Mapping[str, int]
    """Label to number of mails, most first."""
    languages: Mapping[str, int]
    findings: tuple[Finding, ...]
    """The gravest first."""
    copies: Copies = field(repr=False)
    """Near-copies among the examples that are trained on, by their numbers in the order in which they were given."""

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings for which training stops."""
        return tuple(finding for finding in self.findings if finding.severity is Severity.ERROR)

    @property
    def document(self) -> dict[str, object]:
        """The report as JSON."""
        return {
            "examples": self.examples,
            "labels": dict(self.labels),
            "languages": dict(self.languages),
            "findings": [
                {
                    "severity": finding.severity.value,
                    "kind": finding.kind,
                    "what": finding.what,
                    "advice": finding.advice,
                    "where": list(finding.where),
                }
                for finding in self.findings
            ],
        }


def check_corpus(  # noqa: PLR0913 - the corpus, what belongs beside it, and what is known of both
    examples: Sequence[Example],
    *,
    labels: Collection[str] = (),
    names: Mapping[str, str] | None = None,
    validation: Sequence[Example] = (),
    test: Sequence[Example] = (),
    faults: Sequence[str] = (),
) -> CorpusReport:
    """Look for everything that makes a model, or its figures, worse than they need to be.

    Args:
        examples: What is trained on.
        labels: The labels there are; empty: whatever the corpus holds.
        names: What people call a label to the label, for suggestions.
        validation: Mails held out for choosing.
        test: Mails held out for judging.
        faults: What `read_corpus` said of rows that are no examples.
    """
    held = {"validation": validation, "test": test}
    parts, everything = {"training": (0, len(examples))}, list(examples)
    for name, mails in held.items():
        if mails:
            parts[name] = (len(everything), len(everything) + len(mails))
            everything += mails
    read = [features_of(example.mail) for example in everything]
    copies = near_copies_of(read)
    findings = [
        *_fault_findings(faults),
        *label_findings(examples, labels, names or {}),
        *_strange_labels(examples, held),
        *copy_findings(everything, copies, parts),
        *telltale_findings(examples),
        *text_findings(examples, read[: len(examples)]),
        *language_findings(examples),
        *personal_data_findings(examples),
    ]
    counts = Counter(example.label for example in examples)
    return CorpusReport(
        examples=len(examples),
        labels=dict(counts.most_common()),
        languages=dict(Counter(example.language for example in examples).most_common()),
        findings=tuple(sorted(findings, key=lambda finding: _ORDER.index(finding.severity))),
        copies=copies.within(len(examples)),
    )


def _fault_findings(faults: Sequence[str]) -> list[Finding]:
    if not faults:
        return []
    return [
        Finding(
            severity=Severity.ERROR,
            kind="unreadable",
            what=f"Rows that are no examples: {len(faults)}",
            advice="Correct them or take them out.",
            where=tuple(fault.rstrip(".") for fault in faults[:SHOWN]),
        )
    ]


def _strange_labels(examples: Sequence[Example], held: Mapping[str, Sequence[Example]]) -> list[Finding]:
    known = {example.label for example in examples}
    found = []
    for name, mails in held.items():
        strange = sorted({example.label for example in mails} - known)
        if strange:
            found.append(
                Finding(
                    severity=Severity.ERROR,
                    kind="unknown-label",
                    what=f"The {name} set has labels that nothing is trained on: {', '.join(strange)}",
                    advice="Add mails of them to training, or take them out.",
                )
            )
    return found
