"""What leaves the store for training: reviewed mails, their personal data masked unless somebody asks otherwise."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from model.corpus.example import Example
from model.corpus.pseudonyms import Pseudonyms
from model.corpus.reviews import reviewed_mails
from model.masking import masked_example
from routing.policy import Policy
from routing.store.port import Store


@dataclass(kw_only=True, slots=True)
class Export:
    """Reviewed mails on their way out, and what was masked in them."""

    store: Store
    policy: Policy
    since: float | None = None
    """Unix time in seconds: jobs accepted before it are left out."""
    language: str = ""
    """`fr`, `en` or `other`; empty: all."""
    mask: bool = True
    masked: Counter[str] = field(default_factory=Counter)
    """How much was masked, by kind, once the examples were taken."""
    languages: Counter[str] = field(default_factory=Counter)
    _pseudonyms: Pseudonyms = field(default_factory=Pseudonyms)

    def examples(self, tell: Callable[[int], None] = lambda _: None) -> Iterator[Example]:
        """Yield the examples, the newest first; `tell` is called with their number as it grows.

        A masked example names its author by a pseudonym that is the same within this export and in no other, so that a
        split can keep an author's mails together.
        """
        done = 0
        for example, mail in reviewed_mails(self.store, self.policy, since=self.since):
            if self.language and example.language != self.language:
                continue
            leaving = example
            if self.mask:
                leaving, counts = masked_example(example, known=(mail.sender.name,))
                leaving = replace(leaving, author=self._pseudonyms.of(example.author))
                self.masked.update(counts)
            self.languages[leaving.language] += 1
            done += 1
            tell(done)
            yield leaving
