"""An encoder small enough to be trained while one waits."""

import json

import pytest

from model.directory import TOKENIZER, open_model
from model.registry import bundled_model_path

WORDS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "my", "car", "house", "broke", "burnt", "the", "de", "д")


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    """A Hugging Face directory with random weights and a vocabulary of a dozen words."""
    import torch  # noqa: PLC0415 - only the tests of training need it
    from transformers import BertConfig, BertModel  # noqa: PLC0415 - the same

    folder = tmp_path_factory.mktemp("base")
    torch.manual_seed(3)
    config = BertConfig(
        vocab_size=len(WORDS), hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32
    )
    BertModel(config).save_pretrained(folder)
    content = json.loads(open_model(bundled_model_path()).file(TOKENIZER).read_bytes())
    vocabulary = {word: number for number, word in enumerate(WORDS)}
    content["model"]["vocab"] = vocabulary
    content["added_tokens"] = [
        {**token, "id": vocabulary[token["content"]]} for token in content["added_tokens"] if token["content"] in WORDS
    ]
    for name, special in content["post_processor"]["special_tokens"].items():
        special["ids"] = [vocabulary[name]]
    (folder / TOKENIZER).write_text(json.dumps(content))
    return folder
