from collections import Counter

import pytest
import sentencepiece
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from infer.text import prepare
from tests.tiny import WORDS, pieces
from train import vocabulary
from train.vocabulary import ALPHABET, MASK, SPECIAL, WORD_START

PIECES = pieces()
IDS = {piece: i for i, (piece, _) in enumerate(PIECES)}
SPECIAL_IDS = {IDS[name] for name in (*SPECIAL, MASK)}

NEWS = st.text(
    st.one_of(
        st.sampled_from(WORDS),
        st.sampled_from(ALPHABET + " "),
        st.sampled_from("漢字😀éßیک٪٫ﻼ\u0640\u064b\u200f\n\t"),
        st.characters(exclude_categories=("Cs",)),
    ),
    max_size=60,
)


@pytest.fixture(scope="module")
def tokenizer():
    return vocabulary.tokenizer(PIECES)


@pytest.fixture(scope="module")
def processor(tmp_path_factory):
    path = tmp_path_factory.mktemp("vocabulary") / "sentencepiece.bpe.model"
    vocabulary.save_sentencepiece(PIECES, path)
    return sentencepiece.SentencePieceProcessor(model_file=str(path))


def ids(tokenizer: Tokenizer, text: str) -> list[int]:
    return tokenizer.encode(text, add_special_tokens=False).ids


def test_a_text_is_framed_and_a_pair_is_separated(tokenizer):
    assert tokenizer.encode("غزة اليوم").tokens == ["<s>", "▁غزة", "▁اليوم", "</s>"]
    assert tokenizer.encode("غزة", "اليوم").tokens == ["<s>", "▁غزة", "</s>", "▁اليوم", "</s>"]


def test_ids_are_places_in_the_list_of_pieces(tokenizer):
    assert tokenizer.get_vocab_size() == len(PIECES)
    assert all(tokenizer.token_to_id(piece) == i for piece, i in IDS.items())


def test_text_comes_back_from_its_ids(tokenizer):
    assert tokenizer.decode(tokenizer.encode("قال وزير إن غزة، اليوم").ids) == "قال وزير إن غزة، اليوم"


def test_unknown_characters_are_unknown_and_nothing_else_is_lost(tokenizer):
    assert tokenizer.encode("غزة 漢字 اليوم").tokens[1:-1] == ["▁غزة", "▁", "漢字", "▁اليوم"]
    assert ids(tokenizer, "غزة 漢字 اليوم")[2] == vocabulary.UNKNOWN


@settings(max_examples=500, deadline=None)
@given(NEWS)
@example("漢字 漢字漢 x漢y")
@example("غزة\u0640اليوم 😀😀😀 غزة")
@example("")
def test_both_formats_give_the_same_ids(tokenizer, processor, text):
    # A text that holds SentencePiece's own mark for a space is beyond what either format promises.
    prepared = prepare(text, "mujaz-1").replace(WORD_START, "")
    assert ids(tokenizer, prepared) == processor.encode(prepared)


@pytest.mark.parametrize("name", [*SPECIAL, MASK])
def test_the_name_of_a_special_token_in_a_text_is_only_text(tokenizer, processor, tmp_path, name):
    path = tmp_path / "tokenizer.json"
    tokenizer.save(str(path))
    read = Tokenizer.from_file(str(path))
    read.encode_special_tokens = True  # as both loaders set it: the file does not keep it
    for text in (name, f"غزة {name} اليوم", f"غزة{name}", name + name, f"<{name}>"):
        for found in (ids(tokenizer, text), ids(read, text)):
            assert found == processor.encode(text)
            assert not SPECIAL_IDS & set(found)


def test_both_files_hold_the_pieces_and_their_kinds(processor):
    assert [processor.id_to_piece(i) for i in range(len(PIECES))] == [piece for piece, _ in PIECES]
    assert [processor.get_score(i) for i in range(len(PIECES))] == [score for _, score in PIECES]
    assert (processor.bos_id(), processor.pad_id(), processor.eos_id(), processor.unk_id()) == (0, 1, 2, 3)
    assert processor.is_control(IDS[MASK])


def test_pieces_are_counted_as_often_as_they_are_used(tokenizer):
    used = vocabulary.count(["غزة اليوم", "غزة 漢", "غزة"] * 3, tokenizer, batch=4)
    expected = {"▁غزة": 9, "▁اليوم": 3, "▁": 3, "<unk>": 3}
    assert used == {IDS[piece]: times for piece, times in expected.items()}


FIXED = len(SPECIAL) + 1 + len(ALPHABET) + 1  # the special tokens, the mark of a word's start, the mask


def test_special_tokens_the_alphabet_and_the_mask_are_always_kept():
    kept = vocabulary.choose(PIECES, Counter(), FIXED + 10)
    names = [PIECES[i][0] for i in kept]
    assert names[:4] == list(SPECIAL)
    assert names[-1] == MASK
    assert {*ALPHABET, WORD_START} <= set(names)
    assert len(names) == FIXED


def test_the_most_used_pieces_are_kept_in_their_old_order():
    used = Counter({IDS["▁غزة"]: 5, IDS["▁اليوم"]: 9, IDS["▁طقس"]: 1, IDS["ا"]: 100, IDS[MASK]: 50, 3: 70})
    kept = vocabulary.choose(PIECES, used, FIXED + 2)
    assert [PIECES[i][0] for i in kept[-3:]] == ["▁غزة", "▁اليوم", MASK]
    assert kept == sorted(kept)


@pytest.mark.parametrize("size", [FIXED + 1, FIXED + 50, 400, len(PIECES)])
def test_the_size_asked_for_is_the_size_given(size):
    used = Counter({i: i for i in range(len(PIECES))})
    kept = vocabulary.choose(PIECES, used, size)
    assert len(kept) == len(set(kept)) == size


def test_a_size_that_cannot_hold_the_alphabet_is_refused():
    with pytest.raises(ValueError, match=f"vocabulary_size {FIXED - 1} is too small"):
        vocabulary.choose(PIECES, Counter(), FIXED - 1)


def test_scores_are_rounded_to_a_grid_that_both_formats_add_up_exactly():
    rounded = vocabulary.exact([("a", -3.4651), ("b", -20.33), ("c", 0.0)])
    assert [piece for piece, _ in rounded] == ["a", "b", "c"]
    for (_, score), given_score in zip(rounded, (-3.4651, -20.33, 0.0), strict=True):
        assert (score * 256).is_integer()
        assert abs(score - given_score) <= 1 / 512
