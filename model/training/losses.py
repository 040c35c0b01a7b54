"""What a step learns by, beside the cross-entropy."""

from __future__ import annotations

import torch

_TEMPERATURE = 0.1


def contrast(vectors: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Return how far mails of one label are from each other, next to all others of the batch; 0 if no two are alike.

    Supervised contrastive loss (Khosla et al. 2020) on the mean vectors (batch, width), temperature 0.1.
    """
    directions = torch.nn.functional.normalize(vectors, dim=1)
    itself = torch.eye(len(targets), dtype=torch.bool, device=targets.device)
    logs = torch.log_softmax((directions @ directions.T / _TEMPERATURE).masked_fill(itself, -torch.inf), dim=1)
    alike = (targets.unsqueeze(0) == targets.unsqueeze(1)) & ~itself
    partners = alike.sum(1)
    means = logs.masked_fill(~alike, 0.0).sum(1)[partners > 0] / partners[partners > 0]
    return -means.mean() if len(means) else vectors.sum() * 0.0
