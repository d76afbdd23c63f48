"""Random numbers: known answers here, JAX's own in test_jax.py."""

import numpy as np
import pytest

from delaynet import DelayNetError, random


def test_known_answer():
    # Threefry-2x32 with 20 rounds of key 0 and counter 0 (Salmon et al. 2011, the authors' known-answer file).
    assert random.words(random.fold_in(random.key(0), 0)) == (0x6b200159, 0x99ba4efe)


def test_shapes_types_and_prefixes():
    key = random.key(2**40 + 3)
    assert random.words(key) == (2**8, 3)
    for draw in (random.normal, random.uniform):
        a = draw(key, (4, 5), np.float32)
        assert a.shape == (4, 5) and a.dtype == np.float32 and np.array_equal(a.reshape(-1)[:7], draw(key, 7, np.float32))
    assert random.normal(key).shape == () and random.bits(key, 0).shape == (0,)
    assert random.integers(key, 1000, -2, 3).min() == -2 and random.integers(key, 1000, -2, 3).max() == 2
    numbers = random.normal(key, 100_000)
    assert abs(numbers.mean()) < 0.02 and abs(numbers.std() - 1) < 0.02
    assert len({random.words(k) for k in random.split(key, 100)}) == 100


def test_mistakes():
    key = random.key(0)
    for call, message in ((lambda: random.key(-1), "seed must be a whole number"), (lambda: random.key(2**64), "seed must"),
                          (lambda: random.key(True), "seed must"), (lambda: random.normal(0, 3), "a key is needed"),
                          (lambda: random.normal(key, 3, np.float16), "dtype must be of float32 or float64, not float16"),
                          (lambda: random.normal(key, (3, -1)), "shape must be a whole number"),
                          (lambda: random.bits(key, 3, np.int32), "dtype must have 32 or 64 bits"),
                          (lambda: random.integers(key, 3, dtype=np.int16), "dtype must have 32 or 64 bits")):
        with pytest.raises(DelayNetError) as caught:
            call()
        assert message in str(caught.value)
