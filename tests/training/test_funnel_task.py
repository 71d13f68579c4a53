"""One training step of the funnel: every masking by hand on four rows, and how the losses make up the total."""

from __future__ import annotations

import math

import pytest
import torch
from helpers.slow_contrast import slow_contrast
from helpers.tiny_funnel import creatives, tiny_log, tiny_network
from torch import nn
from torch.nn import functional as F

from adlab.layers.embedding_masks import KINDS
from adlab.models.esmm_config import ESMMConfig
from adlab.models.funnel import FunnelInputs, funnel_inputs
from adlab.models.funnel_networks import build_funnel
from adlab.training.funnel_config import FALSE_NEGATIVES, Contrast
from adlab.training.funnel_task import FunnelTask, Labels
from adlab.training.row_groups import row_groups

TAU = 0.5
# What similarities of 1, 1/√2 and 1/2 come to at this temperature.
ONE, ROOT, HALF = math.exp(1 / TAU), math.exp(1 / (math.sqrt(2) * TAU)), math.exp(1 / (2 * TAU))
AT_ONE, AT_ROOT = 1 / TAU, 1 / (math.sqrt(2) * TAU)
CODES = torch.tensor([[0, 0], [0, 1], [1, 0], [1, 1]])
NOBODY = torch.zeros(4)


def four_rows(contrast: Contrast, second_field: float = 1.0) -> tuple[FunnelTask, FunnelInputs, Labels]:
    """Features (1,0,1,0), (1,0,0,1), (0,1,1,0), (0,1,0,1), which the contrastive encoder passes on as they are."""
    network = build_funnel(ESMMConfig(fields=(2, 2), embedding_dim=2, tower_dims=(4,)))
    with torch.no_grad():
        network.embedding.table.copy_(torch.cat([torch.eye(2), second_field * torch.eye(2)]))
    task = FunnelTask(network, contrast)
    task.encoder = nn.Identity()
    inputs = FunnelInputs(CODES, torch.empty(4, 0), {}, torch.empty(4, 0))
    return task, inputs, Labels(NOBODY, NOBODY, torch.ones(4), torch.arange(4))


def drawn(monkeypatch: pytest.MonkeyPatch, name: str, *values: list) -> None:
    """Chance gives these values, one after the other."""
    left = [torch.tensor(value) for value in values]

    def draw(size, generator):
        value = left.pop(0)
        assert value.shape == torch.Size([size] if isinstance(size, int) else size)
        return value

    monkeypatch.setattr(torch, name, draw)


def contrast_of(task: FunnelTask, inputs: FunnelInputs, labels: Labels) -> float:
    return task(inputs, labels, torch.Generator()).contrast.item()


def how(masking: str, **more) -> Contrast:
    return Contrast(temperature=TAU, masking=masking, **more)


def test_independent_masks_by_hand(monkeypatch):
    # views keep elements 0, 2 and elements 2, 3: (1,0,1,0) (1,0,0,0) (0,0,1,0) 0 and (0,0,1,0) (0,0,0,1) (0,0,1,0)
    # (0,0,0,1)
    drawn(monkeypatch, "rand", [0.1, 0.6, 0.4, 0.9], [0.5, 0.7, 0.0, 0.2])
    first = [
        math.log(4 * ROOT + 3) - AT_ROOT,
        math.log(ROOT + 6),
        math.log(ROOT + 2 * ONE + 4) - AT_ONE,
        math.log(7),
    ]
    second = [
        math.log(ROOT + 2 * ONE + 4) - AT_ROOT,
        math.log(ONE + 6),
        math.log(ROOT + 2 * ONE + 4) - AT_ONE,
        math.log(ONE + 6),
    ]
    found = contrast_of(*four_rows(how("independent")))
    assert found == pytest.approx(sum(first + second) / 4, rel=1e-6)


def test_complementary_masks_by_hand(monkeypatch):
    # one view keeps elements 0, 2: (1,0,1,0) (1,0,0,0) (0,0,1,0) 0; the other 1, 3: 0 (0,0,0,1) (0,1,0,0) (0,1,0,1)
    drawn(monkeypatch, "rand", [0.1, 0.6, 0.4, 0.9])
    each = [math.log(2 * ROOT + 5), math.log(ROOT + 6), math.log(ROOT + 6), math.log(7)]
    found = contrast_of(*four_rows(how("complementary")))
    assert found == pytest.approx(2 * sum(each) / 4, rel=1e-6)


@pytest.mark.parametrize("order", [[0, 1], [1, 0]])
def test_feature_masks_by_hand(monkeypatch, order):
    # one view is field 0, in which rows 0, 1 and rows 2, 3 are equal; the other field 1, in which 0, 2 and 1, 3 are
    drawn(monkeypatch, "randperm", order)
    found = contrast_of(*four_rows(how("feature")))
    assert found == pytest.approx(2 * math.log(ONE + 6), rel=1e-6)


def test_dropout_masks_by_hand(monkeypatch):
    # each row of each view loses elements of its own:
    # (1,0,1,0) (1,0,0,0) 0 (0,1,0,1) and (1,0,0,0) (1,0,0,1) (0,1,1,0) (0,0,0,1), all twice as long
    keep, lose = 0.4, 0.6
    drawn(
        monkeypatch,
        "rand",
        [[keep] * 4, [keep, keep, keep, lose], [lose, lose, lose, keep], [keep] * 4],
        [[keep, lose, lose, lose], [keep] * 4, [keep] * 4, [lose, lose, lose, keep]],
    )
    first = [
        math.log(2 * ROOT + 2 * HALF + 3) - AT_ROOT,
        math.log(2 * ROOT + ONE + 4) - AT_ROOT,
        math.log(7),
        math.log(ROOT + 2 * HALF + 4) - AT_ROOT,
    ]
    second = [
        math.log(2 * ROOT + ONE + 4) - AT_ROOT,
        math.log(3 * ROOT + 2 * HALF + 2) - AT_ROOT,
        math.log(2 * HALF + 5),
        math.log(2 * ROOT + 5) - AT_ROOT,
    ]
    task, inputs, labels = four_rows(how("dropout"))
    views = []
    task.encoder.register_forward_hook(lambda module, given, output: views.append(output.detach()))
    found = contrast_of(task, inputs, labels)
    assert found == pytest.approx(sum(first + second) / 4, rel=1e-6)
    assert [view.max().item() for view in views] == [2.0, 2.0]  # enlarged by 1/rate


def test_rows_with_alike_embeddings_are_no_negatives_by_hand(monkeypatch):
    # field 1 is a tenth as long: rows 0, 1 and rows 2, 3 have a cosine of 0.99 before masking, and differ in a code
    found = {}
    for kind in ("none", "identical", "cosine"):
        drawn(monkeypatch, "randperm", [0, 1])
        found[kind] = contrast_of(*four_rows(how("feature", false_negatives=kind), second_field=0.1))
    assert found["none"] == pytest.approx(2 * math.log(ONE + 6), rel=1e-6)
    assert found["identical"] == found["none"]
    # of a row and its like neither view is left: field 0 then has five samples at 0, field 1 one equal row and four
    assert found["cosine"] == pytest.approx(math.log(5) + math.log(ONE + 4), rel=1e-6)


def test_rows_with_the_same_features_are_no_negatives_by_hand(monkeypatch):
    drawn(monkeypatch, "randperm", [0, 1])
    task, inputs, labels = four_rows(how("feature"))
    # told to be identical, rows 0 and 1 lose each other: five at 0 in field 0, one equal row (2 or 3) in field 1
    alike = (2 * math.log(5) + 2 * math.log(ONE + 4) + 4 * math.log(ONE + 6)) / 4
    found = contrast_of(task, inputs, labels._replace(group=torch.tensor([8, 8, 2, 3])))
    assert found == pytest.approx(alike, rel=1e-6)


def test_converted_rows_are_positives_of_each_other_by_hand(monkeypatch):
    # rows 0 and 1 converted: equal in field 0, apart in field 1; positives are the own other view and both of the other
    task, inputs, labels = four_rows(how("feature"))
    drawn(monkeypatch, "randperm", [0, 1])
    found = contrast_of(task, inputs, labels._replace(conversion=torch.tensor([1.0, 1.0, 0.0, 0.0])))
    assert found == pytest.approx((8 * math.log(ONE + 6) - 2 * AT_ONE / 3) / 4, rel=1e-6)


@pytest.mark.parametrize("false_negatives", FALSE_NEGATIVES)
@pytest.mark.parametrize("masking", KINDS)
@pytest.mark.parametrize("supervised", [False, True])
def test_the_total_is_clicks_and_conversions_and_alpha_times_the_contrast(masking, false_negatives, supervised):
    log = tiny_log(12)
    contrast = Contrast(
        weight=0.3, temperature=0.4, masking=masking, false_negatives=false_negatives, supervised=supervised
    )
    log = log.take([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 3])  # two rows have a double
    torch.manual_seed(0)
    task, inputs = FunnelTask(tiny_network(), contrast), funnel_inputs(log, creatives())
    groups = row_groups(log)
    labels = Labels(*(torch.from_numpy(part) for part in (log.click, log.conversion, log.weight, groups)))
    found = task(inputs, labels, torch.Generator().manual_seed(5))

    features = task.network.forward_features(inputs)
    output = task.network(inputs)
    ctr, conversion = (
        sum(w * (math.log1p(math.exp(x)) - y * x) for x, y, w in zip(*parts, strict=True)) / 12
        for parts in (
            (output.ctr.tolist(), labels.click.tolist(), labels.weight.tolist()),
            (output.ctcvr.tolist(), labels.conversion.tolist(), labels.weight.tolist()),
        )
    )
    pairs = [(i, j) for i in range(12) for j in range(12) if i != j]
    cosine = F.cosine_similarity(features[:, None], features[None], dim=2)
    alike = {
        "none": set(),
        "identical": {(i, j) for i, j in pairs if groups[i] == groups[j]},
        "cosine": {(i, j) for i, j in pairs if cosine[i, j] > 0.9},
    }[false_negatives]
    assert (len(alike) > 0) == (false_negatives != "none")
    views = [task.encoder(view).double() for view in task.views(features, torch.Generator().manual_seed(5))]
    task_loss = slow_contrast(*views, labels.conversion.int().tolist(), alike, 0.4, supervised)
    assert sum(labels.conversion.tolist()) >= 2  # else SPI has nothing to do
    assert found.ctr.item() == pytest.approx(ctr, rel=1e-5)
    assert found.conversion.item() == pytest.approx(conversion, rel=1e-5)
    assert found.contrast.item() == pytest.approx(task_loss, rel=1e-4)
    assert found.total.item() == pytest.approx(ctr + conversion + 0.3 * task_loss, rel=1e-4)


def test_without_a_task_the_total_is_that_of_the_labels():
    log = tiny_log(8)
    labels = Labels(*(torch.from_numpy(part) for part in (log.click, log.conversion, log.weight, row_groups(log))))
    found = FunnelTask(tiny_network())(funnel_inputs(log, creatives()), labels, torch.Generator())
    assert found.total.item() == pytest.approx((found.ctr + found.conversion).item())
    assert found.contrast.item() == 0


def test_the_contrast_reaches_embeddings_and_no_tower():
    log = tiny_log(16)
    labels = Labels(*(torch.from_numpy(part) for part in (log.click, log.conversion, log.weight, row_groups(log))))
    task = FunnelTask(tiny_network(), Contrast())
    task(funnel_inputs(log, creatives()), labels, torch.Generator().manual_seed(0)).contrast.backward()
    reached = {name.split(".")[0] for name, p in task.network.named_parameters() if p.grad is not None}
    assert reached == {"embedding"}
    assert all(p.grad is not None and bool(p.grad.any()) for p in task.encoder.parameters())
