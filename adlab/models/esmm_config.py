"""The shape of a funnel network: what it reads, how wide it is, and how clicks and conversions share it."""

from __future__ import annotations

from dataclasses import dataclass

from adlab.errors import ConfigError, UnknownNameError

SHARINGS = ("esmm", "single-task", "shared-bottom", "mmoe")


@dataclass(frozen=True, kw_only=True)
class ESMMConfig:
    """Shape of the network; ESMM and the baselines it is compared with.

    Attributes:
        fields: Number of codes of each sparse field, in the schema's order.
        bags: Name and number of codes of each multi-valued field.
        dense: How many numbers a row has.
        creative_dim: Width of the frozen creative vectors, 0 for a network that knows ads by their ids alone.
        sharing: ``"esmm"``: shared embeddings, pCTCVR = pCTR·pCVR over all impressions; ``"single-task"``: nothing is
            shared; ``"shared-bottom"``: embeddings and the first tower layer; ``"mmoe"``: embeddings and experts, mixed
            for each task by a gate (Ma et al. 2018). All but ESMM learn conversions from clicked rows.
        embedding_dim: Width of an embedding.
        projected_dim: Width that creative vectors are brought to before they join the embeddings.
        tower_dims: Hidden widths of the two towers; shared-bottom and MMoE share the first.
        experts: Number of MMoE's experts.
        dropout: Share of the towers' activations set to zero while training, 0 ≤ dropout < 1.
        detach_ctr: ESMM: whether the gradient of pCTCVR is kept from pCTR, as in CL4CVR's public code.

    Raises:
        ConfigError: A number is outside its range.
        UnknownNameError: The sharing is not a known one.
    """

    fields: tuple[int, ...]
    bags: tuple[tuple[str, int], ...] = ()
    dense: int = 0
    creative_dim: int = 0
    sharing: str = "esmm"
    embedding_dim: int = 10
    projected_dim: int = 32
    tower_dims: tuple[int, ...] = (512, 256, 128)
    experts: int = 4
    dropout: float = 0.0
    detach_ctr: bool = False

    def __post_init__(self) -> None:
        for name in ("fields", "tower_dims"):
            object.__setattr__(self, name, tuple(getattr(self, name)))  # a JSON file has lists
        object.__setattr__(self, "bags", tuple((name, count) for name, count in self.bags))
        for name in ("embedding_dim", "projected_dim", "experts"):
            _check_whole(name, getattr(self, name), 1)
        for name in ("dense", "creative_dim"):
            _check_whole(name, getattr(self, name), 0)
        for name, numbers in (
            ("fields", self.fields),
            ("bags", tuple(count for _, count in self.bags)),
            ("tower_dims", self.tower_dims),
        ):
            for number in numbers:
                _check_whole(name, number, 1)
        if len(dict(self.bags)) < len(self.bags):
            raise ConfigError(f"bags are {self.bags}; give each name once.")
        if not 0 <= self.dropout < 1:
            raise ConfigError(f"dropout is {self.dropout!r}; give a share of 0 or more, below 1.")
        if self.sharing not in SHARINGS:
            raise UnknownNameError("sharing", self.sharing, SHARINGS)
        if self.sharing in ("shared-bottom", "mmoe") and len(self.tower_dims) < 1:
            raise ConfigError(f"tower_dims is empty; {self.sharing} shares the first, give one.")
        if self.detach_ctr and self.sharing != "esmm":
            raise ConfigError(f"detach_ctr is on and sharing is {self.sharing!r}; only ESMM learns a product.")


def _check_whole(name: str, value: int, least: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise ConfigError(f"{name} holds {value!r}; give whole numbers of {least} or more.")
