"""AdsCVLR: how well an ad answers a query, read from its picture and its copy (AdsCVLR, §4).

One stream: words and regions of the picture become one sequence, and every position attends to every other.

    word    = norm(token + segment + position)
    region  = norm(W_v·features + W_g·geometry + segment)
    states  = blocks([word_1 … word_T, region_1 … region_R])
    logits  = W·[states_[CLS], likeness, match]                  grades Bad, Fair, Good, Excellent; Eq. 6
    z       = normalise(W_z·states_[CLS])                        compared across the three input modes; Eq. 7

The three input modes (image and text, image only, text only) are masks over one sequence: `PairInputs.in_mode`.

What we changed:
- `compact` starts from all-MiniLM-L6-v2 and keeps its token vectors frozen, outside the checkpoint: 11.7 M parameters
  that a few thousand queries could not train.
- Regions are cells of the shipped image network's map (`grid`); a detector (`roi`) and pixels (`patch`, the paper's
  future work) feed the same network.
- Region features are standardised by channel, with means and deviations stored beside the weights.
- A region's place is told by its geometry alone, as in Unicoder-VL: regions have no order.
- Grades are read from [CLS] and, where `whole_dim` is set, from the likeness of the whole query to the whole copy and
  picture by the frozen encoders (`adlab.models.likeness`): few labelled queries cannot teach a single stream what these
  know. Without it, as in the paper, our network ranked CrowdFlower's queries worse than their plain cosine.
- Where `match_rank` is set, grades are also read from how well the picture's colours match the query
  (`adlab.models.colour_match`): the image network's last map keeps too little of colour to tell black from navy.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from adlab.errors import ConfigError, InputError
from adlab.layers.standardise import Standardise
from adlab.layers.token_embedding import INIT_STD, TokenEmbedding
from adlab.layers.transformer import EncoderBlock
from adlab.models.adscvlr_config import GRADES, AdsCVLRConfig
from adlab.models.colour_match import ColourMatch
from adlab.models.likeness import likeness
from adlab.models.pair_inputs import BOX_FEATURES, IMAGE, SEGMENTS, PairInputs, check_pair_inputs
from adlab.models.trainable_state import check_state


class EmbeddedPairs(NamedTuple):
    """A batch as the blocks read it.

    Attributes:
        vectors: (B, L, D), the T tokens and then the R regions, L = T + R.
        mask: (B, L) bool, True where something is.
        tokens: T.
        likeness: (B, E − D), of the wholes, the match of the colours last; (B, 0) in a network that reads neither.
    """

    vectors: Tensor
    mask: Tensor
    tokens: int
    likeness: Tensor


class AdsCVLRFeatures(NamedTuple):
    """What the blocks make of a batch.

    Attributes:
        states: (B, L, D), or (B, 1, D), [CLS] alone, where `states` was off.
        tokens: T, how many of the states are tokens; 1 where `states` was off.
        attention: One map a layer, (B, H, L, L), the last (B, H, 1, L) where `states` was off; empty without `maps`.
        likeness: As `EmbeddedPairs` has it.
    """

    states: Tensor
    tokens: int
    attention: tuple[Tensor, ...]
    likeness: Tensor


class AdsCVLROutput(NamedTuple):
    """Logits, representations, and the attention maps on the way to them.

    Attributes:
        grade_logits: (B, 4), before the softmax over Bad, Fair, Good, Excellent.
        cls: (B, D), the last state of [CLS].
        evidence: (B, E), what grades are read from: `cls`, and likeness and match behind it.
        projected: (B, P), its projection, of length 1.
        token_states: (B, T, D); (B, 1, D) where `states` was off.
        region_states: (B, R, D); R is 0 without regions or where `states` was off.
        attention: As `AdsCVLRFeatures` has it.
    """

    grade_logits: Tensor
    cls: Tensor
    evidence: Tensor
    projected: Tensor
    token_states: Tensor
    region_states: Tensor
    attention: tuple[Tensor, ...]


class AdsCVLR(nn.Module):
    """The network.

    Args:
        config: Its shape.
        token_vectors: Vectors of the base vocabulary, (V, D); needed where they are frozen, random without otherwise.

    Raises:
        ConfigError: The vectors are needed and missing, or do not fit the config.
    """

    def __init__(self, config: AdsCVLRConfig, token_vectors: Tensor | None = None) -> None:
        super().__init__()
        self.config = config
        shape = (config.vocabulary, config.width)
        if token_vectors is None:
            if config.frozen_tokens:
                raise ConfigError("frozen_tokens is on and there are no token vectors; give those of the text encoder.")
            token_vectors = INIT_STD * torch.randn(shape)
        if token_vectors.shape != shape:
            raise ConfigError(f"The token vectors have shape {tuple(token_vectors.shape)}, the config says {shape}.")
        self.tokens = TokenEmbedding(token_vectors, config.added_tokens, frozen=config.frozen_tokens)
        self.positions = nn.Embedding(config.max_tokens, config.width)
        self.segments = nn.Embedding(SEGMENTS, config.width)
        self.token_norm = nn.LayerNorm(config.width, eps=config.norm_eps)
        self.region_scale = Standardise(config.region_dim)
        self.region_projection = nn.Linear(config.region_dim, config.width)
        self.geometry = nn.Linear(BOX_FEATURES, config.width)
        self.region_norm = nn.LayerNorm(config.width, eps=config.norm_eps)
        self.dropout = nn.Dropout(config.dropout)
        self.blocks = nn.ModuleList(encoder_block(config) for _ in range(config.layers))
        self.final_norm = nn.LayerNorm(config.width, eps=config.norm_eps) if config.norm == "pre" else nn.Identity()
        self.grade = nn.Linear(config.evidence, GRADES)
        self.projection = nn.Linear(config.width, config.projection_dim)
        self.apply(initialise)
        self.match = ColourMatch(config.whole_dim, config.match_rank) if config.match_rank else None

    def forward(self, inputs: PairInputs, *, maps: bool = False, states: bool = True) -> AdsCVLROutput:
        """Grade pairs.

        Args:
            inputs: B pairs.
            maps: Whether to return the attention maps.
            states: Whether to compute the last states of all positions; off, that of [CLS] only, at about six
                sevenths of the cost.

        Returns:
            Logits, representations and, where asked for, maps.

        Raises:
            InputError: The inputs do not fit each other or this network.
        """
        return self.forward_head(self.forward_features(inputs, maps=maps, states=states))

    def forward_features(self, inputs: PairInputs, *, maps: bool = False, states: bool = True) -> AdsCVLRFeatures:
        """Everything before the heads; arguments as of `forward`."""
        return self.encode(self.embed(inputs), maps=maps, states=states)

    def embed(self, inputs: PairInputs) -> EmbeddedPairs:
        """Words and regions as one sequence of vectors.

        Raises:
            InputError: The inputs do not fit each other or this network.
        """
        check_pair_inputs(inputs)
        tokens = inputs.token_ids.shape[1]
        if tokens > self.config.max_tokens:
            raise InputError(f"The rows have {tokens} tokens; this network takes up to {self.config.max_tokens}.")
        words = self.tokens(inputs.token_ids) + self.segments(inputs.segment_ids) + self.positions.weight[:tokens]
        vectors, mask = self.token_norm(words), inputs.token_mask
        if inputs.regions is not None and inputs.region_boxes is not None and inputs.region_mask is not None:
            if inputs.regions.shape[2] != self.config.region_dim:
                raise InputError(
                    f"Regions have {inputs.regions.shape[2]} features, this network takes {self.config.region_dim}; "
                    f"use its visual embedder, {self.config.visual!r}."
                )
            regions = self.region_projection(self.region_scale(inputs.regions)) + self.geometry(inputs.region_boxes)
            regions = self.region_norm(regions + self.segments.weight[IMAGE])
            vectors, mask = torch.cat([vectors, regions], dim=1), torch.cat([mask, inputs.region_mask], dim=1)
        return EmbeddedPairs(self.dropout(vectors), mask, tokens, self._likeness(inputs))

    def encode(self, embedded: EmbeddedPairs, *, maps: bool = False, states: bool = True) -> AdsCVLRFeatures:
        """The blocks, on what `embed` gave; `maps` and `states` as of `forward`."""
        x, attention = embedded.vectors, []
        mask = None if bool(embedded.mask.all()) else embedded.mask  # kernels without a mask are faster
        for number, block in enumerate(self.blocks, start=1):
            first = 1 if number == len(self.blocks) and not states else None
            x, seen = block(x, mask, first=first, maps=maps)
            if maps:
                attention.append(seen)
        tokens = embedded.tokens if states else 1
        return AdsCVLRFeatures(self.final_norm(x), tokens, tuple(attention), embedded.likeness)

    def forward_head(self, features: AdsCVLRFeatures) -> AdsCVLROutput:
        """Grades and projection from the state of [CLS], grades also from the likeness of the wholes."""
        cls = features.states[:, 0]
        evidence = torch.cat([cls, features.likeness.to(cls.dtype)], dim=1)
        return AdsCVLROutput(
            grade_logits=self.grade(evidence),
            cls=cls,
            evidence=evidence,
            projected=F.normalize(self.projection(cls).float(), dim=1),
            token_states=features.states[:, : features.tokens],
            region_states=features.states[:, features.tokens :],
            attention=features.attention,
        )

    def read_likeness(self, whole_dim: int, match: ColourMatch | None = None) -> None:
        """Let the grades rest on the likeness of wholes, too; until its weights are learned they stay as they are.

        Args:
            whole_dim: W, 1 or more.
            match: Of query and colours, for the same W; None to do without.

        Raises:
            ConfigError: It is below 1, or the network reads a likeness already.
        """
        if self.config.whole_dim or whole_dim < 1:
            raise ConfigError(
                f"whole_dim is {self.config.whole_dim} and {whole_dim} is asked for; give 1 or more once."
            )
        first, width = self.grade, self.config.width
        self.config = replace(self.config, whole_dim=whole_dim, match_rank=match.rank if match else 0)
        self.match = match
        self.grade = nn.Linear(self.config.evidence, GRADES).to(first.weight)
        with torch.no_grad():
            self.grade.weight.zero_()
            self.grade.weight[:, :width] = first.weight
            self.grade.bias.copy_(first.bias)

    def wholes_evidence(self, wholes: Tensor) -> Tensor:
        """What grades are read from beside [CLS]: likeness and match of wholes (B, 4, W), (B, E − D)."""
        alike = likeness(wholes)
        return alike if self.match is None else torch.cat([alike, self.match(wholes)], dim=1)

    def _likeness(self, inputs: PairInputs) -> Tensor:
        """Of the wholes of a batch.

        Raises:
            InputError: This network reads them and they are unknown, or have another width.
        """
        width = self.config.whole_dim
        if not width:
            return torch.zeros(len(inputs.token_ids), 0, device=inputs.token_ids.device)
        if inputs.wholes is None or inputs.wholes.shape[2] != width:
            found = "unknown" if inputs.wholes is None else f"{inputs.wholes.shape[2]} wide"
            raise InputError(f"The wholes are {found}; this network takes vectors of width {width}.")
        return self.wholes_evidence(inputs.wholes)

    def trainable_state(self) -> dict[str, Tensor]:
        """What a checkpoint holds: everything but frozen token vectors, which come from the text encoder."""
        return self.state_dict()  # a frozen base is a buffer that is not persistent

    def load_trainable_state(self, state: dict[str, Tensor]) -> None:
        """Take over what `trainable_state` gave.

        Raises:
            CheckpointError: A tensor is missing, superfluous or of another shape; the first ones are named.
        """
        check_state("AdsCVLR", self.trainable_state(), state)
        self.load_state_dict(state)


def encoder_block(config: AdsCVLRConfig) -> EncoderBlock:
    """A block of the encoder."""
    return EncoderBlock(
        config.width,
        config.heads,
        config.hidden,
        norm=config.norm,
        dropout=config.dropout,
        attention_dropout=config.attention_dropout,
        eps=config.norm_eps,
    )


def initialise(module: nn.Module) -> None:
    """BERT's initial weights: normal with a deviation of 0.02, biases 0."""
    if isinstance(module, nn.Linear | nn.Embedding):
        nn.init.normal_(module.weight, std=INIT_STD)
        if isinstance(module, nn.Linear):
            nn.init.zeros_(module.bias)
