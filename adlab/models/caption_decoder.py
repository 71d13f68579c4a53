"""The decoder that writes an ad's title from its picture: used in pre-training only (AdsCVLR, §4.2, CAP, and Figure V).

    p(y_t | y_1 … y_{t−1}, picture) = softmax(E·states_t + b)

It reads the title's words with the vectors of the encoder and writes with the same ones (E), where the paper's last
layer has weights of its own: 39 M in its preset, and untied weights would have to learn frozen vectors again.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from adlab.errors import ConfigError, InputError
from adlab.layers.token_embedding import TokenEmbedding
from adlab.layers.transformer import DecoderBlock
from adlab.models.adscvlr import initialise
from adlab.models.adscvlr_config import AdsCVLRConfig


@dataclass(frozen=True, kw_only=True)
class CaptionDecoderConfig:
    """Shape of the decoder; everything else is as in the encoder.

    Attributes:
        layers: Blocks; 12 in the paper.
        max_words: Longest title in tokens, at least 1.

    Raises:
        ConfigError: A number is outside its range.
    """

    layers: int = 2
    max_words: int = 48

    def __post_init__(self) -> None:
        for name in ("layers", "max_words"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                raise ConfigError(f"{name} is {value!r}; give a whole number of 1 or more.")

    @classmethod
    def paper(cls) -> CaptionDecoderConfig:
        """Twelve blocks."""
        return cls(layers=12)


class CaptionDecoder(nn.Module):
    """The decoder.

    Args:
        config: Its depth and length.
        encoder: Shape of the encoder, whose width, heads and norm it shares.
    """

    def __init__(self, config: CaptionDecoderConfig, encoder: AdsCVLRConfig) -> None:
        super().__init__()
        self.config = config
        self.positions = nn.Embedding(config.max_words, encoder.width)
        self.norm = nn.LayerNorm(encoder.width, eps=encoder.norm_eps)
        self.dropout = nn.Dropout(encoder.dropout)
        self.blocks = nn.ModuleList(
            DecoderBlock(
                encoder.width,
                encoder.heads,
                encoder.hidden,
                norm=encoder.norm,
                dropout=encoder.dropout,
                attention_dropout=encoder.attention_dropout,
                eps=encoder.norm_eps,
            )
            for _ in range(config.layers)
        )
        self.final_norm = nn.LayerNorm(encoder.width, eps=encoder.norm_eps) if encoder.norm == "pre" else nn.Identity()
        self.bias = nn.Parameter(torch.zeros(encoder.vocabulary + encoder.added_tokens))
        self.apply(initialise)

    def forward(self, words: Tensor, memory: Tensor, memory_mask: Tensor | None, tokens: TokenEmbedding) -> Tensor:
        """States from which the next words are predicted.

        Args:
            words: Titles so far, (B, T) ids, beginning with a start token. Padding may only follow: no word sees what
                comes after it.
            memory: States of the encoder, (B, L, D), for pairs in the image-only mode.
            memory_mask: (B, L) bool, False where the memory is padding.
            tokens: The encoder's.

        Returns:
            (B, T, D); `word_logits` makes words of those that are wanted.

        Raises:
            InputError: A title is too long.
        """
        length = words.shape[1]
        if length > self.config.max_words:
            raise InputError(f"The titles have {length} tokens; this decoder takes up to {self.config.max_words}.")
        x = self.dropout(self.norm(tokens(words) + self.positions.weight[:length]))
        for block in self.blocks:
            x = block(x, memory, memory_mask)
        states: Tensor = self.final_norm(x)
        return states

    def word_logits(self, states: Tensor, tokens: TokenEmbedding) -> Tensor:
        """(…, D) -> (…, V + A)."""
        return tokens.logits(states) + self.bias

    @torch.inference_mode()
    def write(
        self, memory: Tensor, memory_mask: Tensor | None, tokens: TokenEmbedding, *, start: int, end: int
    ) -> Tensor:
        """Titles word by word, the most likely word at each step.

        Args:
            memory: (B, L, D).
            memory_mask: (B, L) bool or None.
            tokens: The encoder's.
            start: Id of the start token.
            end: Id of the end token; a title is filled up with it.

        Returns:
            (B, T) ids without the start token, T at most `max_words`.
        """
        words = torch.full((len(memory), 1), start, dtype=torch.long, device=memory.device)
        done = torch.zeros(len(memory), dtype=torch.bool, device=memory.device)
        for _ in range(self.config.max_words):
            states = self(words, memory, memory_mask, tokens)
            following = self.word_logits(states[:, -1], tokens).argmax(dim=1).masked_fill(done, end)
            words, done = torch.cat([words, following[:, None]], dim=1), done | (following == end)
            if bool(done.all()) or words.shape[1] > self.config.max_words:
                break
        return words[:, 1:]
