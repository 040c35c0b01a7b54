"""From mail to training data: reading labelled mails, checking them, parting them."""

from model.corpus.example import Example, Finding, Severity
from model.corpus.layout import PLAIN, Layout
from model.corpus.reading import examples_in, read_corpus

__all__ = ["PLAIN", "Example", "Finding", "Layout", "Severity", "examples_in", "read_corpus"]
