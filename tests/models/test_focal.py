"""The FOCAL Ad network: Eq. 1–2, standardisation, one modality alone, ensembles."""

from __future__ import annotations

from dataclasses import asdict, replace

import pytest
import torch
from safetensors.torch import load_file, save_file

from adlab.errors import ConfigError, InputError, UnknownNameError
from adlab.models.focal import Focal, FocalConfig, FocalEnsemble, FocalOutput, agreement

CONFIG = FocalConfig(image_dim=6, text_dim=4, hidden_dim=16, latent_dim=3, depth=2)


def network(config: FocalConfig = CONFIG, seed: int = 0) -> Focal:
    torch.manual_seed(seed)
    return Focal(config).eval()


def features(n: int = 64, seed: int = 1, config: FocalConfig = CONFIG) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    image = 40 * torch.randn(n, config.image_dim, generator=generator) + 7
    return image, 0.01 * torch.randn(n, config.text_dim, generator=generator)


def test_equations_1_and_2_by_hand():
    model = network(FocalConfig(image_dim=2, text_dim=1, hidden_dim=1, latent_dim=1))
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.fill_(1.0)
        model.image_encoder.private_head.weight.fill_(-2.0)
    output = model(torch.tensor([[3.0, 4.0]]), torch.tensor([[-5.0]]))
    # image: h' = 3 + 4 + 1 = 8, s = 8 + 1, p = −16 + 1; text: h' = relu(−5 + 1) = 0, s = p = 1
    assert [t.item() for t in output] == [9.0, -15.0, 1.0, 1.0]


@torch.no_grad()
def test_output_equals_the_paper_written_out_row_by_row():
    model = network()
    image, text = features(5)
    model.fit_standardisation(*features(64, seed=2))
    output = model(image, text)
    for i in range(5):
        for h, mean, std, encoder, shared, private in (
            (image[i], model.image_mean, model.image_std, model.image_encoder, output[0], output[1]),
            (text[i], model.text_mean, model.text_std, model.text_encoder, output[2], output[3]),
        ):
            hidden = (h - mean) / std
            for layer in (encoder.mlp.layers[0], encoder.mlp.layers[2]):
                rows = zip(layer.weight, layer.bias, strict=True)
                hidden = torch.tensor([max(0.0, float(w @ hidden + b)) for w, b in rows])
            for head, embedding in ((encoder.shared_head, shared), (encoder.private_head, private)):
                torch.testing.assert_close(embedding[i], head.weight @ hidden + head.bias)


def test_embeddings_have_the_paper_s_shape_and_are_not_normalised():
    model = network(FocalConfig(image_dim=512, text_dim=768))
    output = model(torch.randn(3, 512), torch.randn(3, 768))
    assert [tuple(t.shape) for t in output] == [(3, 128)] * 4
    assert (output.shared_image.norm(dim=1) - 1).abs().min() > 0.01


def test_agreement_is_the_cosine_of_the_shared_pair_alone():
    output = FocalOutput(
        shared_image=torch.tensor([[3.0, 4.0], [1.0, 0.0], [1.0, 1.0]]),
        private_image=torch.full((3, 2), torch.nan),
        shared_text=torch.tensor([[4.0, 3.0], [0.0, 9.0], [-2.0, -2.0]]),
        private_text=torch.full((3, 2), torch.nan),
    )
    torch.testing.assert_close(agreement(output), torch.tensor([24 / 25, 0.0, -1.0]))


def test_agreement_does_not_depend_on_the_length_of_embeddings():
    output = network()(*features())
    longer = output._replace(shared_image=5 * output.shared_image, shared_text=0.1 * output.shared_text)
    torch.testing.assert_close(agreement(longer), agreement(output))


def test_one_modality_alone_is_embedded_as_in_a_pair():
    model = network()
    image, text = features()
    output = model(image, text)
    assert torch.equal(model.encode_image(image).shared, output.shared_image)
    assert torch.equal(model.encode_image(image).private, output.private_image)
    assert torch.equal(model.encode_text(text).shared, output.shared_text)
    assert torch.equal(model.encode_text(text).private, output.private_text)


def test_a_pair_alone_is_embedded_as_in_a_batch():
    model = network()
    image, text = features(64)
    model.fit_standardisation(image, text)
    batch = model(image, text)
    for i in range(64):
        single = model(image[i : i + 1], text[i : i + 1])
        for whole, one in zip(batch, single, strict=True):
            torch.testing.assert_close(one[0], whole[i], rtol=0, atol=1e-6)


def test_standardisation_makes_the_output_independent_of_the_encoder_s_scale():
    image, text = features()
    plain, scaled = network(), network()
    plain.fit_standardisation(image, text)
    scaled.fit_standardisation(1000 * image + 3, text / 50)
    for a, b in zip(plain(image, text), scaled(1000 * image + 3, text / 50), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-5)


def test_standardised_training_features_have_mean_zero_and_deviation_one():
    model = network()
    image, text = features()
    model.fit_standardisation(image, text)
    for h, mean, std in ((image, model.image_mean, model.image_std), (text, model.text_mean, model.text_std)):
        z = (h - mean) / std
        torch.testing.assert_close(z.mean(0), torch.zeros(z.shape[1]), rtol=0, atol=1e-5)
        torch.testing.assert_close(z.std(0, unbiased=False), torch.ones(z.shape[1]), rtol=0, atol=1e-5)


def test_a_constant_feature_does_not_divide_by_zero():
    model = network()
    image, text = features()
    image[:, 2] = 5.0
    model.fit_standardisation(image, text)
    assert model.image_std[2] == 1.0
    assert all(t.isfinite().all() for t in model(image, text))


def test_every_trainable_parameter_gets_a_gradient():
    model = network().train()
    model.fit_standardisation(*features())
    sum(t.pow(2).sum() for t in model(*features())).backward()
    assert [n for n, p in model.named_parameters() if p.grad is None or not p.grad.abs().sum() > 0] == []


def test_saved_and_reloaded_the_network_gives_equal_output(tmp_path):
    model = network()
    image, text = features()
    model.fit_standardisation(image, text)
    save_file(model.state_dict(), tmp_path / "weights.safetensors")
    again = network(FocalConfig(**asdict(CONFIG)), seed=99)
    assert not torch.equal(again(image, text).shared_image, model(image, text).shared_image)
    again.load_state_dict(load_file(tmp_path / "weights.safetensors"), strict=True)
    assert all(torch.equal(a, b) for a, b in zip(again(image, text), model(image, text), strict=True))


def test_the_seed_decides_the_initial_weights():
    image, text = features()
    assert torch.equal(network(seed=3)(image, text)[0], network(seed=3)(image, text)[0])
    assert not torch.equal(network(seed=3)(image, text)[0], network(seed=4)(image, text)[0])


def test_dropout_is_off_in_eval_mode():
    model = network(replace(CONFIG, dropout=0.5))
    image, text = features()
    assert torch.equal(model(image, text)[0], model(image, text)[0])
    model.train()
    assert not torch.equal(model(image, text)[0], model(image, text)[0])


def test_an_ensemble_equals_its_members_one_by_one():
    members = [network(seed=seed) for seed in range(3)]
    image, text = features()
    members[1].fit_standardisation(image, text)
    ensemble = FocalEnsemble(members)
    output = ensemble(image, text)
    for m, member in enumerate(members):
        for stacked, alone in zip(output, member(image, text), strict=True):
            assert torch.equal(stacked[m], alone)
        torch.testing.assert_close(agreement(output)[m], agreement(member(image, text)))
    assert torch.equal(ensemble.encode_image(image).shared, output.shared_image)
    assert torch.equal(ensemble.encode_text(text).private, output.private_text)
    assert agreement(output).shape == (3, 64)


def test_members_of_a_fresh_ensemble_differ_and_reload_equal(tmp_path):
    torch.manual_seed(0)
    ensemble = FocalEnsemble.from_config(CONFIG, 2)
    output = ensemble(*features())
    assert not torch.equal(output.shared_image[0], output.shared_image[1])
    save_file(ensemble.state_dict(), tmp_path / "weights.safetensors")
    again = FocalEnsemble.from_config(CONFIG, 2)
    again.load_state_dict(load_file(tmp_path / "weights.safetensors"), strict=True)
    assert all(torch.equal(a, b) for a, b in zip(again(*features()), output, strict=True))


def test_an_ensemble_of_nothing_or_of_mixed_shapes_is_refused():
    with pytest.raises(ConfigError, match=r"0 member\(s\)"):
        FocalEnsemble.from_config(CONFIG, 0)
    with pytest.raises(ConfigError, match=r"2 config\(s\)"):
        FocalEnsemble([network(), network(replace(CONFIG, latent_dim=5))])


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("image_dim", 0),
        ("text_dim", -1),
        ("hidden_dim", 2.5),
        ("latent_dim", True),
        ("depth", 0),
        ("dropout", 1.0),
        ("dropout", -0.1),
        ("activation", "selu"),
    ],
)
def test_a_config_value_outside_its_range_is_named_with_its_value(field, value):
    with pytest.raises((ConfigError, UnknownNameError), match=rf"{field}.*{value!r}"):
        FocalConfig(**{**asdict(CONFIG), field: value})


def test_features_of_another_encoder_are_refused():
    image, text = features()
    with pytest.raises(InputError, match=r"image features have shape \(64, 4\).*\(B, 6\)"):
        network().encode_image(text)
    with pytest.raises(InputError, match="64 images and 3 texts"):
        network()(image, text[:3])
    with pytest.raises(InputError, match="text features have 1 row"):
        network().fit_standardisation(image, text[:1])
    with pytest.raises(InputError, match="all finite: False"):
        network().fit_standardisation(image * torch.nan, text)
