"""Whether what serves says what was trained: labels alike on held-out mail, and as often right."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from routing.errors import ConfigurationError

LEAST_ALIKE = 0.995
"""Share of held-out mails that must get the same label. Of fewer than 200 mails, one may differ."""
MOST_LOST = 0.003
"""Of accuracy. Of few mails, one may be lost."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Agreement:
    """Two networks on the same mails: the trained one, and the one that serves."""

    mails: int
    alike: int
    """Mails that both give the same label."""
    right_trained: int
    """Mails that the trained network gives the right label."""
    right_served: int

    @property
    def share(self) -> float:
        """Share of the mails with the same label."""
        return self.alike / self.mails

    @property
    def holds(self) -> bool:
        """The served network may stand in for the trained one."""
        differ = self.mails - self.alike
        lost = abs(self.right_trained - self.right_served)
        return differ <= _allowed(1 - LEAST_ALIKE, self.mails) and lost <= _allowed(MOST_LOST, self.mails)

    def check(self) -> None:
        """Do nothing if it holds.

        Raises:
            ConfigurationError: It does not; the sentence has both figures.
        """
        if not self.holds:
            raise ConfigurationError(
                f"The exported model differs from the trained one: on {self.mails} held-out mails it gives "
                f"{self.share:.1%} the same label ({LEAST_ALIKE:.1%} needed) and its accuracy is "
                f"{self.right_served / self.mails:.1%} instead of {self.right_trained / self.mails:.1%} "
                f"({MOST_LOST:.1%} apart at most); train it longer or with another seed, or export it with more "
                "in float32."
            )


def agreement_of(served: NDArray[np.float32], trained: NDArray[np.float32], truths: Sequence[int]) -> Agreement:
    """Compare the scores (mails, labels) of the served and of the trained network on mails with known labels."""
    said, meant = served.argmax(1), trained.argmax(1)
    right = np.asarray(truths)
    return Agreement(
        mails=len(right),
        alike=int((said == meant).sum()),
        right_trained=int((meant == right).sum()),
        right_served=int((said == right).sum()),
    )


def _allowed(share: float, mails: int) -> int:
    return max(1, math.floor(share * mails + 1e-9))
