from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from helpers.pictures import picture

from adlab.checkpoints.networks import load_image_encoder
from adlab.data.image_intake import AdImage
from adlab.encoders.mobilenet import LEVEL_DIM
from adlab.errors import ConfigError
from adlab.features.vectors import VectorCache, Vectors


class FakeEncoder:
    """Encodes a text to its length, a picture to its size, and remembers every pass; `room` is what a GPU can hold."""

    output_dim = 2

    def __init__(self, device: str = "cpu", room: int = 10**9, name: str = "fake") -> None:
        self.device, self.room = torch.device(device), room
        self.passes: list[list[object]] = []
        self.running, self.most_running = 0, 0
        self.spec = SimpleNamespace(encoder_id=name)

    def to(self, device: str) -> None:
        self.device = torch.device(device)

    def encode(self, items, batch_size=32):
        self.running += 1
        self.most_running = max(self.most_running, self.running)
        try:
            if self.device.type == "cuda" and len(items) > self.room:
                raise torch.cuda.OutOfMemoryError("CUDA out of memory")
            assert len(items) <= batch_size
            self.passes.append(list(items))
            time.sleep(0.0005)
            return np.array([vector_of(item) for item in items], dtype=np.float32).reshape(-1, 2)
        finally:
            self.running -= 1

    @property
    def encoded(self) -> list[object]:
        return [item for batch in self.passes for item in batch]


def vector_of(item) -> list[float]:
    return [len(item), hash(item) % 1000] if isinstance(item, str) else [item.width, item.height]


def vectors(encoder: FakeEncoder, **settings: int) -> Vectors:
    return Vectors(FakeEncoder(name="image"), encoder, **settings)


def expected(texts) -> np.ndarray:
    return np.array([vector_of(text) for text in texts], dtype=np.float32)


def test_each_distinct_text_is_encoded_once_and_rows_keep_their_order():
    encoder = FakeEncoder()
    both = vectors(encoder)
    texts = ["b", "aa", "b", "ccc", "aa", "b"]
    np.testing.assert_array_equal(both.texts(texts), expected(texts))
    np.testing.assert_array_equal(both.texts(texts[::-1]), expected(texts[::-1]))
    assert encoder.encoded == ["b", "aa", "ccc"]


def test_pictures_are_known_by_their_content_not_by_their_object():
    encoder = FakeEncoder()
    both = Vectors(encoder, FakeEncoder())
    same = [AdImage.from_pixels(picture(1, 40, 30)) for _ in range(3)]
    rows = both.images([*same, AdImage.from_pixels(picture(2, 50, 30))])
    assert len(encoder.encoded) == 2
    np.testing.assert_array_equal(rows, [[40, 30]] * 3 + [[50, 30]])


def test_nothing_asked_for_gives_no_rows():
    both = vectors(FakeEncoder())
    assert both.texts([]).shape == both.images([]).shape == (0, 2)
    assert both.texts([]).dtype == np.float32


def test_on_a_cpu_every_item_has_a_pass_of_its_own():
    encoder = FakeEncoder()
    vectors(encoder, batch_size=8).texts([str(i) for i in range(20)])
    assert [len(batch) for batch in encoder.passes] == [1] * 20


def test_on_a_gpu_a_pass_is_never_larger_than_the_batch_size():
    encoder = FakeEncoder("cuda")
    vectors(encoder, batch_size=8).texts([str(i) for i in range(20)])
    assert [len(batch) for batch in encoder.passes] == [8, 8, 4]


def test_the_one_unused_for_longest_gives_way():
    cache = VectorCache(2)
    one = np.ones(1)
    cache.put("a", one)
    cache.put("b", one)
    assert cache.get("a") is one  # now b is the older one
    cache.put("c", one)
    assert [cache.get(key) is not None for key in "abc"] == [True, False, True]


def test_a_cache_smaller_than_the_question_still_answers():
    encoder = FakeEncoder()
    both = vectors(encoder, cache_size=1)
    texts = ["a", "bb", "ccc", "a"]
    np.testing.assert_array_equal(both.texts(texts), expected(texts))
    assert encoder.encoded == ["a", "bb", "ccc"]


def test_changing_an_answer_does_not_change_the_next():
    both = vectors(FakeEncoder())
    both.texts(["a"])[:] = 99
    np.testing.assert_array_equal(both.texts(["a"]), expected(["a"]))


def test_eight_threads_get_right_rows_and_encode_each_item_once():
    encoder = FakeEncoder()
    both = vectors(encoder)
    texts = [f"text {i}" for i in range(40)]
    start = threading.Barrier(8)

    def ask(seed: int) -> bool:
        start.wait()
        order = np.random.default_rng(seed).permutation(len(texts))
        asked = [texts[i] for i in order]
        return bool((both.texts(asked) == expected(asked)).all())

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(ask, range(8)))
    assert sorted(encoder.encoded) == sorted(texts)
    assert encoder.most_running == 1, "passes compete for the cores"


def test_a_small_cache_survives_eight_threads():
    both = vectors(FakeEncoder(), cache_size=3)

    def ask(seed: int) -> bool:
        asked = [str(i) for i in np.random.default_rng(seed).integers(0, 9, 30)]
        return bool((both.texts(asked) == expected(asked)).all())

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(ask, range(16)))


def test_out_of_memory_halves_the_batch_until_it_fits():
    encoder = FakeEncoder("cuda", room=3)
    texts = [str(i) for i in range(20)]
    np.testing.assert_array_equal(vectors(encoder, batch_size=16).texts(texts), expected(texts))
    assert {len(batch) for batch in encoder.passes} == {2}
    assert encoder.encoded == texts
    assert encoder.device.type == "cuda"


def test_out_of_memory_at_one_item_moves_both_encoders_to_the_cpu_with_a_warning():
    encoder = FakeEncoder("cuda", room=0)
    both = Vectors(other := FakeEncoder("cuda", room=0), encoder, batch_size=4)
    texts = ["a", "bb", "ccc"]
    with pytest.warns(UserWarning, match="goes on on the CPU"):
        rows = both.texts(texts)
    np.testing.assert_array_equal(rows, expected(texts))
    assert encoder.device.type == other.device.type == "cpu"
    assert encoder.encoded == texts


def test_after_the_move_to_the_cpu_nothing_that_the_gpu_encoded_is_given_out():
    """Provenance names one device: vectors of the GPU, cached or of the same call, are computed anew."""
    encoder = FakeEncoder("cuda")
    both = Vectors(FakeEncoder("cuda"), encoder, batch_size=1)
    both.texts(["early"])
    assert (both.device.type, both.precision) == ("cuda", "mixed float16")
    whole, passes = encoder.encode, []

    def encode(items, batch_size=32):
        if encoder.device.type == "cuda" and items == ["last"]:
            raise torch.cuda.OutOfMemoryError("CUDA out of memory")
        passes.append((encoder.device.type, *items))
        return whole(items, batch_size)

    encoder.encode = encode
    with pytest.warns(UserWarning, match="goes on on the CPU"):
        both.texts(["early", "middle", "last"])
    assert passes == [("cuda", "middle"), ("cpu", "early"), ("cpu", "middle"), ("cpu", "last")]
    assert (both.device.type, both.precision) == ("cpu", "float32")


def test_another_error_is_not_taken_for_a_full_gpu():
    encoder = FakeEncoder("cuda")
    encoder.encode = lambda items, batch_size: (_ for _ in ()).throw(RuntimeError("device-side assert"))
    both = vectors(encoder)
    with pytest.raises(RuntimeError, match="device-side"):
        both.texts(["a"])
    del encoder.encode
    assert len(both.texts(["a"])) == 1, "the turn was not given back"


def test_the_identities_are_those_of_the_encoders():
    assert Vectors(FakeEncoder(name="i-1"), FakeEncoder(name="t-1")).encoder_ids == {"image": "i-1", "text": "t-1"}


@pytest.mark.parametrize("setting", ["batch_size", "cache_size"])
def test_a_size_below_one_is_refused(setting):
    with pytest.raises(ConfigError, match=f"{setting} (is )?0"):
        vectors(FakeEncoder(), **{setting: 0})


def test_a_network_gets_the_columns_it_reads_and_one_pass_serves_all(tiny_models):
    both = Vectors(load_image_encoder(root=tiny_models), FakeEncoder())
    image = AdImage.from_pixels(picture(3, 60, 40))
    plain, detailed = both.images([image]), both.images([image], width=both.image_encoder.detailed_dim)
    assert plain.shape == (1, both.image_encoder.output_dim)
    assert detailed.shape == (1, both.image_encoder.output_dim + LEVEL_DIM)
    np.testing.assert_array_equal(plain, detailed[:, : plain.shape[1]])
    np.testing.assert_allclose(detailed, both.image_encoder.encode([image.pixels], detailed=True), atol=1e-5)
    assert len(both._image_cache._rows) == 1
    with pytest.raises(ConfigError, match="9999 columns are asked for"):
        both.images([image], width=9999)
