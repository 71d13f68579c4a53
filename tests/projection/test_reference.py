"""Reference sets with maps: written and read again, old ones, damaged ones."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from helpers.tiny_models import manifest

from adlab.checkpoints.store import save_checkpoint
from adlab.errors import CheckpointError
from adlab.paths import ROOT
from adlab.projection.reference import EXTRAS, PARTS, latent_of, paired, read_latent, reference_folder

COUNT = 40


def parts(seed: int = 0) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    return {name: rng.normal(size=(COUNT, 6)).astype(np.float32) for name in PARTS}


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A reference set with maps of four spaces by two methods."""
    folder = tmp_path_factory.mktemp("reference") / "reference-small"
    embeddings, pair = paired(parts())
    latent = latent_of(
        embeddings,
        (pair,),
        label=pair.name,
        untrained=paired(parts(1))[0],
        display="no",
        why="Not to be shown.",
        methods=["pca", "tsne"],
    )
    described = manifest("reference-small", "reference", extras={EXTRAS: latent.extras})
    state = {name: torch.from_numpy(part) for name, part in parts().items()}
    save_checkpoint(folder, described, state, {}, latent.files)
    return folder


FOCAL = manifest("focal-small", "focal", extras={"reference": "reference-small"})


def test_a_set_comes_back_with_every_map_number_and_column(saved):
    latent = read_latent(saved, FOCAL)
    assert len(latent.maps) == 8
    assert len(latent.embeddings) == 2 * COUNT
    assert latent.maps["shared", "tsne"].coordinates.shape == (2 * COUNT, 2)
    assert latent.maps["private-text", "pca"].coordinates.shape == (COUNT, 2)
    assert latent.maps["shared", "tsne"].parameters["seed"] == 0
    assert 0 < latent.maps["shared", "tsne"].quality.trustworthiness <= 1
    assert latent.column("pair").texts()[0] == "true pair"
    assert latent.findings.answer("shared", "label").probe.untrained is not None
    assert (latent.display, latent.why) == ("no", "Not to be shown.")


def test_stored_principal_axes_are_those_of_the_stored_embeddings(saved):
    from adlab.projection.pca import pca_axes
    from adlab.projection.points import points_of

    latent = read_latent(saved, FOCAL)
    vectors = points_of(latent.embeddings, "shared").vectors
    np.testing.assert_allclose(
        latent.maps["shared", "pca"].coordinates, pca_axes(vectors).place(vectors), rtol=2e-3, atol=2e-3
    )


def test_mismatched_pairs_never_hold_a_picture_with_its_own_text():
    embeddings, pair = paired(parts())
    own = embeddings.image_of == embeddings.text_of
    assert [pair.levels[code] for code in pair.values[own]] == ["true pair"] * COUNT
    assert not own[COUNT:].any()


def test_an_old_set_without_maps_gives_its_pairs_unmapped(tmp_path):
    folder = tmp_path / "reference-old"
    state = {name: torch.from_numpy(part) for name, part in parts().items()}
    save_checkpoint(folder, manifest("reference-old", "reference"), state, {})
    latent = read_latent(folder, FOCAL)
    assert (latent.maps, latent.findings) == ({}, None)
    assert len(latent.embeddings) == 2 * COUNT
    assert latent.label == "pair"


def test_a_set_without_private_embeddings_says_what_it_lacks(tmp_path):
    state = {name: torch.from_numpy(part) for name, part in parts().items() if name.startswith("shared")}
    save_checkpoint(tmp_path / "reference-half", manifest("reference-half", "reference"), state, {})
    with pytest.raises(CheckpointError, match="no embeddings private_image, private_text"):
        read_latent(tmp_path / "reference-half", FOCAL)


def test_an_altered_map_is_noticed(saved, tmp_path):
    import shutil

    folder = shutil.copytree(saved, tmp_path / "reference-small")
    (folder / "maps.safetensors").write_bytes(b"\x00" + (folder / "maps.safetensors").read_bytes()[1:])
    with pytest.raises(CheckpointError, match=r"maps\.safetensors has another sha256"):
        read_latent(folder, FOCAL)


def test_maps_that_do_not_fit_their_points_are_refused(saved, tmp_path):
    embeddings, pair = paired(parts())
    latent = latent_of(embeddings, (pair,), label="", untrained=None, display="no", methods=["pca"])
    latent.files["maps.safetensors"]["shared/pca"] = torch.zeros(3, 2)
    state = {name: torch.from_numpy(part) for name, part in parts().items()}
    described = manifest("reference-odd", "reference", extras={EXTRAS: latent.extras})
    save_checkpoint(tmp_path / "reference-odd", described, state, {}, latent.files)
    with pytest.raises(CheckpointError, match="shared/pca has 3 points"):
        read_latent(tmp_path / "reference-odd", FOCAL)


def test_a_checkpoint_without_a_reference_set_says_so(tmp_path):
    with pytest.raises(CheckpointError, match="focal-small has no reference set here"):
        reference_folder(replace(FOCAL, extras={}), tmp_path)


def test_reading_needs_neither_torch_nor_scikit_learn(saved):
    code = (
        "import sys; from pathlib import Path; from adlab.checkpoints.manifest import read_manifest; "
        "from adlab.projection.reference import read_latent; folder = Path(sys.argv[1]); "
        "read_latent(folder, read_manifest(folder)); "
        "print([m for m in ('torch', 'sklearn', 'scipy', 'umap', 'openTSNE') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code, str(saved)], capture_output=True, text=True, cwd=ROOT)
    assert done.stdout.strip() == "[]", done.stderr
