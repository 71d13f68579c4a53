"""transformers' CLIP from a folder: the same vectors as transformers' own, on a tiny network made here."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from helpers.pictures import picture
from helpers.tiny_clip import END, JOINT, SIDE, WORDS, tiny_clip, tiny_tokenizer, write_clip
from safetensors.torch import load_file, save_file
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

from adlab.encoders.clip import load_clip
from adlab.encoders.clip_files import MEAN, STD
from adlab.errors import WeightsUnavailableError

TEXTS = ["a red shoe", "", "shoe red a", "a <|endoftext|> shoe", "red shoe " * 20]


@pytest.fixture(scope="module")
def model():
    return tiny_clip()


@pytest.fixture(scope="module")
def folder(model, tmp_path_factory) -> Path:
    return write_clip(tmp_path_factory.mktemp("clip") / "weights", model)


@pytest.fixture
def copied(folder, tmp_path) -> Path:
    return Path(shutil.copytree(folder, tmp_path / "copied"))


def of_transformers(model, text: str) -> np.ndarray:
    ids = tiny_tokenizer()(text, return_tensors="pt", truncation=True, max_length=WORDS)
    with torch.inference_mode():
        found = model.get_text_features(**ids).pooler_output[0]
    return (found / found.norm()).numpy()


def test_vectors_of_texts_are_those_of_transformers_whatever_shares_their_batch(model, folder):
    texts = load_clip(folder).text
    found = texts.encode(TEXTS)
    plain = [row for row, text in enumerate(TEXTS) if "<" not in text]
    expected = np.stack([of_transformers(model, TEXTS[row]) for row in plain])
    assert np.abs(np.diff(expected, axis=0)).max() > 0.1, "every text has the same vector"
    np.testing.assert_allclose(found[plain], expected, atol=1e-5)
    np.testing.assert_allclose(found[3:4], texts.encode(TEXTS[3:4]), atol=1e-5)
    assert found.shape == (5, texts.output_dim) == (5, JOINT)


def test_a_mark_within_a_text_is_spelled_out_and_does_not_end_it(folder):
    first, second = load_clip(folder).text.encode(["a <|endoftext|> red", "a <|endoftext|> shoe"])
    assert np.abs(first - second).max() > 1e-3


def test_vectors_of_pictures_are_those_of_transformers(model, folder):
    shown = [picture(row) for row in range(3)] + [picture(3).resize((90, 41)), picture(4).resize((31, 64))]
    prepare = CLIPImageProcessorPil(size={"shortest_edge": SIDE}, crop_size={"height": SIDE, "width": SIDE})
    with torch.inference_mode():
        pixels = torch.cat([prepare(image, return_tensors="pt")["pixel_values"] for image in shown])
        expected = torch.nn.functional.normalize(model.get_image_features(pixels).pooler_output, dim=1).numpy()
    encoder = load_clip(folder).image
    found = encoder.encode(shown)
    assert np.abs(np.diff(expected, axis=0)).max() > 0.05, "every picture has the same vector"
    np.testing.assert_allclose(found[:, -JOINT:], expected, atol=1e-4)
    assert found.shape == (5, encoder.output_dim) == (5, 16 + JOINT)
    assert encoder.forward(encoder.prepare(shown)).feature_map.shape == (5, 16, SIDE // 8, SIDE // 8)


def test_the_first_place_that_has_it_is_taken(folder, copied, tmp_path, monkeypatch):
    monkeypatch.setenv("ADLAB_CLIP", str(copied))
    (copied / "preprocessor_config.json").write_text(json.dumps({"image_std": [0.5, 0.5, 0.5]}))
    from_folder, from_environment = load_clip(folder).image.spec, load_clip().image.spec
    assert from_folder.preprocessing.endswith(f"mean {MEAN}, deviation {STD}")
    assert from_environment.preprocessing.endswith("deviation (0.5, 0.5, 0.5)")
    assert from_folder.encoder_id != from_environment.encoder_id
    assert load_clip(tmp_path / "nowhere").image.spec == from_environment


def test_the_hub_s_cache_comes_last_and_nothing_is_fetched(folder, tmp_path, monkeypatch):
    import huggingface_hub

    asked = []

    def snapshot(repository: str, **how: object) -> str:
        asked.append((repository, how["local_files_only"]))
        return str(folder)

    monkeypatch.delenv("ADLAB_CLIP", raising=False)
    monkeypatch.setattr(huggingface_hub, "snapshot_download", snapshot)
    load_clip(tmp_path / "nowhere")
    assert asked == [("openai/clip-vit-base-patch32", True)]


def test_clip_that_is_nowhere_names_places_and_remedies(tmp_path, monkeypatch):
    monkeypatch.delenv("ADLAB_CLIP", raising=False)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(WeightsUnavailableError) as caught:
        load_clip(tmp_path / "given")
    message = str(caught.value)
    assert f"looked at: {tmp_path / 'given'}" in message
    assert "looked at: the model hub's local cache" in message
    assert (message.count("remedy:"), message.count("ADLAB_CLIP")) == (2, 1)


def test_words_may_come_as_vocabulary_and_merges(folder, copied):
    expected = load_clip(folder).text
    (copied / "tokenizer.json").unlink()
    vocabulary = tiny_tokenizer().get_vocab()
    (copied / "vocab.json").write_text(json.dumps(vocabulary))
    (copied / "merges.txt").write_text("#version: 0.2\ns h\nsh o\nsho e</w>\nr e\nre d</w>\n")
    found = load_clip(copied).text
    np.testing.assert_array_equal(found.encode(TEXTS), expected.encode(TEXTS))
    assert vocabulary["<|endoftext|>"] == END


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("model.safetensors", None, "the folder has no model.safetensors"),
        ("model.safetensors", b"{ no weights", "a file cannot be read"),
        ("config.json", b"{ no config", "a file cannot be read"),
        ("tokenizer.json", None, "no tokenizer.json, and no vocab.json"),
        ("tokenizer.json", b"{ no words", "the tokenizer cannot be read"),
        ("tokenizer.json", b"{}", "tokenizer.json holds no tokenizer"),
        ("preprocessor_config.json", b"[", "preprocessor_config.json cannot be read"),
        ("preprocessor_config.json", b'{"size": 8}', "does not fit pictures of 32 px"),
    ],
)
def test_a_missing_or_damaged_file_is_named(copied, name, content, words):
    (copied / name).unlink(missing_ok=True)
    if content is not None:
        (copied / name).write_bytes(content)
    with pytest.raises(WeightsUnavailableError, match=words):
        load_clip(copied)


def test_a_missing_tensor_and_another_width_are_refused(copied):
    state = load_file(copied / "model.safetensors")
    save_file(
        {key: part for key, part in state.items() if key != "text_projection.weight"}, copied / "model.safetensors"
    )
    with pytest.raises(WeightsUnavailableError, match=r"1 tensors are missing, the first is text_projection\.weight"):
        load_clip(copied)
    save_file(state | {"text_projection.weight": torch.zeros(JOINT, 17)}, copied / "model.safetensors")
    with pytest.raises(WeightsUnavailableError, match="other shapes"):
        load_clip(copied)
