"""A SentencePiece unigram vocabulary: counted on a corpus, trimmed, written in two formats.

The text is prepared before it is tokenized (``infer.text``), so neither format normalizes anything;
both mark the start of a word with ``▁`` and give the same ids.
"""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from sentencepiece import sentencepiece_model_pb2 as spm_format
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, processors

Piece = tuple[str, float]

SPECIAL = ("<s>", "<pad>", "</s>", "<unk>")
UNKNOWN = 3
MASK = "<mask>"
WORD_START = "▁"
ARABIC_LETTERS = "".join(chr(c) for c in (*range(0x0621, 0x063B), *range(0x0641, 0x064B)))
# Characters that must not become <unk> even where the corpus lacks them.
ALPHABET = ARABIC_LETTERS + string.digits + string.ascii_letters + string.punctuation + "،؛؟«»…–“”"


def tokenizer(pieces: list[Piece]) -> Tokenizer:
    """A ``tokenizers.Tokenizer`` of the pieces, which frames a text as ``<s> … </s>``.

    Args:
        pieces: Every piece with its unigram log-probability; the first four are ``SPECIAL``.
    """
    result = Tokenizer(models.Unigram(pieces, unk_id=UNKNOWN, byte_fallback=False))
    # A special token never comes from text: an article that says "<mask>" is not asking for one. Its name
    # is a piece, so the name is cut behind its "<".
    names = "|".join(re.escape(name[1:]) for name in (*SPECIAL, MASK))
    result.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Metaspace(replacement=WORD_START, prepend_scheme="always"),
            pre_tokenizers.Split(Regex(f"<(?={names})"), "merged_with_previous"),
        ]
    )
    result.decoder = decoders.Metaspace(replacement=WORD_START, prepend_scheme="always")
    result.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> $B </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    result.encode_special_tokens = True
    result.add_special_tokens([AddedToken(name, special=True, normalized=False) for name in (*SPECIAL, MASK)])
    return result


def open_tokenizer(backbone: str) -> Tokenizer:
    """The tokenizer of a folder or of a hub name, without padding or truncation."""
    path = Path(backbone) / "tokenizer.json"
    result = Tokenizer.from_file(str(path)) if path.is_file() else Tokenizer.from_pretrained(backbone)
    result.no_padding()
    result.no_truncation()
    result.encode_special_tokens = True
    return result


def count(texts: Iterable[str], full: Tokenizer, batch: int = 2_000) -> Counter[int]:
    """How often each piece of the full vocabulary is used by the prepared texts."""
    used: Counter[int] = Counter()
    for texts_of_batch in _batches(texts, batch):
        for encoding in full.encode_batch_fast(texts_of_batch, add_special_tokens=False):
            used.update(encoding.ids)
    return used


def choose(pieces: list[Piece], used: Counter[int], size: int) -> list[int]:
    """Ids of the pieces to keep, in their old order: special tokens, the alphabet, the most used.

    Raises:
        ValueError: ``size`` cannot even hold the special tokens and the alphabet.
    """
    ids = {piece: i for i, (piece, _) in enumerate(pieces)}
    letters = [ids[c] for c in (WORD_START, *ALPHABET) if c in ids]
    kept = dict.fromkeys([*range(len(SPECIAL)), *letters])
    if len(kept) >= size:
        raise ValueError(f"vocabulary_size {size} is too small: {len(kept)} special tokens and letters")
    for piece, _ in used.most_common():
        if len(kept) == size - 1:
            break
        if piece != ids.get(MASK):
            kept[piece] = None
    return [*sorted(kept), ids[MASK]]


def exact(pieces: list[Piece]) -> list[Piece]:
    """The pieces with scores rounded to 1/256.

    SentencePiece adds scores up in float32 over a whole text and ``tokenizers`` in float64 over a
    word; on this grid both sums are exact up to 65,536, so both formats break near-ties alike. With
    unrounded scores about one text in 300 was split differently.
    """
    return [(piece, round(score * 256) / 256) for piece, score in pieces]


def save_sentencepiece(pieces: list[Piece], path: Path) -> None:
    """Write the pieces as SentencePiece's own model, with an identity normalizer."""
    proto = spm_format.ModelProto()
    kinds = proto.SentencePiece
    for i, (piece, score) in enumerate(pieces):
        kind = kinds.NORMAL
        if piece in SPECIAL or piece == MASK:
            kind = kinds.UNKNOWN if i == UNKNOWN else kinds.CONTROL
        proto.pieces.add(piece=piece, score=score, type=kind)
    proto.trainer_spec.model_type = spm_format.TrainerSpec.UNIGRAM
    proto.trainer_spec.vocab_size = len(pieces)
    trainer = proto.trainer_spec
    trainer.bos_id, trainer.pad_id, trainer.eos_id, trainer.unk_id = 0, 1, 2, UNKNOWN
    proto.normalizer_spec.name = "identity"
    proto.normalizer_spec.add_dummy_prefix = True
    proto.normalizer_spec.remove_extra_whitespaces = True
    proto.normalizer_spec.escape_whitespaces = True
    path.write_bytes(proto.SerializeToString())


def _batches(texts: Iterable[str], size: int) -> Iterable[list[str]]:
    held: list[str] = []
    for text in texts:
        held.append(text)
        if len(held) == size:
            yield held
            held = []
    if held:
        yield held
