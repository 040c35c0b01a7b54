"""A network with one loud channel, made even before it is stored in int8."""

import importlib.util

import numpy as np
import pytest

from model.directory import ModelConfig, open_model
from model.registry import bundled_model_path

if importlib.util.find_spec("torch") is None or importlib.util.find_spec("transformers") is None:
    pytest.skip("EQUALISING NOT TESTED: install the extra `train` to run these tests", allow_module_level=True)

import torch
from transformers import AutoModel, BertConfig

from model.directory import TOKENIZER
from model.tokens import load_tokenizer
from model.training.encoder import TextClassifier, token_ids
from model.training.equalising import equalised
from model.training.export import export_alike, export_onnx, onnx_scores
from model.training.reading import read

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # torch's exporter uses what it deprecates itself
    pytest.mark.filterwarnings("ignore::FutureWarning"),
]

TEXTS = [f"{number} questions about my {thing} please" for number in range(9) for thing in ("car", "house", "boat")]
CONFIG = ModelConfig(name="loud", labels=("a", "b", "c"), languages=("en",), max_length=24)


@pytest.fixture(scope="module")
def tokenizer():
    return load_tokenizer(open_model(bundled_model_path()).file(TOKENIZER), max_length=24)


@pytest.fixture(scope="module")
def loud(tokenizer):
    """One channel between two layers is two hundred times the others, and is weighed two hundred times less."""
    torch.manual_seed(8)
    configuration = BertConfig(
        vocab_size=tokenizer.get_vocab_size(),
        hidden_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=64,
    )
    network = TextClassifier(AutoModel.from_config(configuration), 3).eval()
    layer = network.encoder.encoder.layer[0]
    with torch.no_grad():
        torch.nn.init.normal_(layer.intermediate.dense.weight, std=0.5)
        torch.nn.init.normal_(layer.output.dense.weight, std=0.5)
        layer.attention.output.LayerNorm.weight[3] *= 200
        layer.intermediate.dense.weight[:, 3] /= 200
        layer.output.LayerNorm.weight[3] = 0.01
    return network


def test_what_is_even_says_the_same_in_real_numbers(loud, tokenizer):
    even = equalised(loud, token_ids(tokenizer, TEXTS))
    assert read(even, tokenizer, TEXTS) == pytest.approx(read(loud, tokenizer, TEXTS), abs=1e-4)


def test_the_network_itself_is_left_alone(loud, tokenizer):
    before = {name: value.clone() for name, value in loud.state_dict().items()}
    equalised(loud, token_ids(tokenizer, TEXTS))
    assert all(torch.equal(value, before[name]) for name, value in loud.state_dict().items())


def test_what_is_even_loses_less_in_int8(loud, tokenizer, tmp_path):
    wanted = read(loud, tokenizer, TEXTS)
    errors = []
    for rows in ((), token_ids(tokenizer, TEXTS)):
        export_onnx(loud, tmp_path, max_length=24, rows=rows)
        errors.append(np.abs(onnx_scores(tmp_path, tokenizer, TEXTS, CONFIG) - wanted).mean())
    plain, even = errors
    assert even < 0.7 * plain


def test_an_export_comes_with_what_it_says_and_what_the_network_says(loud, tokenizer, tmp_path):
    served, trained = export_alike(loud, tmp_path, tokenizer, TEXTS, CONFIG)
    assert served == pytest.approx(onnx_scores(tmp_path, tokenizer, TEXTS, CONFIG))
    assert trained == pytest.approx(read(loud, tokenizer, TEXTS))
