from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import BertConfig, BertModel, BertTokenizer

from adlab.encoders.bert_files import load_tokenizer
from adlab.encoders.text import BERT_MAX_TOKENS, load_bert
from adlab.errors import WeightsUnavailableError

WORDS = [
    "[PAD]",
    "[UNK]",
    "[CLS]",
    "[SEP]",
    "[MASK]",
    "a",
    "dog",
    "runs",
    "fast",
    "on",
    "the",
    "beach",
    ".",
    "##s",
    "!",
]
TEXTS = ["A dog runs fast.", "the beach!", "", "dogs on the beach " * 40]


def tiny_bert() -> BertModel:
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(WORDS),
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=24,
        max_position_embeddings=64,
        initializer_range=0.5,  # so that the values differ from text to text
    )
    return BertModel(config).eval()


@pytest.fixture(scope="module")
def model() -> BertModel:
    return tiny_bert()


def write(folder: Path, model: BertModel, rename=lambda key: key) -> Path:
    folder.mkdir(exist_ok=True)
    save_file({rename(key): value.clone() for key, value in model.state_dict().items()}, folder / "model.safetensors")
    (folder / "config.json").write_text(json.dumps(model.config.to_dict(), default=str))
    (folder / "vocab.txt").write_text("\n".join(WORDS) + "\n")
    return folder


def old_name(key: str) -> str:
    return "bert." + key.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta")


def of_transformers(model: BertModel, folder: Path) -> np.ndarray:
    """[CLS] of every text on its own, by transformers' own tokenizer and network."""
    tokenizer = BertTokenizer(str(folder / "vocab.txt"))
    rows = []
    for text in TEXTS:
        tokens = tokenizer(text, return_tensors="pt", truncation=True, max_length=BERT_MAX_TOKENS)
        with torch.inference_mode():
            rows.append(model(**tokens).last_hidden_state[0, 0].numpy())
    return np.stack(rows)


@pytest.mark.parametrize("rename", [lambda key: key, old_name], ids=["new names", "names of the first release"])
def test_cls_values_are_those_of_transformers(model, tmp_path, rename):
    encoder = load_bert(write(tmp_path / "bert", model, rename))
    expected = of_transformers(model, tmp_path / "bert")
    assert np.abs(np.diff(expected, axis=0)).max() > 0.1, "every text has the same vector"
    np.testing.assert_allclose(encoder.encode(TEXTS), expected, atol=1e-5)
    assert encoder.output_dim == 16
    assert encoder.tokenize(TEXTS).input_ids.shape == (4, BERT_MAX_TOKENS)


def test_the_folder_can_come_from_the_environment(model, tmp_path, monkeypatch):
    monkeypatch.setenv("ADLAB_BERT", str(write(tmp_path / "bert", model)))
    assert load_bert().spec.name == "bert-base-uncased"


def test_other_weights_have_another_identity(model, tmp_path):
    first = load_bert(write(tmp_path / "a", model)).spec.encoder_id
    with torch.no_grad():
        other = tiny_bert()
        other.embeddings.word_embeddings.weight[0, 0] += 1
    assert load_bert(write(tmp_path / "b", other)).spec.encoder_id != first


def test_another_vocabulary_is_another_identity_and_another_layout_of_it_is_not(model, tmp_path):
    """A tokenizer that cuts words otherwise feeds the same weights other numbers."""
    plain = load_bert(write(tmp_path / "a", model))
    folder = write(tmp_path / "b", model)
    load_tokenizer(folder, 50).save(str(folder / "tokenizer.json"), pretty=True)
    assert load_bert(folder).spec == plain.spec
    (folder / "tokenizer.json").unlink()
    swapped = (folder / "vocab.txt").read_text().splitlines()
    swapped[-1], swapped[-2] = swapped[-2], swapped[-1]
    (folder / "vocab.txt").write_text("\n".join(swapped) + "\n")
    assert load_bert(folder).spec.encoder_id != plain.spec.encoder_id


def test_a_missing_tensor_is_named(model, tmp_path):
    folder = write(tmp_path / "bert", model)
    state = load_file(folder / "model.safetensors")
    del state["encoder.layer.1.output.dense.bias"]
    save_file(state, folder / "model.safetensors")
    with pytest.raises(WeightsUnavailableError, match=r"1 tensors .* first is encoder\.layer\.1\.output\.dense\.bias"):
        load_bert(folder)


def test_a_config_of_another_width_is_refused(model, tmp_path):
    folder = write(tmp_path / "bert", model)
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"hidden_size": 32}))
    with pytest.raises(WeightsUnavailableError, match="other shapes"):
        load_bert(folder)


@pytest.mark.parametrize("name", ["model.safetensors", "config.json"])
def test_a_damaged_file_is_refused(model, tmp_path, name):
    folder = write(tmp_path / "bert", model)
    (folder / name).write_bytes(b"{ not what it should be")
    with pytest.raises(WeightsUnavailableError, match="cannot be read"):
        load_bert(folder)


def test_bert_that_is_nowhere_names_places_and_two_remedies(tmp_path, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(WeightsUnavailableError) as caught:
        load_bert(tmp_path / "given")
    message = str(caught.value)
    assert "bert-base-uncased" in message
    assert f"looked at: {tmp_path / 'given'}" in message
    assert message.count("remedy:") == 2
    assert "ADLAB_BERT" in message
