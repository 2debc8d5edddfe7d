"""From a GGUF file of a Llama model to the files that a model hub holds.

Reading, dequantising and writing are the libraries' (gguf, tokenizers, safetensors); what is here
is the mapping between the two layouts.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import gguf
    import numpy as np

MAX_SHARD_BYTES = 100_000_000
ROWS_AT_ONCE = 4096
"""Rows dequantised in one step, so that the float32 copies of the embedding stay small."""


def convert(source: Path, folder: Path) -> None:
    """Write weights, configuration and tokenizer of the GGUF file `source` into `folder`.

    Raises ImportError when a package of the `sandbox` extra is missing, and ValueError when the
    file is not a Llama model with a byte-level tokenizer.
    """
    import gguf

    reader = gguf.GGUFReader(source)
    facts = {name: field.contents() for name, field in reader.fields.items()}
    if facts["general.architecture"] != "llama" or facts["tokenizer.ggml.model"] != "gpt2":
        raise ValueError(f"{source.name} is not a Llama model with a byte-level tokenizer.")
    _write_weights(reader, facts, folder)
    _write_configuration(facts, folder)
    _write_tokenizer(facts, folder)


# --- weights ---------------------------------------------------------------------------------

_LAYER_TENSORS = {
    "attn_norm": "input_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_norm": "post_attention_layernorm",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}


def hub_tensor_name(name: str) -> str:
    """``blk.3.attn_q.weight`` -> ``model.layers.3.self_attn.q_proj.weight``."""
    if name == "token_embd.weight":
        return "model.embed_tokens.weight"
    if name == "output_norm.weight":
        return "model.norm.weight"
    _, layer, part, suffix = name.split(".")
    return f"model.layers.{layer}.{_LAYER_TENSORS[part]}.{suffix}"


def bf16_tensor(tensor: gguf.ReaderTensor, heads: int, kv_heads: int) -> np.ndarray:
    """One tensor in the hub's shape and order of rows; bf16 numbers as little-endian uint16."""
    import numpy as np
    from gguf import GGMLQuantizationType
    from gguf.quants import dequantize, quantize

    rows = tensor.data.shape[0]
    steps = range(0, rows, ROWS_AT_ONCE)
    parts = (dequantize(tensor.data[at : at + ROWS_AT_ONCE], tensor.tensor_type) for at in steps)
    as_bytes = [quantize(part, GGMLQuantizationType.BF16) for part in parts]
    packed = np.concatenate(as_bytes) if len(as_bytes) > 1 else as_bytes[0]
    shape = [int(size) for size in reversed(tensor.shape)]
    for part, count in (("attn_q.", heads), ("attn_k.", kv_heads)):
        if part in tensor.name:
            # llama.cpp's converter interleaves the two halves of each head's rows, because its
            # rotary embedding turns neighbours; transformers' turns halves.
            interleaved = packed.reshape(count, rows // count // 2, 2, -1)
            packed = interleaved.swapaxes(1, 2).reshape(rows, -1)
    return np.ascontiguousarray(packed).view("<u2").reshape(shape)


def _write_weights(reader: gguf.GGUFReader, facts: dict[str, Any], folder: Path) -> None:
    from safetensors import TensorSpec, serialize_file

    heads = facts["llama.attention.head_count"]
    kv_heads = facts["llama.attention.head_count_kv"]
    tensors = sorted(reader.tensors, key=lambda tensor: _tensor_order(tensor.name))
    shards: list[list[Any]] = [[]]
    filled = 0
    for tensor in tensors:
        size = int(tensor.n_elements) * 2
        if shards[-1] and filled + size > MAX_SHARD_BYTES:
            shards.append([])
            filled = 0
        shards[-1].append(tensor)
        filled += size
    weight_map: dict[str, str] = {}
    for number, shard in enumerate(shards, start=1):
        file_name = f"model-{number:05d}-of-{len(shards):05d}.safetensors"
        content: dict[str, np.ndarray] = {}
        for tensor in shard:
            name = hub_tensor_name(tensor.name)
            content[name] = bf16_tensor(tensor, heads, kv_heads)
            weight_map[name] = file_name
        # numpy has no bfloat16, so the arrays' memory is named to the library instead. `content`
        # keeps it alive.
        specs = {
            name: TensorSpec(
                dtype="bfloat16",
                shape=array.shape,
                data_ptr=array.ctypes.data,
                data_len=array.nbytes,
            )
            for name, array in content.items()
        }
        serialize_file(specs, str(folder / file_name), {"format": "pt"})
    total = sum(int(tensor.n_elements) * 2 for tensor in tensors)
    index = {"metadata": {"total_size": total}, "weight_map": dict(sorted(weight_map.items()))}
    _write_json(folder / "model.safetensors.index.json", index)


def _tensor_order(name: str) -> tuple[int, int, str]:
    if name.startswith("blk."):
        return (1, int(name.split(".")[1]), name)
    return (0 if name == "token_embd.weight" else 2, 0, name)


# --- configuration and tokenizer -------------------------------------------------------------


def _write_configuration(facts: dict[str, Any], folder: Path) -> None:
    import numpy as np

    theta = facts["llama.rope.freq_base"]
    ids = {name: facts[f"tokenizer.ggml.{name}_token_id"] for name in ("bos", "eos", "padding")}
    config = {
        "architectures": ["LlamaForCausalLM"],
        "attention_bias": False,
        "attention_dropout": 0.0,
        "bos_token_id": ids["bos"],
        "eos_token_id": ids["eos"],
        "hidden_act": "silu",
        "hidden_size": facts["llama.embedding_length"],
        "initializer_range": 0.041666666666666664,
        "intermediate_size": facts["llama.feed_forward_length"],
        "max_position_embeddings": facts["llama.context_length"],
        "mlp_bias": False,
        "model_type": "llama",
        "num_attention_heads": facts["llama.attention.head_count"],
        "num_hidden_layers": facts["llama.block_count"],
        "num_key_value_heads": facts["llama.attention.head_count_kv"],
        "pad_token_id": ids["padding"],
        "pretraining_tp": 1,
        # The GGUF holds float32; the shortest decimal that means the same float32 is the original.
        "rms_norm_eps": float(str(np.float32(facts["llama.attention.layer_norm_rms_epsilon"]))),
        "rope_scaling": None,
        "rope_theta": int(theta) if theta == int(theta) else theta,
        "tie_word_embeddings": True,
        "torch_dtype": "bfloat16",
        "transformers_version": "4.42.3",
        "use_cache": True,
        "vocab_size": facts["llama.vocab_size"],
    }
    _write_json(folder / "config.json", config)
    generation = {
        "_from_model_config": True,
        "bos_token_id": ids["bos"],
        "eos_token_id": ids["eos"],
        "pad_token_id": ids["padding"],
        "transformers_version": "4.42.3",
    }
    _write_json(folder / "generation_config.json", generation)


def _write_tokenizer(facts: dict[str, Any], folder: Path) -> None:
    from gguf import TokenType
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

    tokens: list[str] = facts["tokenizer.ggml.tokens"]
    kinds: list[int] = facts["tokenizer.ggml.token_type"]
    special = [token for token, kind in zip(tokens, kinds) if kind == TokenType.CONTROL]
    merges = [tuple(merge.split(" ")) for merge in facts["tokenizer.ggml.merges"]]
    vocabulary = {token: number for number, token in enumerate(tokens)}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=merges))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Digits(individual_digits=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(t, special=True, normalized=False) for t in special])
    (folder / "tokenizer.json").write_text(tokenizer.to_str(pretty=True), encoding="utf-8")

    def flags(token: str) -> dict[str, Any]:
        unset = dict.fromkeys(("lstrip", "normalized", "rstrip", "single_word"), False)
        return {"content": token, **unset}

    named = {
        "bos_token": tokens[facts["tokenizer.ggml.bos_token_id"]],
        "eos_token": tokens[facts["tokenizer.ggml.eos_token_id"]],
        "pad_token": tokens[facts["tokenizer.ggml.padding_token_id"]],
        "unk_token": tokens[facts["tokenizer.ggml.unknown_token_id"]],
    }
    own = [named["bos_token"], named["eos_token"]]
    config = {
        "add_prefix_space": False,
        "added_tokens_decoder": {
            str(vocabulary[token]): {**flags(token), "special": True} for token in special
        },
        "additional_special_tokens": own,
        "bos_token": named["bos_token"],
        "chat_template": facts["tokenizer.chat_template"],
        "clean_up_tokenization_spaces": False,
        "eos_token": named["eos_token"],
        "model_max_length": facts["llama.context_length"],
        "pad_token": named["pad_token"],
        "tokenizer_class": "GPT2Tokenizer",
        "unk_token": named["unk_token"],
        "vocab_size": len(tokens),
    }
    _write_json(folder / "tokenizer_config.json", config)
    special_map = {name: flags(token) for name, token in named.items()}
    _write_json(
        folder / "special_tokens_map.json", {"additional_special_tokens": own, **special_map}
    )


def _write_json(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
