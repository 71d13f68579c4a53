"""Who graded the pairs of each source: people, a rule on real products, or a rule on simulated ads.

The readers take the kind of labels of their pairs from here, and tables by source say it behind the source's name.
"""

from __future__ import annotations

from adlab.data.relevance import Labels
from adlab.errors import UnknownNameError

PEOPLE, RULE, SIMULATED = "people", "rule", "simulated"
GRADED_BY = {
    "commercial-ads": PEOPLE,
    "crowdflower": PEOPLE,
    "homedepot": PEOPLE,
    "flickr8k-experts": PEOPLE,
    "flickr8k-crowd": PEOPLE,
    "fashion": RULE,
    "simulated": SIMULATED,
}
MEANING = (
    "Behind each source stands who graded its pairs: people, a rule on the attributes of real products, or the "
    "simulator's rule on ads that it made."
)


def labels_of(source: str) -> Labels:
    """Kind of the labels of a source's pairs.

    Raises:
        UnknownNameError: The source is not in `GRADED_BY`.
    """
    if source not in GRADED_BY:
        raise UnknownNameError("source of graded pairs", source, GRADED_BY)
    return "human" if GRADED_BY[source] == PEOPLE else "rule"


def with_grader(source: str) -> str:
    """A source with who graded its pairs, such as ``"fashion (rule)"``; one that is not known by its name alone."""
    return f"{source} ({GRADED_BY[source]})" if source in GRADED_BY else source
