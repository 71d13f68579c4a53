"""A tiny, random CLIP as transformers saves one: made anew in a moment, nothing is fetched."""

from __future__ import annotations

from pathlib import Path

import torch
from transformers.models.clip.configuration_clip import CLIPConfig
from transformers.models.clip.modeling_clip import CLIPModel
from transformers.models.clip.tokenization_clip import CLIPTokenizer

SIDE, JOINT, WORDS, START, END = 32, 12, 24, 0, 1
_MARKS = {"<|startoftext|>": START, "<|endoftext|>": END}


def tiny_clip(seed: int = 0) -> CLIPModel:
    """Two layers of width 16 each, a joint space of 12 numbers, pictures of 32 px in patches of 8."""
    torch.manual_seed(seed)
    shape = {"hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 2, "num_attention_heads": 2}
    words = {"vocab_size": len(tiny_tokenizer()), "max_position_embeddings": WORDS}
    text = {**shape, **words, "bos_token_id": START, "eos_token_id": END, "pad_token_id": END}
    vision = {**shape, "image_size": SIDE, "patch_size": 8}
    model = CLIPModel(CLIPConfig(text_config=text, vision_config=vision, projection_dim=JOINT)).eval()
    with torch.no_grad():  # so that vectors differ from text to text and from picture to picture
        for parameter in model.parameters():
            if parameter.ndim > 1:
                parameter.normal_(std=0.5)
    return model


def tiny_tokenizer() -> CLIPTokenizer:
    """Byte pairs that know all of ASCII's printed characters, "shoe" and "red"."""
    letters = [chr(code) for code in range(33, 127)]
    merges = [("s", "h"), ("sh", "o"), ("sho", "e</w>"), ("r", "e"), ("re", "d</w>")]
    pieces = [*letters, *(f"{letter}</w>" for letter in letters), *("".join(pair) for pair in merges)]
    vocabulary = _MARKS | {piece: number for number, piece in enumerate(pieces, start=len(_MARKS))}
    return CLIPTokenizer(vocab=vocabulary, merges=merges)


def write_clip(folder: Path, model: CLIPModel) -> Path:
    """The folder, with weights, config and tokenizer."""
    model.save_pretrained(folder)
    tiny_tokenizer().save_pretrained(folder)
    return folder
