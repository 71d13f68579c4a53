"""The shipped reference sets with what may be seen of their ads."""

from __future__ import annotations

from adlab.app import latent
from adlab.app.latent_shown import Shown, of_reference
from adlab.app.latent_simulated import of_simulated
from adlab.checkpoints.manifest import Manifest
from adlab.errors import AdlabError


def shown(checkpoint: Manifest) -> Shown:
    """The reference set of a checkpoint.

    Raises:
        CheckpointError: There is none, or it is damaged.
    """
    ads = latent.reference_set(checkpoint)
    simulator = latent.simulator(checkpoint) if ads.display == latent.SIMULATED else None
    return of_simulated(ads, simulator) if simulator else of_reference(ads)


def warm() -> None:
    """Read all reference sets and load what draws their maps; whatever is wrong is said when a page needs it."""
    import plotly.graph_objects as go

    from adlab.app.components import latent_page  # noqa: F401

    go.Figure(go.Scatter())  # plotly reads its parts on first use
    for checkpoint in latent.checkpoints().values():
        try:
            shown(checkpoint)
        except AdlabError:
            continue
