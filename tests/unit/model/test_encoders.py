"""Encoders of several families, tiny and random: trained network and served graph must say the same."""

import importlib.util

import numpy as np
import pytest

from model.directory import ONNX, TOKENIZER, open_model
from model.registry import bundled_model_path
from routing.errors import ConfigurationError

if importlib.util.find_spec("torch") is None or importlib.util.find_spec("transformers") is None:
    pytest.skip("ENCODERS NOT TESTED: install the extra `train` to run these tests", allow_module_level=True)

import torch
from transformers import AutoModel, BertConfig, CamembertConfig, DistilBertConfig

from model.onnx_network import EVIDENCE, SCORES, VECTOR, OnnxNetwork
from model.tokens import load_tokenizer
from model.training.encoder import TextClassifier, padded, padded_ngrams
from model.training.export import export_onnx

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # torch's exporter uses what it deprecates itself
    pytest.mark.filterwarnings("ignore::FutureWarning"),
]

TEXTS = ("my car", "quel serait le prix d'une assurance pour une maison au bord de la mer ?", "x")
NGRAMS = 5000
LABELS = 90
"""Enough that the exporter keeps the last layer as it is instead of folding it."""


@pytest.fixture(scope="module")
def tokenizer():
    return load_tokenizer(open_model(bundled_model_path()).file(TOKENIZER), max_length=40)


def bert(words):
    return BertConfig(
        vocab_size=words, hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32
    )


def camembert(words):
    """Its padding is token 1, and positions begin after it."""
    return CamembertConfig(
        vocab_size=words,
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
        pad_token_id=1,
        max_position_embeddings=50,
    )


def distilbert(words):
    """It knows no token types."""
    return DistilBertConfig(vocab_size=words, dim=16, n_layers=1, n_heads=2, hidden_dim=32)


@pytest.fixture(scope="module", params=[(bert, NGRAMS), (camembert, 0), (distilbert, 0)], ids=lambda p: p[0].__name__)
def both(request, tokenizer, tmp_path_factory):
    """The network and its graph."""
    configuration, ngrams = request.param
    torch.manual_seed(4)
    encoder = AutoModel.from_config(configuration(tokenizer.get_vocab_size()))
    network = TextClassifier(encoder, LABELS, ngrams=ngrams).eval()
    if network.wide is not None:
        torch.nn.init.normal_(network.wide.table[1:])
    folder = tmp_path_factory.mktemp("graph")
    export_onnx(network, folder, max_length=40)
    return network, OnnxNetwork(folder / ONNX, tokenizer, ngrams=ngrams), ngrams


def scores_of(network, tokenizer, texts, ngrams):
    ids, mask = padded([tokenizer.encode(text).ids for text in texts], network.pad)
    with torch.inference_mode():
        return network(ids, mask, padded_ngrams(texts, ngrams)).numpy()


def test_the_graph_says_what_the_network_says(both, tokenizer):
    network, graph, ngrams = both
    served = np.stack([graph.scores(text) for text in TEXTS])
    assert served == pytest.approx(scores_of(network, tokenizer, TEXTS, ngrams), abs=0.03)
    assert np.ptp(served) > 0.3


def test_padding_changes_nothing(both, tokenizer):
    network, _, ngrams = both
    alone = np.concatenate([scores_of(network, tokenizer, [text], ngrams) for text in TEXTS])
    assert scores_of(network, tokenizer, TEXTS, ngrams) == pytest.approx(alone, abs=1e-5)


def test_what_the_tokens_say_adds_up_to_what_the_deep_part_says(both, tokenizer):
    network, graph, ngrams = both
    read = graph.read(TEXTS[1], (SCORES, VECTOR, EVIDENCE))
    assert read[EVIDENCE].shape == (len(tokenizer.encode(TEXTS[1]).ids), LABELS)
    deep = read[EVIDENCE].sum(0) + network.head.bias.detach().numpy()
    again = read[VECTOR] @ network.head.weight.detach().numpy().T + network.head.bias.detach().numpy()
    assert deep == pytest.approx(again, abs=1e-5)  # exact: the last layer is in float32
    if not ngrams:
        assert deep == pytest.approx(read[SCORES], abs=1e-5)


def test_a_graph_is_asked_for_what_it_has(both):
    _, graph, _ = both
    with pytest.raises(ConfigurationError, match="gives no reason: export the model again"):
        graph.read("x", ("reason",))


def test_a_graph_with_a_wide_part_is_not_run_without(both, tokenizer):
    _, graph, ngrams = both
    with pytest.raises(ConfigurationError, match="wants the inputs"):
        OnnxNetwork(graph.file, tokenizer, ngrams=0 if ngrams else NGRAMS)
