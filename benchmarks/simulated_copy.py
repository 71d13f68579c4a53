"""How far counting words gets on simulated ads, beside what a perfect reader of the copy and a viewer of all could get.

Run: python benchmarks/simulated_copy.py [ads]
"""

from __future__ import annotations

import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Sequence

import numpy as np
from scipy import sparse
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import OneHotEncoder

from adlab.simulator.ad import AdPlan
from adlab.simulator.plan import plan_ad

SEED = 20


def counted(train: Sequence[str], test: Sequence[str]) -> tuple[sparse.csr_matrix, sparse.csr_matrix]:
    """Presence of words and pairs of words."""
    counter = CountVectorizer(ngram_range=(1, 2), min_df=5, binary=True)
    return counter.fit_transform(train), counter.transform(test)


def accuracy(x: sparse.csr_matrix, y: np.ndarray, x_test: sparse.csr_matrix, y_test: np.ndarray) -> float:
    """Accuracy of a logistic regression."""
    model = LogisticRegression(C=0.3, max_iter=400).fit(x, y)
    return float((model.predict(x_test) == y_test).mean())


def best_guess(
    seen: Sequence[Hashable], truth: Sequence[Hashable], seen_test: Sequence[Hashable], test: np.ndarray
) -> float:
    """Accuracy of always guessing what is most frequent given what is seen: the ceiling for it."""
    table: dict[Hashable, Counter[Hashable]] = defaultdict(Counter)
    for key, value in zip(seen, truth, strict=True):
        table[key][value] += 1
    usual = Counter(truth).most_common(1)[0][0]
    guesses = [table[key].most_common(1)[0][0] if key in table else usual for key in seen_test]
    return float(np.mean([g == t for g, t in zip(guesses, test, strict=True)]))


def main(ads: int) -> None:
    """Print the table."""
    plans = [plan_ad(SEED, i) for i in range(ads)]
    cut = ads * 4 // 5
    copy = [f"{p.title}. {p.description}" for p in plans]
    asked = [f"{p.query} || {p.brand} || {c}" for p, c in zip(plans, copy, strict=True)]
    picture = OneHotEncoder().fit_transform([[p.factors.kind, p.factors.colour] for p in plans]).tocsr()
    targets: dict[str, tuple[Callable[[AdPlan], Hashable], list[str]]] = {
        "agreement": (lambda p: str(p.factors.agreement), copy),
        "relevance grade": (lambda p: p.relevance.grade, asked),
        "colour in the picture": (lambda p: p.factors.colour, copy),
        "product in the picture": (lambda p: p.factors.kind, copy),
    }
    print(f"{ads} ads, a fifth of them held out; accuracy")
    print("| target | most frequent | words | words + what is pictured | perfect reader of the copy |")
    print("|---|---|---|---|---|")
    for name, (target, texts) in targets.items():
        y = np.array([target(p) for p in plans])
        usual = float((y[cut:] == Counter(y[:cut]).most_common(1)[0][0]).mean())
        x, x_test = counted(texts[:cut], texts[cut:])
        both = sparse.hstack([x, picture[:cut]]).tocsr(), sparse.hstack([x_test, picture[cut:]]).tocsr()
        read = [_read(p, name) for p in plans]
        words = accuracy(x, y[:cut], x_test, y[cut:])
        seen = accuracy(both[0], y[:cut], both[1], y[cut:]) if not name.endswith("picture") else float("nan")
        reader = best_guess(read[:cut], list(y[:cut]), read[cut:], y[cut:])
        print(f"| {name} | {usual:.3f} | {words:.3f} | {seen:.3f} | {reader:.3f} |")


def _read(plan: AdPlan, name: str) -> Hashable:
    """What a perfect reader knows that bears on the target."""
    factors, judged = plan.factors, plan.relevance
    if name == "product in the picture":
        return factors.copy_kind
    if name == "relevance grade":
        return _asked_is_copys(plan), judged.colour is None, factors.copy_colour == "", judged.brand, judged.attribute
    return factors.copy_colour


def _asked_is_copys(plan: AdPlan) -> bool:
    from adlab.simulator.grammar.names import NOUNS

    query = f" {plan.query} "
    return any(f" {noun.lower()} " in query for noun in NOUNS[plan.factors.copy_kind])


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 25_000)
