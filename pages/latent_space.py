"""Latent space: where do ads lie to each other, and what do the spaces carry?"""

from __future__ import annotations

from adlab.app.components import frame, latent_page

frame.draw_title(
    "Latent space", "Where ads lie by what picture and copy share, and by what each says alone; judged by numbers."
)
latent_page.show()
