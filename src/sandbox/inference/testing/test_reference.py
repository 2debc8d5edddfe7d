"""The stored logits are what the reference computes, and the reference computes what it should."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import numpy as np

_spec = importlib.util.spec_from_file_location(
    "inference_reference", Path(__file__).with_name("reference.py")
)
assert _spec is not None and _spec.loader is not None
reference = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(reference)


def test_the_stored_logits_are_the_ones_of_the_reference():
    stored = json.loads(reference.FIXTURE.read_text())
    computed = reference.fixture()
    assert [case["name"] for case in stored] == [case["name"] for case in computed]
    for old, new in zip(stored, computed):
        assert old["config"] == new["config"] and old["tokens"] == new["tokens"]
        for position, row in new["logits"].items():
            np.testing.assert_allclose(old["logits"][position], row, rtol=1e-5, atol=1e-6)


def test_the_made_up_weights_survive_every_stored_type():
    for case in reference.CASES:
        for values in reference.weights(case["config"]).values():
            bits = values.astype(np.float32).view(np.uint32)
            assert np.all(bits & 0xFFFF == 0)
            assert np.array_equal(values.astype(np.float16).astype(np.float64), values)


def test_a_token_does_not_see_what_follows_it():
    config = reference.CASES[0]["config"]
    weights = reference.weights(config)
    long, short = [1, 2, 3, 4, 5], [1, 2, 3]
    np.testing.assert_allclose(
        reference.logits(config, weights, long)[:3], reference.logits(config, weights, short)
    )
