"""The `paper` preset from end to end on a small random RoBERTa: pre-trained, fine-tuned, saved, reloaded, scored."""

from __future__ import annotations

import shutil
from dataclasses import replace

import numpy as np
import pytest
import torch
from helpers.pictures import picture
from helpers.tiny_models import save_vision
from helpers.tiny_relevance import bank
from helpers.tiny_roberta import HEADS, HIDDEN, LAYERS, WIDTH, network, save_roberta, tokenizer

from adlab.checkpoints.kept_tokenizer import TOKENIZER
from adlab.checkpoints.networks import load_image_encoder
from adlab.checkpoints.relevance import load_relevance
from adlab.checkpoints.store import load_checkpoint, read_extra
from adlab.data.creative import Creative
from adlab.data.image_intake import read_image
from adlab.encoders.roberta import load_roberta
from adlab.encoders.text import load_minilm
from adlab.errors import CheckpointError, ConfigError, UnknownNameError, WeightsUnavailableError
from adlab.features.ad_vocabulary import AdVocabularyConfig, extend
from adlab.features.query_ad_tokens import QueryAdTokenizer, TokenLimits, pair_inputs
from adlab.features.vectors import Vectors
from adlab.inference.relevance import RelevanceHead
from adlab.models.bert_weights import from_text_encoder
from adlab.models.pair_inputs import InputMode, PairInputs
from adlab.training.adscvlr_finetune_task import FinetuneTraining
from adlab.training.adscvlr_preset import pretraining_defaults, run_defaults, shape_of, text_network
from adlab.training.adscvlr_pretrain_batches import PretrainingSet
from adlab.training.adscvlr_pretrain_data import PretrainingPair
from adlab.training.adscvlr_pretrain_task import AdsCVLRPretrainTask, PretrainTraining
from adlab.training.adscvlr_run import RelevanceRun, train_relevance
from adlab.training.adscvlr_sources import Sources
from adlab.training.relevance_data import OwnPairs
from adlab.training.teacher_scores import load_teacher

NAME = "relevance-paper"
NAMES = ("Bad", "Fair", "Good", "Excellent")


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """A models folder with a tiny image encoder, RoBERTa, and a table of 240 pairs, every third with a picture."""
    folder = tmp_path_factory.mktemp("paper")
    save_vision(folder / "models")
    save_roberta(folder / "roberta")
    rows = ["query,title,seller,brand,description,image,label\n"]
    for n in range(240):
        image = f"{n}.jpg" if n % 3 == 0 else ""
        if image:
            picture(n).save(folder / image)
        label = NAMES[(n + 2 * (n // 3)) % 4]
        rows.append(f"buy lamp {n // 3},Bluetooth lamp {n},shop {n},,the red lamp,{image},{label}\n")
    (folder / "pairs.csv").write_text("".join(rows))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ADLAB_CACHE", str(folder / "cache"))
        patch.setenv("ADLAB_MODELS", str(folder / "models"))
        yield folder


@pytest.fixture(autouse=True)
def cache(root, monkeypatch):
    monkeypatch.setenv("ADLAB_CACHE", str(root / "cache"))
    monkeypatch.setenv("ADLAB_MODELS", str(root / "models"))
    monkeypatch.delenv("ADLAB_ROBERTA", raising=False)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(root / "hub"))


def run_in(root, **changes) -> RelevanceRun:
    before = pretraining_defaults("paper") | {"learning_rate": 3e-3}  # a handful of steps is to move something
    given = {
        **run_defaults("paper"),
        "sources": Sources(folder=root, names=(), own=OwnPairs(table=root / "pairs.csv", images=root), side=1),
        "out": root / "models" / NAME,
        "preset": "paper",
        "text_weights": root / "roberta",
        "pretraining": PretrainTraining(**before, epochs=1, pairs=16, batch_size=8),
        "training": FinetuneTraining(epochs=1, pairs=24, batch_size=8, learning_rate=3e-3),
        "vocabulary": AdVocabularyConfig(size=3),
        "members": 2,
        "device": "cpu",
    }
    return RelevanceRun(**(given | changes))


@pytest.fixture(scope="module")
def trained(root):
    return train_relevance(run_in(root), command="python -m adlab train relevance --preset paper")


def vectors_of(root) -> Vectors:
    return Vectors(load_image_encoder(root=root / "models"), load_minilm())


def vocabulary_of(encoder):
    return extend(encoder.wordpieces(), [" Bluetooth"])


def test_the_preset_is_the_papers_and_compact_stays_as_it_was():
    assert run_defaults("compact") == pretraining_defaults("compact") == {}
    assert run_defaults("paper") == {"limits": TokenLimits(total=152, description=152), "likeness": False}
    assert pretraining_defaults("paper")["decoder_layers"] == 12
    with pytest.raises(UnknownNameError, match="'compact'"):
        run_defaults("compct")


def test_the_network_has_the_shape_of_the_roberta_and_trains_its_token_vectors(root):
    encoder = load_roberta(root / "roberta")
    vocabulary = vocabulary_of(encoder)
    shape = shape_of("paper", encoder, vocabulary, None)
    assert (shape.width, shape.layers, shape.heads, shape.hidden) == (WIDTH, LAYERS, HEADS, HIDDEN)
    assert (shape.norm, shape.norm_eps, shape.frozen_tokens, shape.max_tokens) == ("post", 1e-5, False, 152)
    assert (shape.vocabulary, shape.added_tokens) == (vocabulary.base_size, 2)
    assert shape_of("paper", encoder, vocabulary, 1).layers == 1
    with pytest.raises(ConfigError, match="layers is 3; roberta has 2"):
        shape_of("paper", encoder, vocabulary, 3)


@torch.no_grad()
def test_before_training_it_reads_text_as_the_roberta_does(root):
    """Positions, segments and norms are where RoBERTa's weights need them."""
    encoder = load_roberta(root / "roberta")
    vocabulary = vocabulary_of(encoder)
    net = from_text_encoder(encoder, shape_of("paper", encoder, vocabulary, None)).eval()
    ids = torch.tensor([[0, *tokenizer().encode("buy a red lamp").ids, 2]])
    seen = net(PairInputs(ids, torch.zeros_like(ids), torch.ones_like(ids, dtype=torch.bool)))
    theirs = network(tokenizer().get_vocab_size())(input_ids=ids).last_hidden_state
    torch.testing.assert_close(seen.token_states, theirs, atol=1e-5, rtol=0)


def test_weights_of_another_vocabulary_than_the_tokenizer_are_refused(root, tmp_path):
    folder = save_roberta(tmp_path / "odd", rows=400)
    encoder = load_roberta(folder)
    with pytest.raises(ConfigError, match="vectors of 400 tokens and a tokenizer of"):
        shape_of("paper", encoder, vocabulary_of(encoder), None)


def test_compact_takes_no_weights_and_paper_says_where_to_get_them(root):
    with pytest.raises(ConfigError, match="compact starts from MiniLM"):
        text_network("compact", load_minilm(), root / "roberta")
    with pytest.raises(WeightsUnavailableError, match="ADLAB_ROBERTA"):
        text_network("paper", load_minilm(), None)
    with pytest.raises(WeightsUnavailableError, match="lacks"):
        train_relevance(run_in(root, text_weights=root / "nowhere"))


def test_pre_training_hides_words_behind_the_papers_mask_and_titles_end_with_its_end(root):
    encoder = load_roberta(root / "roberta")
    vocabulary = vocabulary_of(encoder)
    pairs = [PretrainingPair(source="s", query="buy a red lamp", title="the red Bluetooth lamp") for _ in range(40)]
    data = PretrainingSet(pairs, None, QueryAdTokenizer(vocabulary), {}, title_tokens=9)
    batch = data.batch(range(40), np.arange(40), torch.Generator().manual_seed(0), torch.zeros(1)).alone
    assert batch is not None
    assert set(batch.inputs.token_ids[batch.hidden_words].tolist()) == {4}, "<mask>"
    hidden = set(batch.words.tolist())
    assert vocabulary.base_size + 1 in hidden, "ad words are guessed, too"
    assert not hidden & {0, 1, 2, 3, 4, vocabulary.separator_id}
    assert {title[-1] for title in data.titles} == {2}, "</s>"


def test_the_decoder_of_pre_training_has_twelve_blocks_and_learns(root):
    encoder = load_roberta(root / "roberta")
    vocabulary = vocabulary_of(encoder)
    net = from_text_encoder(encoder, shape_of("paper", encoder, vocabulary, None))
    how = PretrainTraining(**pretraining_defaults("paper"))
    pairs = [PretrainingPair(source="s", query="buy", title="lamp")]
    data = PretrainingSet(pairs, bank(["red lamp"]), QueryAdTokenizer(vocabulary), {}, title_tokens=how.title_tokens)
    task = AdsCVLRPretrainTask(how, net, None, data, data, categories=0)
    assert len(task.heads.decoder.blocks) == 12
    memory = torch.randn(2, 3, WIDTH, generator=torch.Generator().manual_seed(0))
    states = task.heads.decoder(torch.tensor([[0, 9], [0, 7]]), memory, None, net.tokens)
    task.heads.decoder.word_logits(states, net.tokens).logsumexp(2).sum().backward()
    for block in task.heads.decoder.blocks:
        assert all(parameter.grad is not None for parameter in block.parameters())
    assert net.tokens.base.grad is not None


@pytest.mark.slow
def test_the_card_names_the_text_network_and_the_encoders_at_hand_are_only_what_it_reads(root, trained):
    identity = load_roberta(root / "roberta").spec.encoder_id
    assert trained.extras["relevance"]["text_network"] == identity
    assert trained.training.config["text network"] == identity
    assert set(trained.encoders) == {"image"}
    assert f"AdsCVLR of {LAYERS} × {WIDTH} × {HEADS}, from roberta, on grid regions, with or" in trained.summary
    assert trained.training.config["pretraining"]["decoder_layers"] == 12
    assert "up to 152 tokens, 152 of the description" in trained.preprocessing
    state = load_checkpoint(NAME, root / "models").state
    assert len(state["tokens.base"]) == tokenizer().get_vocab_size()
    assert not any(name.startswith(("decoder", "heads")) for name in state)


@pytest.mark.slow
def test_training_moved_the_token_vectors(root, trained):
    base = load_roberta(root / "roberta").state()["embeddings.word_embeddings.weight"]
    moved = (load_checkpoint(NAME, root / "models").state["tokens.base"] - base).abs().max(dim=1).values
    assert (moved > 1e-3).float().mean() > 0.1


@pytest.mark.slow
def test_it_is_loaded_and_scores_without_the_text_network(root, trained, monkeypatch, tmp_path):
    monkeypatch.setattr("adlab.encoders.roberta.load_roberta", None)  # nothing asks for it
    head = RelevanceHead(NAME, vectors_of(root), root=root / "models")
    reference = read_extra(load_checkpoint(NAME, root / "models"), "reference.safetensors")
    inputs = PairInputs(
        reference["token_ids"],
        reference["segment_ids"],
        reference["token_mask"],
        *(reference.get(name) for name in PairInputs._fields[3:]),
    )
    found = head.network(inputs, states=False).grade_logits
    torch.testing.assert_close(found, reference["grade_logits"], rtol=1e-5, atol=1e-5)
    one = Creative(query="buy lamp 7", title="Bluetooth lamp 21", image=read_image(root / "21.jpg"))
    whole, bare = (head.results([each])[0] for each in (one, replace(one, image=None)))
    assert 0 <= whole.value <= 3
    assert whole.value != bare.value
    assert sum(whole.details.values()) == pytest.approx(1)


@pytest.mark.slow
def test_the_head_lays_out_rows_as_the_training_did(root, trained):
    """With RoBERTa's tokens and the ad words learned, which a MiniLM does not know."""
    head = RelevanceHead(NAME, vectors_of(root), root=root / "models")
    encoder = load_roberta(root / "roberta")
    rows = QueryAdTokenizer(extend(encoder.wordpieces(), head.settings.words))
    pair = Creative(query="buy lamp 7", title="Bluetooth lamp", description="<mask> </s> the red lamp " * 30)
    expected = pair_inputs(rows.tokens([pair]))
    assert torch.equal(head.inputs(pair, InputMode.TEXT_ONLY).token_ids, expected.token_ids)
    assert expected.token_ids.shape[1] == 152
    assert "Bluetooth" in head.settings.words
    teacher = load_teacher(NAME, load_minilm(), load_image_encoder(root=root / "models").spec.encoder_id)
    assert torch.equal(pair_inputs(teacher.tokenizer.tokens([pair])).token_ids, expected.token_ids)


@pytest.mark.slow
def test_a_checkpoint_without_its_tokenizer_says_what_is_missing(root, trained, tmp_path):
    models = tmp_path / "models"
    shutil.copytree(root / "models", models)
    (models / NAME / TOKENIZER).unlink()
    image = load_image_encoder(root=models).spec.encoder_id
    with pytest.raises(CheckpointError, match=r"tokenizer\.safetensors is missing"):
        load_relevance(NAME, load_minilm(), image, root=models)


@pytest.mark.slow
def test_with_likeness_wholes_are_minilms_and_it_must_be_at_hand(root):
    run = run_in(root, likeness=True, pretraining=None, out=root / "models" / "paper-likeness", layers=1)
    manifest = train_relevance(run)
    assert (manifest.network["whole_dim"], manifest.network["layers"]) == (384, 1)
    assert manifest.encoders["text"] == load_minilm().spec.encoder_id
    head = RelevanceHead("paper-likeness", vectors_of(root), root=root / "models")
    assert 0 <= head.results([Creative(query="buy lamp", title="red lamp")])[0].value <= 3
