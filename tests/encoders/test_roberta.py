from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from helpers.tiny_roberta import HEADS, HIDDEN, LAYERS, WIDTH, network, save_roberta, tokenizer

from adlab.encoders.roberta import HUB, load_roberta
from adlab.encoders.text import TextShape, load_bert, load_minilm
from adlab.errors import WeightsUnavailableError

TEXTS = ["buy a red lamp", "the table", "Café – 50% off!", "running shoe " * 20]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return save_roberta(tmp_path_factory.mktemp("roberta") / "base")


@pytest.fixture(autouse=True)
def nowhere(monkeypatch, tmp_path):
    """No RoBERTa of the machine is found."""
    monkeypatch.delenv("ADLAB_ROBERTA", raising=False)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))


def test_start_vectors_are_those_of_transformers_one_text_at_a_time(folder):
    encoder, theirs = load_roberta(folder), network(tokenizer().get_vocab_size())
    expected = []
    for text in TEXTS:
        ids = torch.tensor([[0, *tokenizer().encode(text).ids, 2]])
        with torch.inference_mode():
            expected.append(theirs(input_ids=ids).last_hidden_state[0, 0].numpy())
    assert np.abs(np.diff(np.stack(expected), axis=0)).max() > 0.1, "every text has the same vector"
    np.testing.assert_allclose(encoder.encode(TEXTS), np.stack(expected), atol=1e-5)
    assert encoder.spec.preprocessing.startswith("byte-level BPE ")


def test_its_shape_says_that_positions_begin_at_the_third(folder):
    assert load_roberta(folder).shape == TextShape(WIDTH, LAYERS, HEADS, HIDDEN, 1e-5, 2)
    assert load_minilm().shape == TextShape(384, 6, 12, 1536, 1e-12, 0)


def test_the_two_files_of_the_vocabulary_give_the_same_encoder_as_the_one(folder, tmp_path):
    two = load_roberta(save_roberta(tmp_path / "two", one_file=False))
    one = load_roberta(folder)
    assert two.spec.encoder_id == one.spec.encoder_id
    np.testing.assert_array_equal(two.encode(TEXTS), one.encode(TEXTS))


def test_it_is_found_by_argument_environment_and_the_hubs_cache(folder, tmp_path, monkeypatch):
    snapshot = tmp_path / "hub" / f"models--{HUB[1]}" / "snapshots" / "abc"
    save_roberta(snapshot)
    refs = snapshot.parent.parent / "refs"
    refs.mkdir()
    (refs / "main").write_text("abc")
    cached = load_roberta()
    assert cached.spec.name == "roberta"
    monkeypatch.setenv("ADLAB_ROBERTA", str(save_roberta(tmp_path / "other", hidden_size=32)))
    assert load_roberta().output_dim == 32
    assert load_roberta(folder).output_dim == WIDTH


def test_a_roberta_that_is_nowhere_names_places_and_two_remedies():
    with pytest.raises(WeightsUnavailableError) as caught:
        load_roberta()
    message = str(caught.value)
    assert "'roberta-base' cannot be had" in message
    assert message.count("remedy:") == 2
    assert "--text-weights" in message
    assert "ADLAB_ROBERTA" in message
    assert "FacebookAI/roberta-base" in message


def test_a_named_folder_without_it_is_refused_even_where_another_place_has_one(folder, tmp_path, monkeypatch):
    monkeypatch.setenv("ADLAB_ROBERTA", str(folder))
    with pytest.raises(WeightsUnavailableError, match=r"lacks model\.safetensors and config\.json and tokenizer"):
        load_roberta(tmp_path / "empty")


def test_a_bert_is_no_roberta_and_a_third_kind_is_named(folder, tmp_path):
    other = save_roberta(tmp_path / "bert")
    config = json.loads((other / "config.json").read_text())
    (other / "config.json").write_text(json.dumps(config | {"model_type": "bert"}))
    with pytest.raises(WeightsUnavailableError, match="model_type 'bert'"):
        load_roberta(other)
    (other / "config.json").write_text(json.dumps(config | {"model_type": "electra"}))
    with pytest.raises(WeightsUnavailableError, match="'electra', not bert or roberta"):
        load_bert(other)


def test_a_vocabulary_without_marks_is_refused(tmp_path):
    folder = save_roberta(tmp_path / "two", one_file=False)
    words = json.loads((folder / "vocab.json").read_text())
    words["<masked>"] = words.pop("<mask>")
    (folder / "vocab.json").write_text(json.dumps(words))
    with pytest.raises(WeightsUnavailableError, match="lacks <mask>"):
        load_roberta(folder)
