from __future__ import annotations

import pytest

from adlab.features.language import FOREIGN_WORDS, FUNCTION_WORDS, looks_english


@pytest.mark.parametrize(
    "text",
    [
        "Free shipping on all orders over $50",
        "Two dogs run along the beach. A ball flies over them.",
        "Nike Air Max 90",  # a product name has no function words
        "Puma Men Grey T-shirt",
        "50% OFF!!!",
        "",
        "2024",
        "Café crème, now in stores",
        "Die-cast model of a car",  # an English word that is German too
        "No, no, no more",
        "El Camino: the film of the year",
        "The best of München and Zürich",
        "Seoul street food (서울) in one hour",
    ],
)
def test_english_copy_and_product_names_pass(text):
    assert looks_english(text)


@pytest.mark.parametrize(
    "text",
    [
        "Jetzt die neue Kollektion entdecken und bis zu 50 % mit dem Gutschein sparen",
        "Livraison gratuite pour les commandes de plus de 50 euros",
        "Envío gratis en todos los pedidos con el código",
        "Spedizione gratuita per gli ordini con il codice della casa",
        "Frete grátis em todas as compras com o seu cupom",
        "Gratis verzending voor het hele jaar, van maandag tot en met vrijdag",
        "送料無料キャンペーン実施中",
        "Бесплатная доставка на все заказы",
        "شحن مجاني لجميع الطلبات",
        "免费送货 Nike",
    ],
)
def test_copy_in_other_languages_is_noticed(text):
    assert not looks_english(text)


def test_one_foreign_word_is_not_enough():
    assert looks_english("Der Spiegel")
    assert not looks_english("Der Spiegel und das Haus")


def test_no_word_counts_for_both_sides_among_those_that_english_copy_uses():
    assert FUNCTION_WORDS.isdisjoint(FOREIGN_WORDS)
    assert "the" in FUNCTION_WORDS
    assert "und" in FOREIGN_WORDS
