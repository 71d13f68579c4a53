"""How the FOCAL Ad reproduction measures, for the report: what the paper leaves open is said here."""

from __future__ import annotations

from adlab.evaluation.focal_seed import NEIGHBOURS

HOW = (
    "Label: logits = W [h_A; h_B] + ε with W ~ N(0, 1/d) on features standardised on the train split, cut at "
    "the median of the train pairs (Eq. 6–7). The paper prints neither W nor the noise level σ; σ is in units "
    "of logits, whose own deviation is about 1. The label takes no part in training the networks.",
    "Bayes accuracy: what the best possible prediction from the features would reach on the test pairs; noise "
    "hides the rest.",
    "Accuracy: logistic regression on standardised columns, penalty C = 1, solved to convergence, fitted on "
    "all train pairs and tested on all test pairs.",
    "Intervals are at 90 %. Over seeds: Student's t. Over images: bootstrap of the test images with all their "
    "captions, of the mean over seeds; it holds the seeds fixed.",
    "Mismatched pairs: each test image with all captions of one other test image, one fixed random cycle.",
    "Collapse: on the test images and all their captions. Effective rank: exponential of the entropy of the "
    "singular values' shares (Roy & Vetterli 2007); centred: after subtracting the mean row.",
    "Property probes: ridge regression on all train pairs, its penalty chosen on the dev split. Image "
    "properties: brightness, contrast, colourfulness, warmth and busyness of a 96-pixel thumbnail. Text "
    "properties: words, letters a word, words that name a colour, words that name a number.",
    "Modality probe, neighbours and maps take one caption an image, the first: the five captions of an image "
    f"would be each other's neighbours. Neighbours: the {NEIGHBOURS} nearest, columns standardised. Nothing else is "
    "subsampled.",
    "Clusters: like neighbours lie at least half the way from chance to 100 %. More alike than chance: the "
    "lower end of their interval over seeds lies above chance.",
    "Untrained network: same shape and standardisation, initial values only.",
)
