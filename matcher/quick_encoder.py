"""A BERT model of sentence-transformers run by CTranslate2: stored texts in 8 bits, questions in full, without torch.

Weights have a scale by row and activations one by token, which keeps vectors within a cosine of .999 (torch's own int8
comes to .98). The noise left counts twice where both vectors have it: with the question in full, lists are as good as
those of full numbers throughout (see eval/SPEED.md). Threads read a batch each rather than share one, so that none
waits for another.
"""

import json
import logging
import shutil
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from matcher.beside import cores
from matcher.encode import PREPARATION, Progress, Role, Vectors, prompts_of, revision_of, split_windows
from matcher.errors import ModelMissing
from matcher.language import N_
from matcher.made_once import made_once
from matcher.text import calm_capitals

Numbers = Literal["float32", "int8"]
log = logging.getLogger(__name__)
CONVERSION = 1  # raised when the conversion's output changes
BUDGET = 512  # tokens of a batch, padding counted: more of them fall out of the processor's cache
PROMPTS = {Role.QUERY: "query", Role.PASSAGE: "document"}


class QuickEncoder:
    """A converted model as an Encoder; any number of threads may use it. Each kind of numbers is loaded when needed."""

    def __init__(self, folder: Path, passages: Numbers, threads: int | None = None) -> None:
        """Open what `convert` wrote.

        :param passages: what passages are read with; questions always with float32.
        :param threads: that read at once; one a core without it.
        """
        about = json.loads((folder / "about.json").read_text(encoding="utf-8"))
        self.folder = folder
        self.passages = passages
        self.threads = threads or cores()
        self.length: int = about["length"]
        self.prompts: dict[str, str] = about["prompts"]
        self._dimensions: int = about["dimensions"]
        self._weights: str = about["revision"]

    @classmethod
    def load(cls, source: Path, cache: Path, passages: Numbers, threads: int | None = None) -> "QuickEncoder | None":
        """Return the model of a sentence-transformers folder, converted once into `cache`.

        :returns: None for a model of another kind: only a BERT whose vector is the mean over tokens is converted.
        :raises ModelMissing: the converted model cannot be kept in `cache`.
        """
        return cls(_ensure(source, cache), _of_this_processor(passages), threads) if convertible(source) else None

    @property
    def revision(self) -> str:
        """See Encoder."""
        reduced = f"+int8-{CONVERSION}" if self.passages == "int8" else ""
        return f"{self._weights}{reduced}+p{PREPARATION}"

    @property
    def dimensions(self) -> int:
        """See Encoder."""
        return self._dimensions

    def windows(self, text: str) -> list[str]:
        """See Encoder; see `split_windows` for where a text is cut."""
        return split_windows(text, self.length - 12, self._count_tokens)  # room for the prompt and the special tokens

    def encode(self, texts: Sequence[str], role: Role, progress: Progress | None = None) -> Vectors:
        """Encode in batches of like length, the longest first."""
        prompt = self.prompts.get(PROMPTS[role], "")
        read = self.tokenizer.encode_batch([prompt + calm_capitals(text) for text in texts])
        tokens = [_cut(each.ids, self.length) for each in read]
        model = self._in_full if role is Role.QUERY or self.passages == "float32" else self._reduced
        batches = _batches([len(each) for each in tokens])
        vectors = np.zeros((len(texts), self.dimensions), np.float32)
        if len(batches) == 1:
            vectors[batches[0]] = _vectors(model, [tokens[row] for row in batches[0]])
            return _told(vectors, progress)
        done = 0
        with ThreadPoolExecutor(self.threads) as pool:
            running = {pool.submit(_vectors, model, [tokens[row] for row in batch]): batch for batch in batches}
            try:
                for each in as_completed(running):
                    batch = running[each]
                    vectors[batch] = each.result()
                    done += len(batch)
                    if progress:
                        progress(done, len(texts))
            except BaseException:  # whoever interrupts does not wait for what has not begun
                pool.shutdown(wait=False, cancel_futures=True)
                raise
        return vectors

    @cached_property
    def tokenizer(self) -> Any:
        """The model's tokenizer, which is never changed, so that threads may share it."""
        from tokenizers import Tokenizer

        return Tokenizer.from_file(str(self.folder / "tokenizer.json"))

    @cached_property
    def _in_full(self) -> Any:
        return self._model("float32")

    @cached_property
    def _reduced(self) -> Any:
        return self._model("int8")

    def _model(self, numbers: Numbers) -> Any:
        import ctranslate2

        folder = self.folder / numbers
        try:
            return ctranslate2.Encoder(str(folder), compute_type=numbers, inter_threads=self.threads, intra_threads=1)
        except RuntimeError as error:
            raise ModelMissing(
                N_("the converted model in {path} cannot be read ({reason}): remove that folder, and it is made anew"),
                path=self.folder,
                reason=str(error),
            ) from error

    def _count_tokens(self, text: str) -> int:
        return len(self.tokenizer.encode(text, add_special_tokens=False).ids)


def _vectors(model: Any, tokens: Sequence[Sequence[int]]) -> Vectors:
    """Return the mean over each text's tokens, of unit length: (texts, dimensions)."""
    states = np.asarray(model.forward_batch(list(tokens)).last_hidden_state)
    lengths = np.array([len(each) for each in tokens])
    there = (np.arange(states.shape[1]) < lengths[:, None]).astype(np.float32)
    sums = np.einsum("btd,bt->bd", states, there)
    return np.asarray(sums / np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-12), np.float32)


def _of_this_processor(passages: Numbers) -> Numbers:
    """Return `passages`, or float32 where CTranslate2 has no 8 bits for this processor."""
    import ctranslate2

    if passages in ctranslate2.get_supported_compute_types("cpu"):
        return passages
    log.warning("this processor reads no 8 bits: stored texts are read with float32")
    return "float32"


def _cut(ids: list[int], length: int) -> list[int]:
    """Return at most `length` tokens, of which the last one still says that the text ends."""
    return ids if len(ids) <= length else [*ids[: length - 1], ids[-1]]


def _batches(lengths: Sequence[int]) -> list[list[int]]:
    """Return rows in batches of at most BUDGET tokens, the longest first."""
    order = sorted(range(len(lengths)), key=lambda row: -lengths[row])
    batches: list[list[int]] = []
    for row in order:
        if batches and (len(batches[-1]) + 1) * lengths[batches[-1][0]] <= BUDGET:
            batches[-1].append(row)
        else:
            batches.append([row])
    return batches


def _told(vectors: Vectors, progress: Progress | None) -> Vectors:
    if progress:
        progress(len(vectors), len(vectors))
    return vectors


def convertible(source: Path) -> bool:
    """Tell whether a folder holds what is converted: a BERT with a fast tokenizer, and the mean over its tokens."""
    config, modules = _json(source / "config.json"), _json(source / "modules.json")
    kinds = [module["type"].rsplit(".", 1)[-1] for module in modules] if isinstance(modules, list) else []
    pooling = _json(source / "1_Pooling" / "config.json")
    mean = pooling.get("pooling_mode") == "mean" or pooling.get("pooling_mode_mean_tokens") is True
    needed = (source / "model.safetensors", source / "tokenizer.json")
    return (
        config.get("model_type") == "bert"
        and config.get("position_embedding_type", "absolute") == "absolute"
        and config.get("hidden_act") == "gelu"
        and kinds in (["Transformer", "Pooling"], ["Transformer", "Pooling", "Normalize"])
        and mean
        and all(path.is_file() for path in needed)
    )


def _ensure(source: Path, cache: Path) -> Path:
    """Return the folder under `cache` with the converted model, made if need be."""
    prompts = prompts_of(source.name, _json(source / "config_sentence_transformers.json").get("prompts", {}))
    revision = revision_of(source, prompts)
    about = {"revision": revision, "prompts": prompts}
    return made_once(cache / f"{revision}-ct2-v{CONVERSION}", lambda folder: convert(source, folder, about))


def _json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def convert(source: Path, folder: Path, about: Mapping[str, Any]) -> None:
    """Write a model in both kinds of numbers, its tokenizer and what else must be known of it into `folder`."""
    _save(source, folder / "float32", None)
    _save(source, folder / "int8", "int8")
    shutil.copy2(source / "tokenizer.json", folder / "tokenizer.json")
    config = _json(source / "config.json")
    sizes = {"dimensions": config["hidden_size"], "length": _length(source, config)}
    (folder / "about.json").write_text(json.dumps({**about, **sizes}), encoding="utf-8")


def _save(source: Path, folder: Path, quantization: str | None) -> None:
    folder.mkdir()
    spec = _specification(source)
    spec.optimize(quantization=quantization)
    spec.save(str(folder))


def _specification(source: Path) -> Any:
    """Return the model's weights in the places where CTranslate2 wants them."""
    from ctranslate2.specs import common_spec, transformer_spec
    from safetensors.numpy import load_file

    config = _json(source / "config.json")
    tensors = {name.removeprefix("bert."): array for name, array in load_file(source / "model.safetensors").items()}
    encoder = transformer_spec.TransformerEncoderSpec(
        config["num_hidden_layers"],
        config["num_attention_heads"],
        pre_norm=False,
        activation=common_spec.Activation.GELU,
        layernorm_embedding=True,
        num_source_embeddings=2,
        embeddings_merge=common_spec.EmbeddingsMerge.ADD,
    )
    encoder.scale_embeddings = False
    encoder.embeddings[0].weight = tensors["embeddings.word_embeddings.weight"]
    encoder.embeddings[1].weight = tensors["embeddings.token_type_embeddings.weight"]
    encoder.position_encodings.encodings = tensors["embeddings.position_embeddings.weight"]
    _norm(encoder.layernorm_embedding, tensors, "embeddings.LayerNorm")
    for number, layer in enumerate(encoder.layer):
        name = f"encoder.layer.{number}"
        parts = [f"{name}.attention.self.{part}" for part in ("query", "key", "value")]
        layer.self_attention.linear[0].weight = np.concatenate([tensors[f"{part}.weight"] for part in parts])
        layer.self_attention.linear[0].bias = np.concatenate([tensors[f"{part}.bias"] for part in parts])
        _linear(layer.self_attention.linear[1], tensors, f"{name}.attention.output.dense")
        _norm(layer.self_attention.layer_norm, tensors, f"{name}.attention.output.LayerNorm")
        _linear(layer.ffn.linear_0, tensors, f"{name}.intermediate.dense")
        _linear(layer.ffn.linear_1, tensors, f"{name}.output.dense")
        _norm(layer.ffn.layer_norm, tensors, f"{name}.output.LayerNorm")
    spec = transformer_spec.TransformerEncoderModelSpec(encoder)
    spec.config.layer_norm_epsilon = config["layer_norm_eps"]
    spec.register_vocabulary(_tokens(source, config["vocab_size"]))
    spec.validate()
    return spec


def _linear(spec: Any, tensors: Mapping[str, NDArray[Any]], name: str) -> None:
    spec.weight, spec.bias = tensors[f"{name}.weight"], tensors[f"{name}.bias"]


def _norm(spec: Any, tensors: Mapping[str, NDArray[Any]], name: str) -> None:
    spec.gamma, spec.beta = tensors[f"{name}.weight"], tensors[f"{name}.bias"]


def _tokens(source: Path, count: int) -> list[str]:
    """Return a name for each of the model's tokens, which CTranslate2 wants though it is given numbers."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(source / "tokenizer.json"))
    return [tokenizer.id_to_token(number) or f"<extra_{number}>" for number in range(count)]


def _length(source: Path, config: Mapping[str, Any]) -> int:
    """Return how many tokens the model reads of a text."""
    told = _json(source / "sentence_bert_config.json").get("max_seq_length")
    of_tokenizer = _json(source / "tokenizer_config.json").get("model_max_length", 512)
    return int(min(told or of_tokenizer, config["max_position_embeddings"]))
