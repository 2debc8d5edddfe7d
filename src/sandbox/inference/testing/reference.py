"""A plain reference of the forward pass, in numpy and float64, for small made-up models.

It follows the modelling code of transformers line by line and shares nothing with the TypeScript
beside it but the formula that makes the weights. `python reference.py` writes `logits.json`, which
the specs compare with; `test_reference.py` proves that the file is what this script says.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

FIXTURE = Path(__file__).with_name("logits.json")
POSITIONS = [0, 17, 31, 39]
TOKENS = 40

_BASE = {
    "hidden_act": "silu",
    "hidden_size": 20,
    "intermediate_size": 37,
    "max_position_embeddings": 128,
    "num_attention_heads": 2,
    "num_hidden_layers": 2,
    "num_key_value_heads": 1,
    "rms_norm_eps": 1e-5,
    "rope_theta": 10000.0,
    "tie_word_embeddings": True,
    "vocab_size": 41,
}

CASES: list[dict[str, Any]] = [
    {
        "name": "llama, tied embeddings",
        "dtype": "BF16",
        "config": {**_BASE, "architectures": ["LlamaForCausalLM"]},
    },
    {
        "name": "llama 3 rope scaling and biases",
        "dtype": "F16",
        "config": {
            **_BASE,
            "architectures": ["LlamaForCausalLM"],
            "attention_bias": True,
            "mlp_bias": True,
            "num_attention_heads": 4,
            "num_key_value_heads": 2,
            "head_dim": 10,
            "rope_theta": 100.0,
            "rope_scaling": {
                "rope_type": "llama3",
                "factor": 8.0,
                "low_freq_factor": 1.0,
                "high_freq_factor": 4.0,
                "original_max_position_embeddings": 32,
            },
            "tie_word_embeddings": False,
        },
    },
    {
        "name": "mistral, sliding window",
        "dtype": "F32",
        "config": {
            **_BASE,
            "architectures": ["MistralForCausalLM"],
            "head_dim": 16,
            "sliding_window": 7,
            "tie_word_embeddings": False,
        },
    },
    {
        "name": "qwen2, window left off",
        "dtype": "BF16",
        "config": {
            **_BASE,
            "architectures": ["Qwen2ForCausalLM"],
            "rope_theta": 1000000.0,
            "sliding_window": 7,
            "use_sliding_window": False,
        },
    },
    {
        "name": "qwen3, norms of queries and keys",
        "dtype": "BF16",
        "config": {
            **_BASE,
            "architectures": ["Qwen3ForCausalLM"],
            "head_dim": 16,
            "num_attention_heads": 4,
            "num_key_value_heads": 2,
            "tie_word_embeddings": False,
        },
    },
    {
        "name": "linear rope scaling in the newer form",
        "dtype": "F32",
        "config": {
            **{key: value for key, value in _BASE.items() if key != "rope_theta"},
            "architectures": ["LlamaForCausalLM"],
            "rope_parameters": {"rope_type": "linear", "factor": 4.0, "rope_theta": 500.0},
        },
    },
]


def made_up(index: int, shape: list[int], norm: bool) -> np.ndarray:
    """Numbers that float16 and bfloat16 hold exactly, the same in every language."""
    i = np.arange(int(np.prod(shape)), dtype=np.uint64)
    x = (np.uint64(index) * np.uint64(2654435761) + i * np.uint64(40503) + np.uint64(12345)) % 2**32
    x ^= x >> np.uint64(15)
    x = (x * np.uint64(2246822519)) % 2**32
    x ^= x >> np.uint64(13)
    if norm:
        values = (np.float64(96) + (x % 64)) / 128
    else:
        values = ((x % 256).astype(np.float64) - 128) / 256
    return values.reshape(shape)


def shapes(config: dict[str, Any]) -> dict[str, list[int]]:
    hidden, inner = config["hidden_size"], config["intermediate_size"]
    heads, kv_heads = config["num_attention_heads"], config["num_key_value_heads"]
    head_dim = config.get("head_dim", hidden // heads)
    architecture = config["architectures"][0]
    qwen2 = architecture == "Qwen2ForCausalLM"
    bias = config.get("attention_bias", False)
    mlp_bias = config.get("mlp_bias", False)
    found = {
        "model.embed_tokens.weight": [config["vocab_size"], hidden],
        "model.norm.weight": [hidden],
    }
    if not config["tie_word_embeddings"]:
        found["lm_head.weight"] = [config["vocab_size"], hidden]
    for layer in range(config["num_hidden_layers"]):
        linear = {
            "self_attn.q_proj": (heads * head_dim, hidden, bias or qwen2),
            "self_attn.k_proj": (kv_heads * head_dim, hidden, bias or qwen2),
            "self_attn.v_proj": (kv_heads * head_dim, hidden, bias or qwen2),
            "self_attn.o_proj": (hidden, heads * head_dim, bias),
            "mlp.gate_proj": (inner, hidden, mlp_bias),
            "mlp.up_proj": (inner, hidden, mlp_bias),
            "mlp.down_proj": (hidden, inner, mlp_bias),
        }
        for name, (rows, cols, has_bias) in linear.items():
            found[f"model.layers.{layer}.{name}.weight"] = [rows, cols]
            if has_bias:
                found[f"model.layers.{layer}.{name}.bias"] = [rows]
        norms = {"input_layernorm": hidden, "post_attention_layernorm": hidden}
        if architecture == "Qwen3ForCausalLM":
            norms |= {"self_attn.q_norm": head_dim, "self_attn.k_norm": head_dim}
        for name, size in norms.items():
            found[f"model.layers.{layer}.{name}.weight"] = [size]
    return found


def weights(config: dict[str, Any]) -> dict[str, np.ndarray]:
    named = sorted(shapes(config).items())
    return {
        name: made_up(index, shape, "norm" in name) for index, (name, shape) in enumerate(named)
    }


def frequencies(config: dict[str, Any], head_dim: int) -> np.ndarray:
    rope = config.get("rope_scaling") or config.get("rope_parameters") or {}
    theta = config.get("rope_theta", rope.get("rope_theta"))
    inverse = 1.0 / theta ** (np.arange(0, head_dim, 2) / head_dim)
    if rope.get("rope_type") == "linear":
        return inverse / rope["factor"]
    if rope.get("rope_type") == "llama3":
        original = rope["original_max_position_embeddings"]
        low_wavelength = original / rope["low_freq_factor"]
        high_wavelength = original / rope["high_freq_factor"]
        adjusted = []
        for frequency in inverse:
            wavelength = 2 * np.pi / frequency
            if wavelength < high_wavelength:
                adjusted.append(frequency)
            elif wavelength > low_wavelength:
                adjusted.append(frequency / rope["factor"])
            else:
                smooth = (original / wavelength - rope["low_freq_factor"]) / (
                    rope["high_freq_factor"] - rope["low_freq_factor"]
                )
                adjusted.append((1 - smooth) * frequency / rope["factor"] + smooth * frequency)
        return np.array(adjusted)
    return inverse


def rotate_half(x: np.ndarray) -> np.ndarray:
    half = x.shape[-1] // 2
    return np.concatenate([-x[..., half:], x[..., :half]], axis=-1)


def rms_norm(x: np.ndarray, weight: np.ndarray, epsilon: float) -> np.ndarray:
    return weight * x / np.sqrt(np.mean(x * x, axis=-1, keepdims=True) + epsilon)


def softmax(x: np.ndarray) -> np.ndarray:
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def logits(config: dict[str, Any], w: dict[str, np.ndarray], tokens: list[int]) -> np.ndarray:
    """One row of logits for each token."""
    heads, kv_heads = config["num_attention_heads"], config["num_key_value_heads"]
    head_dim = config.get("head_dim", config["hidden_size"] // heads)
    epsilon, count = config["rms_norm_eps"], len(tokens)
    angles = np.outer(np.arange(count), frequencies(config, head_dim))
    angles = np.concatenate([angles, angles], axis=-1)
    distance = np.arange(count)[:, None] - np.arange(count)[None, :]
    allowed = distance >= 0
    if "sliding_window" in config and config.get("use_sliding_window", True):
        allowed &= distance < config["sliding_window"]

    def linear(name: str, x: np.ndarray) -> np.ndarray:
        return x @ w[f"{name}.weight"].T + w.get(f"{name}.bias", 0)

    x = w["model.embed_tokens.weight"][tokens]
    for layer in range(config["num_hidden_layers"]):
        prefix = f"model.layers.{layer}"
        attention = f"{prefix}.self_attn"
        h = rms_norm(x, w[f"{prefix}.input_layernorm.weight"], epsilon)
        q = linear(f"{attention}.q_proj", h).reshape(count, heads, head_dim)
        k = linear(f"{attention}.k_proj", h).reshape(count, kv_heads, head_dim)
        v = linear(f"{attention}.v_proj", h).reshape(count, kv_heads, head_dim)
        if f"{attention}.q_norm.weight" in w:
            q = rms_norm(q, w[f"{attention}.q_norm.weight"], epsilon)
            k = rms_norm(k, w[f"{attention}.k_norm.weight"], epsilon)
        cosine, sine = np.cos(angles)[:, None], np.sin(angles)[:, None]
        q = q * cosine + rotate_half(q) * sine
        k = k * cosine + rotate_half(k) * sine
        k = np.repeat(k, heads // kv_heads, axis=1)
        v = np.repeat(v, heads // kv_heads, axis=1)
        scores = np.einsum("thd,shd->hts", q, k) / np.sqrt(head_dim)
        mixed = softmax(np.where(allowed, scores, -np.inf))
        attended = np.einsum("hts,shd->thd", mixed, v).reshape(count, heads * head_dim)
        x = x + linear(f"{attention}.o_proj", attended)
        h = rms_norm(x, w[f"{prefix}.post_attention_layernorm.weight"], epsilon)
        gate = linear(f"{prefix}.mlp.gate_proj", h)
        gate = gate / (1 + np.exp(-gate))
        x = x + linear(f"{prefix}.mlp.down_proj", gate * linear(f"{prefix}.mlp.up_proj", h))
    x = rms_norm(x, w["model.norm.weight"], epsilon)
    return x @ w.get("lm_head.weight", w["model.embed_tokens.weight"]).T


def fixture() -> list[dict[str, Any]]:
    cases = []
    for case in CASES:
        config = case["config"]
        tokens = [(7 * at * at + 3 * at + 1) % config["vocab_size"] for at in range(TOKENS)]
        rows = logits(config, weights(config), tokens)
        wanted = {str(at): [float(f"{value:.7g}") for value in rows[at]] for at in POSITIONS}
        cases.append({**case, "tokens": tokens, "logits": wanted})
    return cases


if __name__ == "__main__":
    FIXTURE.write_text(json.dumps(fixture(), indent=1) + "\n", encoding="utf-8")
