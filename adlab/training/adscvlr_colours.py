"""Learning the match of query and colours, before anything else of AdsCVLR is fine-tuned.

For a query, a picture in the colour asked for and K in other colours that fit in all else, scored s_0, s_1 … s_K:

    L = mean log(1 + exp(−s_0)) + mean log(1 + exp(s_k)) − mean log(exp(s_0) / Σ_k exp(s_k))

The first two terms make a score the log-odds of the right colour, the last one ranks. Which pictures are right
follows from the catalogue by a rule. Graded pairs hold the same knowledge, but few of them differ in colour alone:
learned from those, the form told colours apart in 85 % of dev-like comparisons, from contrasts in 94 %.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from adlab.data.fashion_contrasts import ColourContrast
from adlab.errors import InputError
from adlab.models.colour_match import ColourMatch
from adlab.training.adscvlr_wholes import WholeBank

RANK = 64
EPOCHS, BATCH, LEARNING_RATE, DECAY = 12, 128, 1e-3, 1.0
DROPOUT = 0.3  # of the picture's numbers


def learn_match(
    contrasts: Sequence[ColourContrast], bank: WholeBank, *, rank: int = RANK, seed: int = 0
) -> ColourMatch:
    """A match learned from contrasts, frozen.

    Args:
        contrasts: One or more, with as many wrong pictures each; those with a picture that is not in the bank are
            left out.
        bank: Has the queries.
        rank: R.
        seed: Of weights and order.

    Raises:
        InputError: No contrast is left, or a query has no vector in the bank.
    """
    usable = [each for each in contrasts if all(key in bank.picture_places for key in (each.right, *each.wrong))]
    if not usable:
        raise InputError(f"None of {len(contrasts)} contrasts has all its pictures in the bank; encode them first.")
    if absent := [each.query for each in usable if each.query not in bank.text_places]:
        raise InputError(f"{absent[0]!r} has no vector here; encode the queries of the contrasts first.")
    queries = torch.from_numpy(bank.texts[[bank.text_places[each.query] for each in usable]])
    shown = torch.tensor([[bank.picture_places[key] for key in (each.right, *each.wrong)] for each in usable])
    looks = torch.cat([torch.from_numpy(bank.pictures), torch.from_numpy(bank.colours)], dim=1)
    torch.manual_seed(seed)
    match = ColourMatch(bank.width, rank)
    optimiser = torch.optim.AdamW(match.parameters(), lr=LEARNING_RATE, weight_decay=DECAY)
    for _ in range(EPOCHS):
        for rows in torch.randperm(len(usable)).split(BATCH):
            pictures = F.dropout(looks[shown[rows]], DROPOUT)
            loss = contrast_loss(match.score(queries[rows, None], pictures))
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
    return match.eval().requires_grad_(False)


def contrast_loss(scores: Tensor) -> Tensor:
    """Loss of scores (B, 1 + K), the right picture first."""
    ranked = F.cross_entropy(scores, torch.zeros(len(scores), dtype=torch.long, device=scores.device))
    return F.softplus(-scores[:, 0]).mean() + F.softplus(scores[:, 1:]).mean() + ranked
