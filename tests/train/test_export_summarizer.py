import numpy as np
import onnxruntime
import pytest
import torch
from transformers import GenerationConfig

from infer.search import Settings
from infer.writer import Writer
from tests.tiny_summarizer import feed, write_summarizer
from train import export_summarizer
from train.model import open_encoder
from train.pointer import from_encoder
from train.writing_graphs import CANDIDATES

SPECIAL = 4
STEPS = 40


@pytest.fixture(scope="module")
def summarizer(tmp_path_factory):
    """A random model and its folder of float32 graphs."""
    return write_summarizer(tmp_path_factory.mktemp("summarizer") / "tiny")


def sources(network, seed=0):
    draw = np.random.default_rng(seed)
    return [draw.integers(SPECIAL, network.config.text_end, n).tolist() for n in (23, 7, 40, 12, 31)]


@pytest.mark.parametrize("beams", [1, 4])
@pytest.mark.parametrize(
    "settings", [{}, {"no_repeat_ngram_size": 3}, {"length_penalty": 0.4, "min_new_tokens": 9}]
)
def test_writes_token_for_token_what_torch_does(summarizer, beams, settings):
    network, folder, special = summarizer
    writer = Writer.from_pretrained(folder)
    for seed in range(3):
        read = sources(network, seed)
        start = network.config.decoder_start_token_id
        ids = torch.full((len(read), 40), 1)
        for row, source in zip(ids, read, strict=True):
            row[: len(source)] = torch.tensor(source)
        config = GenerationConfig(
            num_beams=beams,
            do_sample=False,
            max_new_tokens=STEPS,
            early_stopping=False,
            pad_token_id=1,
            eos_token_id=2,
            bos_token_id=0,
            decoder_start_token_id=start,
            suppress_tokens=sorted(set(special) - {2}),
            **settings,
        )
        with torch.inference_mode():
            expected = network.generate(
                input_ids=ids, attention_mask=(ids != 1).long(), generation_config=config
            ).tolist()
        found = writer.generate(
            read, start, Settings(num_beams=beams, max_new_tokens=STEPS, end=2, never=1, **settings)
        )
        for mine, theirs in zip(found, expected, strict=True):
            assert mine[0].tokens == [i for i in theirs[1:] if i not in (1, 2)]


def test_some_of_the_test_articles_end_before_others(summarizer):
    network, folder, _ = summarizer
    settings = Settings(num_beams=4, max_new_tokens=STEPS)
    found = Writer.from_pretrained(folder).generate(
        sources(network), network.config.decoder_start_token_id, settings
    )
    assert len({len(written[0].tokens) for written in found}) > 1


def test_encoder_agrees_with_the_one_it_starts_from(tiny_backbone):
    encoder = open_encoder(str(tiny_backbone)).eval()
    network = from_encoder(
        encoder, tokens=encoder.config.vocab_size + 3, start=5, text=(4, 9), layers=[1]
    ).eval()
    ids = torch.randint(5, encoder.config.vocab_size, (3, 20))
    mask = torch.ones_like(ids)
    mask[1, 9:] = 0
    with torch.inference_mode():
        theirs = encoder(ids, attention_mask=mask).last_hidden_state
        ours = network.model.encoder(ids, attention_mask=mask).last_hidden_state
    torch.testing.assert_close(ours[mask > 0], theirs[mask > 0], rtol=0, atol=1e-3)


def test_int8_graphs_write_and_share_the_vocabulary(summarizer, tmp_path):
    network, _, special = summarizer
    graphs = export_summarizer.export(network, tmp_path, special, [feed()])
    assert export_summarizer.size(graphs.int8) < 0.6 * export_summarizer.size(graphs.float32)
    feeds = {}
    exact, small = (
        onnxruntime.InferenceSession(str(f / export_summarizer.STEP)) for f in (graphs.float32, graphs.int8)
    )
    draw = np.random.default_rng(0)
    sizes = {"batch": 2, "beams": 2, "rows": 4, "before": 4, "banned": 1, "source": 9, "length": 3}
    for value in exact.get_inputs():
        shape = [sizes.get(s, s) for s in value.shape]
        if "int64" in value.type:
            feeds[value.name] = draw.integers(4, 50, shape)
        else:
            feeds[value.name] = draw.normal(size=shape).astype(np.float32)
    feeds |= {"order": np.arange(4), "position": np.array([3]), "mask": np.ones((2, 9), np.int64)}
    scores, tokens = exact.run(["scores", "tokens"], feeds)
    found, chosen = small.run(["scores", "tokens"], feeds)
    assert scores.shape == (2, 2, CANDIDATES)
    assert np.abs(np.exp(scores) - np.exp(found)).max() < 0.1
    assert (tokens[..., 0] == chosen[..., 0]).mean() >= 0.5


def test_probabilities_with_the_copy_head_sum_to_one(summarizer):
    network, _, _ = summarizer
    read = torch.tensor([sources(network)[0]])
    with torch.inference_mode():
        logits = network(input_ids=read, decoder_input_ids=torch.tensor([[5, 6, 7, 8]])).logits
        labels = torch.tensor([[6, 7, 8, 9]])
        loss = network(input_ids=read, decoder_input_ids=torch.tensor([[5, 6, 7, 8]]), labels=labels).loss
    torch.testing.assert_close(logits.exp().sum(-1), torch.ones(1, 4))
    torch.testing.assert_close(loss, -logits.gather(-1, labels[..., None]).mean())
