import torch

from infer.search import NONE, RECENT
from train.copying import by_run, recent_tokens, runs
from train.model import open_encoder
from train.pointer import from_encoder


def test_runs_count_the_written_tokens_that_stand_before_each_place():
    source = torch.tensor([[5, 6, 7, 8, 6, 7, 9]])
    written = torch.tensor([[4, 6, 7]])
    recent = recent_tokens(written, 3)
    assert recent.tolist() == [[[NONE, NONE, NONE, 4], [NONE, NONE, 4, 6], [NONE, 4, 6, 7]]]
    assert runs(recent, source).tolist() == [
        [[0, 0, 0, 0, 0, 0, 0], [0, 0, 1, 0, 0, 1, 0], [0, 0, 0, 2, 0, 0, 2]]
    ]
    longer = recent_tokens(torch.tensor([[5, 6, 7, 8, 6, 7]]), 1)
    assert runs(longer, source).tolist() == [[[0, 0, 0, 2, 0, 0, RECENT]]]


def test_a_run_is_given_what_its_length_has_and_learns_by_it():
    values = torch.tensor([1.0, 2.0, 3.0, 4.0], requires_grad=True)
    matched = torch.tensor([[0, 1, 1, 4]])
    given = by_run(values, matched)
    assert given.tolist() == [[0.0, 1.0, 1.0, 4.0]]
    given.sum().backward()
    assert values.grad.tolist() == [2.0, 0.0, 0.0, 1.0]


def test_an_untrained_model_goes_on_with_what_it_copies(tiny_backbone):
    encoder = open_encoder(tiny_backbone)
    network = from_encoder(
        encoder, tokens=encoder.config.vocab_size + 3, start=4, text=(5, 600), layers=[1, 2]
    )
    # 50 51 stands twice; the token before it tells which is copied.
    source = torch.tensor([[0, 60, 50, 51, 70, 61, 50, 51, 71, 2]])
    mask = torch.ones_like(source)
    with torch.inference_mode():
        for before, after in ((60, 70), (61, 71)):
            written = torch.tensor([[4, before, 50, 51]])
            logits = network.eval()(source, mask, decoder_input_ids=written).logits[0, -1]
            assert logits[after] > logits[141 - after]
