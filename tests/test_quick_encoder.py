"""The converted model against sentence-transformers itself, on a small model of our own."""

import json
import shutil
import threading
from pathlib import Path

import numpy as np
import pytest
from tokenizers import Tokenizer, models, pre_tokenizers, processors

from matcher import parts, quick_encoder
from matcher.encode import Role, SentenceTransformerEncoder
from matcher.errors import ModelMissing
from matcher.quick_encoder import QuickEncoder
from matcher.settings import Settings

WORDS = "lana agua suelo teñido secado cuero leche queso café cacao madera pesca oro alpaca papa maíz trigo sal".split()  # noqa: SIM905
TEXTS = ["lana de alpaca", "secado de cacao y café en suelo seco", "queso", "oro oro oro agua"]
LENGTH = 16


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A BERT of two layers with random weights, as sentence-transformers saves one."""
    torch = pytest.importorskip("torch")
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    torch.manual_seed(3)
    folder = tmp_path_factory.mktemp("model")
    vocabulary = {
        word: number for number, word in enumerate(["<pad>", "<s>", "</s>", "<unk>", "passage", ":", "query", *WORDS])
    }
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 1), ("</s>", 2)]
    )
    model = BertModel(
        BertConfig(
            vocab_size=len(vocabulary), hidden_size=32, num_hidden_layers=2, num_attention_heads=2,
            intermediate_size=64, max_position_embeddings=LENGTH, pad_token_id=0,
        ),
        add_pooling_layer=False,
    )  # fmt: skip
    for tensor in model.parameters():  # as spread as a trained one's: those of a new model say all texts alike
        tensor.data.normal_(0, 0.3)
    model.save_pretrained(folder / "bert")
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token="<s>", eos_token="</s>", pad_token="<pad>", unk_token="<unk>",
        model_max_length=LENGTH,
    ).save_pretrained(folder / "bert")  # fmt: skip
    transformer = Transformer(str(folder / "bert"))
    whole = SentenceTransformer(
        modules=[transformer, Pooling(32, "mean"), Normalize()],
        prompts={"query": "query: ", "document": "passage: "},
        device="cpu",
    )
    whole.save(str(folder / "small"))
    return folder / "small"


@pytest.fixture(scope="module")
def theirs(source: Path) -> SentenceTransformerEncoder:
    return SentenceTransformerEncoder.load(str(source), source.parent)


def load(source: Path, cache: Path, passages: quick_encoder.Numbers = "int8") -> QuickEncoder:
    found = QuickEncoder.load(source, cache, passages)
    assert found is not None
    return found


@pytest.mark.parametrize("role", list(Role))
def test_full_numbers_give_the_models_own_vectors(source, theirs, tmp_path, role):
    ours = load(source, tmp_path, "float32")
    assert ours.revision == theirs.revision  # so that vectors kept of the one serve the other
    assert ours.dimensions == theirs.dimensions == 32
    np.testing.assert_allclose(ours.encode(TEXTS, role), theirs.encode(TEXTS, role), atol=1e-5)


def test_passages_in_8_bits_are_near_and_questions_in_full(source, theirs, tmp_path):
    ours = load(source, tmp_path)
    assert ours.revision != theirs.revision
    near = (ours.encode(TEXTS, Role.PASSAGE) * theirs.encode(TEXTS, Role.PASSAGE)).sum(axis=1)
    assert (near > 0.99).all()
    assert (near < 1 - 1e-7).any()  # they are in 8 bits
    np.testing.assert_allclose(ours.encode(TEXTS, Role.QUERY), theirs.encode(TEXTS, Role.QUERY), atol=1e-5)


def test_a_long_text_is_cut_where_the_model_ends(source, theirs, tmp_path):
    long = " ".join(WORDS * 3)
    ours = load(source, tmp_path, "float32")
    np.testing.assert_allclose(ours.encode([long], Role.PASSAGE), theirs.encode([long], Role.PASSAGE), atol=1e-5)
    windows = ours.windows(long)
    assert len(windows) > 1
    assert windows == theirs.windows(long)


def test_neither_company_nor_order_changes_a_vector(source, tmp_path, monkeypatch):
    ours = load(source, tmp_path)
    many = [" ".join(WORDS[i : i + 1 + i % 7]) for i in range(18)] * 9
    together = ours.encode(many, Role.PASSAGE)
    assert len({tuple(np.round(vector, 6)) for vector in together.tolist()}) == 18
    np.testing.assert_allclose(
        together, np.concatenate([ours.encode([text], Role.PASSAGE) for text in many]), atol=1e-5
    )
    monkeypatch.setattr(quick_encoder, "BUDGET", 20)  # batches of two, by several threads
    np.testing.assert_allclose(ours.encode(many, Role.PASSAGE), together, atol=1e-5)


def test_several_threads_may_ask_at_once(source, tmp_path):
    ours = load(source, tmp_path)
    alone = ours.encode(TEXTS, Role.QUERY)
    found = {}

    def ask(number: int) -> None:
        found[number] = ours.encode(TEXTS, Role.QUERY)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    for vectors in found.values():
        np.testing.assert_allclose(vectors, alone, atol=1e-6)


def test_progress_counts_every_text(source, tmp_path):
    told: list[tuple[int, int]] = []
    load(source, tmp_path).encode(TEXTS * 40, Role.PASSAGE, lambda done, of: told.append((done, of)))
    assert told[-1] == (160, 160)
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert load(source, tmp_path).encode([], Role.QUERY).shape == (0, 32)


def test_a_model_of_another_kind_is_left_to_sentence_transformers(source, tmp_path):
    other = tmp_path / "other"
    shutil.copytree(source, other)
    pooling = other / "1_Pooling" / "config.json"
    pooling.write_text(json.dumps(json.loads(pooling.read_text()) | {"pooling_mode": "cls"}))
    assert QuickEncoder.load(other, tmp_path, "int8") is None
    settings = Settings.read({"TINKUY_MODEL": str(other), "TINKUY_CACHE": str(tmp_path / "cache")})
    assert isinstance(parts.open_model(settings), SentenceTransformerEncoder)


@pytest.mark.parametrize(("asked", "reduced"), [("int8", True), ("float32", False)])
def test_the_setting_tells_what_stored_texts_are_read_with(source, tmp_path, asked, reduced):
    environment = {"TINKUY_MODEL": str(source), "TINKUY_CACHE": str(tmp_path), "TINKUY_PASSAGES": asked}
    assert ("int8" in parts.open_encoder(Settings.read(environment)).revision) is reduced


def test_a_model_with_other_weights_is_converted_anew(source, tmp_path):
    first = load(source, tmp_path)
    changed = tmp_path / "copy" / source.name
    shutil.copytree(source, changed)
    config = changed / "config_sentence_transformers.json"
    config.write_text(json.dumps(json.loads(config.read_text()) | {"prompts": {"query": "", "document": ""}}))
    second = load(changed, tmp_path)
    assert second.revision != first.revision
    assert np.abs(second.encode(TEXTS, Role.QUERY) - first.encode(TEXTS, Role.QUERY)).max() > 1e-3


def test_an_interrupted_conversion_leaves_nothing(source, tmp_path, monkeypatch):
    def interrupted(_source: Path, folder: Path, _about: object) -> None:
        (folder / "int8").mkdir()
        raise KeyboardInterrupt

    monkeypatch.setattr(quick_encoder, "convert", interrupted)
    with pytest.raises(KeyboardInterrupt):
        QuickEncoder.load(source, tmp_path, "int8")
    assert [path.suffix for path in tmp_path.iterdir()] == [".lock"]


def test_weights_that_cannot_be_read_are_named(source, tmp_path):
    ours = load(source, tmp_path)
    weights = ours.folder / "float32" / "model.bin"
    weights.write_bytes(bytes(weights.stat().st_size))  # as long as they were
    with pytest.raises(ModelMissing, match=f"{ours.folder} cannot be read .*: remove that folder"):
        ours.encode(TEXTS, Role.QUERY)


def test_a_processor_without_8_bits_reads_all_in_full(source, theirs, tmp_path, monkeypatch):
    import ctranslate2

    monkeypatch.setattr(ctranslate2, "get_supported_compute_types", lambda device: {"float32"})
    ours = load(source, tmp_path, "int8")
    assert ours.revision == theirs.revision
    np.testing.assert_allclose(ours.encode(TEXTS, Role.PASSAGE), theirs.encode(TEXTS, Role.PASSAGE), atol=1e-5)
