"""What AdsCVLR is pre-trained on: copies with the picture they belong to, and texts without one (AdsCVLR, §4.2).

| source                | query            | copy                          | picture | category         |
|-----------------------|------------------|-------------------------------|---------|------------------|
| fashion, grade 3      | from attributes  | title, brand                  | product | kind of product  |
| flickr8k, train part  | a caption        | another caption, or none      | photo   | –                |
| simulated             | the ad's query   | all fields                    | drawn   | kind of product  |
| own table, grade ≥ 2  | the query        | all fields                    | the ad's| –                |
| any other, train part | the query        | the ad's text                 | –       | –                |

Only pairs of the training part are used, and of the judged data only those without a picture: the photos of Flickr8k
that people judged are in its official test part, and take no part here. What does not belong together is made while
training, by showing another picture of the same source.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from adlab.data.fashion import Fashion
from adlab.data.fashion_queries import SOURCE as FASHION
from adlab.data.flickr8k import Flickr8k, Split
from adlab.data.flickr8k_judgements import image_key
from adlab.data.relevance import OWN_PAIRS as OWN
from adlab.data.relevance import RelevanceSet
from adlab.simulator.ad import AdPlan
from adlab.training.simulated_relevance import SOURCE as SIMULATED

GOOD, EXCELLENT = 2, 3
AGREES = 0.8  # of the planted agreement: the copy contradicts nothing that the picture shows
PHOTOS = "flickr8k-captions"


@dataclass(frozen=True, kw_only=True, slots=True)
class PretrainingPair:
    """Texts, the picture they belong to, and the category of what is offered.

    Attributes:
        source: Name of the data set; pictures are swapped within it.
        query: What the viewer searched for.
        title: Headline; "" where the query is all the text there is.
        seller: Who sells.
        brand: Brand named by the ad.
        description: Body copy.
        image: Key of the picture, "" without one.
        category: What is offered, "" where unknown.
    """

    source: str
    query: str
    title: str = ""
    seller: str = ""
    brand: str = ""
    description: str = ""
    image: str = ""
    category: str = ""


def fashion_products(data: RelevanceSet, fashion: Fashion) -> list[PretrainingPair]:
    """The pairs of fashion that fit in every respect: there, title and picture tell of one product.

    Args:
        data: Pairs of one part.
        fashion: The products, for their categories.
    """
    category = {product.product_id: product.article_type for product in fashion.products}
    return [
        PretrainingPair(
            source=FASHION,
            query=pair.query,
            title=pair.title,
            brand=pair.brand,
            image=pair.image,
            category=f"{FASHION}:{category[pair.product]}" if category.get(pair.product) else "",
        )
        for pair in data.pairs
        if pair.source == FASHION and pair.grade == EXCELLENT and pair.image
    ]


def captioned_photos(data: Flickr8k, part: Split = "train") -> list[PretrainingPair]:
    """Photos of one official part: their captions two by two, as query and title; one that is left over, as query."""
    found = []
    for name in data.names_of(part):
        captions = data.captions[name]
        for place in range(0, len(captions), 2):
            query, *title = captions[place : place + 2]
            found.append(PretrainingPair(source=PHOTOS, query=query, title="".join(title), image=image_key(name)))
    return found


def simulated_ads(plans: Iterable[AdPlan]) -> list[PretrainingPair]:
    """Simulated ads whose copy contradicts nothing that their picture shows."""
    return [
        PretrainingPair(
            source=SIMULATED,
            query=plan.query,
            title=plan.title,
            seller=plan.seller,
            brand=plan.brand,
            description=plan.description,
            image=f"{SIMULATED}:{plan.ad_id}",
            category=f"{SIMULATED}:{plan.category}",
        )
        for plan in plans
        if plan.factors.agreement >= AGREES
    ]


def pictured_ads(data: RelevanceSet) -> list[PretrainingPair]:
    """The ads with a picture of a table of one's own whose query they answer well: Good or Excellent."""
    return [
        PretrainingPair(
            source=OWN,
            query=pair.query,
            title=pair.title,
            seller=pair.seller,
            brand=pair.brand,
            description=pair.description,
            image=pair.image,
        )
        for pair in data.pairs
        if pair.source == OWN and pair.image and pair.grade >= GOOD
    ]


def texts_alone(data: RelevanceSet) -> list[PretrainingPair]:
    """Pairs that have no picture, whatever their grade: words are guessed from words. Equal ones come once."""
    texts = {
        (pair.source, pair.query, pair.title, pair.seller, pair.brand, pair.description): None
        for pair in data.pairs
        if not pair.image
    }
    names = ("source", "query", "title", "seller", "brand", "description")
    return [PretrainingPair(**dict(zip(names, values, strict=True))) for values in texts]


def category_ids(pairs: Sequence[PretrainingPair]) -> Mapping[str, int]:
    """A number for each category that the pairs know, in alphabetical order."""
    return {name: number for number, name in enumerate(sorted({pair.category for pair in pairs if pair.category}))}
