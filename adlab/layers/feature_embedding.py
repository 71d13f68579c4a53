"""Codes, lists of codes, numbers and ready-made vectors of a row as one vector."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from adlab.errors import ConfigError, InputError

INITIAL_STD = 0.01  # embeddings start near zero: a code that was seen once should not shout


class FeatureEmbedding(nn.Module):
    """The vector [field embeddings, mean embeddings of the lists, projected vector, numbers] of a row.

    All fields and lists share one table, in which each has rows of its own: one gather serves all fields, and one
    update all that a batch has touched. The table's gradient is sparse: it holds the rows of the batch only.

    Args:
        fields: Number of codes of each field, at least 1.
        dim: Width of an embedding, at least 1.
        bags: Number of codes of each multi-valued field, by name.
        numbers: How many numbers a row has, 0 or more; they are passed on as they are.
        vector_dim: Width of the ready-made vectors, 0 for none.
        projected_dim: Width they are brought to by a linear map, at least 1 where there are any.

    Attributes:
        table: Embeddings of all codes, (rows, dim).
        output_dim: Width of the output.
        groups: Number of each output column's field, (output_dim,): columns of one field, list or the vector share a
            number, every plain number has its own.

    Raises:
        ConfigError: A number is outside its range, or there is nothing to embed.
    """

    starts: Tensor
    sizes: Tensor
    groups: Tensor

    def __init__(
        self,
        fields: Sequence[int],
        dim: int,
        *,
        bags: Mapping[str, int] | None = None,
        numbers: int = 0,
        vector_dim: int = 0,
        projected_dim: int = 0,
    ) -> None:
        super().__init__()
        bags = dict(bags or {})
        counts = [*fields, *bags.values()]
        if dim < 1 or any(count < 1 for count in counts):
            raise ConfigError(f"dim is {dim}, codes are {counts}; give whole numbers of 1 or more.")
        if numbers < 0 or vector_dim < 0 or (vector_dim > 0 and projected_dim < 1):
            raise ConfigError(
                f"numbers is {numbers}, vector_dim {vector_dim}, projected_dim {projected_dim}; give 0 or more, and a "
                "width to project vectors to."
            )
        if not counts and not numbers and not vector_dim:
            raise ConfigError("There is nothing to embed; give a field, a list, numbers or vectors.")
        starts = torch.tensor([0, *counts]).cumsum(0)
        self.dim, self.numbers, self.vector_dim = dim, numbers, vector_dim
        self.register_buffer("starts", starts[: len(fields)].clone(), persistent=False)
        self.register_buffer("sizes", torch.tensor(list(fields), dtype=torch.int64), persistent=False)
        firsts = starts[len(fields) : -1].tolist()
        self.bags = {name: (first, bags[name]) for name, first in zip(bags, firsts, strict=True)}
        self.table = nn.Parameter(torch.empty(int(starts[-1]), dim))
        nn.init.normal_(self.table, std=INITIAL_STD)
        self.projection = nn.Linear(vector_dim, projected_dim) if vector_dim else None
        widths = [dim] * len(counts) + ([projected_dim] if vector_dim else []) + [1] * numbers
        self.output_dim = sum(widths)
        self.register_buffer(
            "groups", torch.repeat_interleave(torch.arange(len(widths)), torch.tensor(widths)), persistent=False
        )

    def forward(
        self, codes: Tensor, numbers: Tensor, bags: Mapping[str, tuple[Tensor, Tensor]], vectors: Tensor
    ) -> Tensor:
        """Embed B rows.

        Args:
            codes: (B, F) int64.
            numbers: (B, numbers).
            bags: By name, codes of all rows (V,) and where each row begins, and last V, (B + 1,).
            vectors: (B, vector_dim).

        Returns:
            (B, output_dim).

        Raises:
            InputError: A width differs, a list is missing, or a code is beyond its field: it would read another's.
        """
        self._check(codes, numbers, bags, vectors)
        parts = []
        if len(self.sizes):
            parts.append(F.embedding(codes + self.starts, self.table, sparse=True).flatten(1))
        for name, (first, _) in self.bags.items():
            values, offsets = bags[name]
            parts.append(
                F.embedding_bag(values + first, self.table, offsets, mode="mean", sparse=True, include_last_offset=True)
            )
        if self.projection is not None:
            parts.append(self.projection(vectors).to(self.table.dtype))
        if self.numbers:
            parts.append(numbers)
        return torch.cat(parts, dim=1)

    def _check(
        self, codes: Tensor, numbers: Tensor, bags: Mapping[str, tuple[Tensor, Tensor]], vectors: Tensor
    ) -> None:
        rows = len(codes)
        for name, given, width in (
            ("codes", codes, len(self.sizes)),
            ("numbers", numbers, self.numbers),
            ("vectors", vectors, self.vector_dim),
        ):
            if given.shape != (rows, width):
                raise InputError(f"{name} have shape {tuple(given.shape)}; this embedding takes ({rows}, {width}).")
        if bool(((codes < 0) | (codes >= self.sizes)).any()):
            row, field = ((codes < 0) | (codes >= self.sizes)).nonzero()[0].tolist()
            raise InputError(
                f"Row {row} has code {int(codes[row, field])} in field {field}; "
                f"give one from 0 to {int(self.sizes[field]) - 1}."
            )
        for name, (_, size) in self.bags.items():
            if name not in bags:
                raise InputError(f"The list {name!r} is missing; given: {', '.join(bags) or 'none'}.")
            values, offsets = bags[name]
            if len(offsets) != rows + 1:
                raise InputError(f"The list {name!r} has {len(offsets) - 1} rows where {rows} are needed.")
            if len(values) and (int(values.min()) < 0 or int(values.max()) >= size):
                raise InputError(
                    f"The list {name!r} holds {int(values.min())} to {int(values.max())}; give codes to {size - 1}."
                )
