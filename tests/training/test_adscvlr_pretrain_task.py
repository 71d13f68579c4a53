"""Pre-training on a handful of pairs: what is hidden and shown, what each task learns from, and a resumed run."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from helpers import tiny_relevance as tiny

from adlab.errors import ConfigError, InputError
from adlab.losses.adscvlr_pretraining import PretrainingWeights
from adlab.models.pair_inputs import PairInputs
from adlab.training.adscvlr_pretrain_batches import NO_WORD, PretrainingBatch, PretrainingBatches, PretrainingSet
from adlab.training.adscvlr_pretrain_data import category_ids
from adlab.training.adscvlr_pretrain_task import AdsCVLRPretrainTask, PretrainTraining
from adlab.training.adscvlr_regions import standardise_regions
from adlab.training.run import Fit, fit, quiet

SHORT = PretrainTraining(epochs=4, batch_size=8, learning_rate=3e-3, decoder_layers=1, title_tokens=8)
FILL = torch.full((tiny.REGION_DIM,), -7.0)


@pytest.fixture(scope="module")
def data() -> PretrainingSet:
    pairs = tiny.pretraining_pairs()
    bank = tiny.bank(pair.image for pair in pairs if pair.image)
    return PretrainingSet(pairs, bank, tiny.tokenizer(), category_ids(pairs), title_tokens=8)


def task_of(data: PretrainingSet, training: PretrainTraining = SHORT, seed: int = 0) -> AdsCVLRPretrainTask:
    net = tiny.network(seed)
    standardise_regions(net, data.bank)
    torch.manual_seed(1)
    classifier = torch.nn.Linear(tiny.REGION_DIM, 6).requires_grad_(False)
    return AdsCVLRPretrainTask(training, net, classifier, data, data, categories=len(tiny.THINGS), seed=seed)


def batches(data: PretrainingSet, **fields):
    return list(PretrainingBatches(data, 8, FILL, **({"mismatched": 0.5, "seed": 3} | fields)))


def test_hidden_words_are_never_marks_and_come_back_as_they_were(data):
    for batch in batches(data):
        for part in filter(None, (batch.pictured, batch.alone)):
            assert (part.inputs.token_ids[part.hidden_words] == data.mask).all()
            assert not torch.isin(part.words, torch.cat([data.marks, torch.tensor([data.mask, 0])])).any()
            assert len(part.words) == int(part.hidden_words.sum())


def test_words_and_regions_are_hidden_in_mismatched_pairs_too(data):
    """Otherwise [MASK] would tell that the picture is the right one."""
    found = [batch.pictured for epoch in range(20) for batch in batches(data, epoch=epoch) if batch.pictured]
    matched = torch.cat([part.matched for part in found])
    words = torch.cat([part.hidden_words.sum(dim=1) for part in found]).double()
    regions = torch.cat([part.hidden_regions.sum(dim=1) for part in found]).double()
    assert 0.3 < matched.double().mean() < 0.7
    for hidden in (words, regions):
        assert 0.8 < hidden[matched].mean() / hidden[~matched].mean() < 1.25


def test_nine_in_ten_chosen_regions_are_filled(data):
    found = [batch.pictured for epoch in range(20) for batch in batches(data, epoch=epoch) if batch.pictured]
    filled = torch.cat([(p.inputs.regions == -7).all(dim=2)[p.hidden_regions] for p in found]).double()
    assert 0.8 < filled.mean() < 0.97
    assert not any((p.inputs.regions == -7).any(dim=2)[~p.hidden_regions].any() for p in found)


def test_title_and_category_are_those_of_the_picture_shown(data):
    written = {tuple(title): data.pairs[row] for row, title in enumerate(data.titles)}
    seen = 0
    for part in (batch.pictured for batch in batches(data) if batch.pictured):
        for row in range(len(part.matched)):
            ad = written[tuple(id_ for id_ in part.titles[row].tolist() if id_ != NO_WORD)]
            assert int(part.categories[row]) == sorted(tiny.THINGS).index(ad.category)
            np.testing.assert_array_equal(part.regions[row], data.bank.regions([ad.image]).features[0])
            seen += 1
    assert seen == 16


def pictured(data, rows=range(16)):
    return data.batch(rows, np.arange(32), torch.Generator().manual_seed(1), FILL).pictured


def test_each_word_of_a_title_is_asked_for_from_those_before_it(data, monkeypatch):
    task, read = task_of(data), []
    forward = task.heads.decoder.forward

    def watch(words, *rest):
        read.append(words)
        return forward(words, *rest)

    monkeypatch.setattr(task.heads.decoder, "forward", watch)
    batch = pictured(data)
    told = task._picture_alone(batch)["caption"]
    titles = batch.titles
    assert len(set(titles[titles != NO_WORD].tolist())) > 3
    assert torch.equal(told.targets, titles[titles != NO_WORD])
    assert torch.equal(read[0][:, 0], batch.inputs.token_ids[:, 0])  # [CLS]
    follows = titles[:, 1:] != NO_WORD
    assert torch.equal(read[0][:, 1:][follows], titles[:, :-1][follows])


def test_what_fills_titles_up_changes_no_loss_of_theirs(data):
    task, batch = task_of(data).eval(), pictured(data)
    longer = batch._replace(titles=torch.nn.functional.pad(batch.titles, (0, 2), value=NO_WORD))
    assert longer.titles.shape[1] <= SHORT.title_tokens
    plain, filled = (task._picture_alone(each)["caption"] for each in (batch, longer))
    torch.testing.assert_close(filled.logits, plain.logits)
    assert torch.equal(filled.targets, plain.targets)


def test_another_picture_is_one_of_the_same_source(data):
    shown = data.shown(1.0, np.random.default_rng(0))
    assert (shown[~data.pictured] == np.flatnonzero(~data.pictured)).all()
    assert data.pictured[shown[data.pictured]].all()
    assert (data.shown(0.0, np.random.default_rng(0)) == np.arange(len(data))).all()


def test_batches_depend_on_seed_and_epoch_only(data):
    def ids(**fields):
        found = [p.inputs.token_ids for b in batches(data, **fields) for p in (b.pictured, b.alone) if p]
        return torch.cat([part.flatten() for part in found])

    assert torch.equal(ids(epoch=2), ids(epoch=2))
    assert ids(epoch=2).tolist() != ids(epoch=3).tolist()
    assert ids(epoch=2).tolist() != ids(epoch=2, seed=4).tolist()


def test_an_epoch_can_be_cut_to_a_number_of_pairs_and_the_next_draws_others(data):
    first, second = (PretrainingBatches(data, 8, FILL, mismatched=0.5, pairs=10, epoch=epoch) for epoch in (0, 1))
    assert len(first.chosen) == len(set(first.chosen.tolist())) == 10
    assert first.chosen.tolist() != second.chosen.tolist()
    assert len(list(first)) == len(first) == 2


def test_every_parameter_learns(data):
    task = task_of(data)
    task.objective(data.batch(range(0, 32, 3), np.arange(32), torch.Generator().manual_seed(1), FILL)).total.backward()
    idle = [name for name, p in task.named_parameters() if p.requires_grad and (p.grad is None or not p.grad.any())]
    # Grades and projection are what fine-tuning uses.
    assert [name for name in idle if not name.startswith(("net.grade", "net.projection"))] == []


def test_the_query_tells_nothing_about_the_category(data, monkeypatch):
    task, seen = task_of(data), []
    forward = task.net.forward

    def watch(inputs: PairInputs, **fields):
        seen.append(inputs)
        return forward(inputs, **fields)

    monkeypatch.setattr(task.net, "forward", watch)
    task.objective(data.batch([0, 1, 2], np.arange(32), torch.Generator().manual_seed(1), FILL))
    assert [inputs.token_ids.shape[1] for inputs in seen][1] == 1
    assert torch.equal(seen[1].regions, data.bank.regions([data.pairs[n].image for n in range(3)]).features)


@pytest.mark.parametrize(
    ("task_name", "part"),
    [("masked_object", "objects"), ("image_category", "category"), ("caption", "decoder")],
)
def test_a_task_without_weight_has_no_head(data, task_name, part):
    weights = replace(PretrainingWeights(), **{task_name: 0.0})
    task = task_of(data, replace(SHORT, weights=weights))
    assert getattr(task.heads, part) is None
    found = task.objective(data.batch(range(32), np.arange(32), torch.Generator().manual_seed(1), FILL))
    assert getattr(found, task_name) == 0
    assert found.total > 0


def test_batches_of_one_kind_have_a_loss(data):
    task, generator = task_of(data), torch.Generator().manual_seed(1)
    texts = task.objective(data.batch(range(16, 32), np.arange(32), generator, FILL))
    assert texts.text_masked_language > 0
    assert texts.matching == 0
    pictured = task.objective(data.batch(range(16), np.arange(32), generator, FILL))
    assert pictured.text_masked_language == 0
    assert pictured.matching > 0


def test_pre_training_learns_and_a_resumed_run_equals_an_unbroken_one(data, tmp_path):
    quiet()
    how = Fit(epochs=4, monitor="val_loss", accelerator="cpu", progress=False, folder=tmp_path / "a")
    before = task_of(data)
    with torch.no_grad():
        first = float(sum(before.objective(batch).total for batch in before.val_dataloader()))
    whole = task_of(data)
    fit(whole, how)
    with torch.no_grad():
        last = float(sum(whole.objective(batch).total for batch in whole.val_dataloader()))
    assert last < 0.9 * first
    halves = replace(how, folder=tmp_path / "b")
    fit(task_of(data), replace(halves, epochs=2))
    resumed = task_of(data)
    fit(resumed, halves)
    for (name, a), b in zip(whole.net.state_dict().items(), resumed.net.state_dict().values(), strict=True):
        torch.testing.assert_close(a, b, rtol=0, atol=0, msg=name)


def test_bfloat16_trains_too(data):
    quiet()
    task = task_of(data)
    fit(task, Fit(epochs=1, monitor="val_loss", accelerator="cpu", precision="bf16-mixed", progress=False))
    assert all(parameter.dtype == torch.float32 and parameter.isfinite().all() for parameter in task.net.parameters())


def test_unusable_settings_and_empty_data_are_named(data):
    with pytest.raises(ConfigError, match="mismatched"):
        PretrainTraining(mismatched=1.5)
    with pytest.raises(ConfigError, match="pairs is 0"):
        PretrainTraining(pairs=0)
    with pytest.raises(InputError, match="no pairs"):
        PretrainingSet([], data.bank, tiny.tokenizer(), {}, title_tokens=8)


def labelled(data: PretrainingSet) -> PretrainingSet:
    """The same pictures with a class for each region, the last region of the first picture missing."""
    details = np.zeros((*data.bank.features.shape[:2], 6), dtype=np.float16)
    details[..., :4], details[..., 4] = [0.0, 0.0, 0.5, 0.5], 1
    details[..., 5] = np.arange(details[..., 5].size).reshape(details.shape[:2]) % 5
    details[0, -1] = [0, 0, 0, 0, 0, -1]
    bank = replace(data.bank, boxes=None, details=details, classes=5, visual="roi")
    return PretrainingSet(data.pairs, bank, tiny.tokenizer(), category_ids(data.pairs), title_tokens=8)


def labelled_task(data: PretrainingSet) -> AdsCVLRPretrainTask:
    net = tiny.network()
    standardise_regions(net, data.bank)
    return AdsCVLRPretrainTask(SHORT, net, None, data, data, categories=len(tiny.THINGS))


def test_regions_with_labels_are_told_from_the_rest_by_their_best_class(data):
    """The paper's c(v): cross entropy with the detector's class, by hand on the hidden regions."""
    kept = labelled(data)
    task = labelled_task(kept)
    assert task.heads.objects.out_features == 5
    part = next(b.pictured for epoch in range(9) for b in batches(kept, mismatched=0.0, epoch=epoch) if b.pictured)
    keys = {tuple(kept.titles[row]): pair.image for row, pair in enumerate(kept.pairs) if pair.image}
    seen = [keys[tuple(i for i in title.tolist() if i != NO_WORD)] for title in part.titles]
    rows, places = part.hidden_regions.nonzero(as_tuple=True)
    classes = [int(kept.bank.details[kept.bank.places[seen[r]], p, 5]) for r, p in zip(rows, places, strict=True)]
    assert len(classes) > 2
    with torch.no_grad():
        states = task.net(part.inputs).region_states[part.hidden_regions]
        chances = task.heads.object_logits(states).log_softmax(dim=1)
        found = task.objective(PretrainingBatch(part, None))
    by_hand = -sum(float(chances[number, label]) for number, label in enumerate(classes)) / len(classes)
    assert float(found.masked_object) == pytest.approx(by_hand, rel=1e-5)


def test_a_region_that_a_detector_did_not_find_is_neither_asked_for_nor_read(data):
    kept = labelled(data)
    task, first = labelled_task(kept), next(iter(kept.bank.places))
    row = next(number for number, pair in enumerate(kept.pairs) if pair.image == first)
    features = kept.bank.features.copy()
    features[0, -1] = 40.0
    other = PretrainingSet(
        kept.pairs, replace(kept.bank, features=features), tiny.tokenizer(), category_ids(kept.pairs), title_tokens=8
    )
    shown, losses = np.arange(len(kept)), []
    for each in (kept, other):
        batch = each.batch([row], shown, torch.Generator().manual_seed(0), FILL)
        assert not batch.pictured.hidden_regions[0, -1]
        with torch.no_grad():
            losses.append(torch.stack(list(task.objective(batch))))
    torch.testing.assert_close(losses[0], losses[1])
    one, two = tiny.network(), tiny.network()
    standardise_regions(one, kept.bank)
    standardise_regions(two, other.bank)
    assert torch.equal(one.region_scale.mean, two.region_scale.mean)
