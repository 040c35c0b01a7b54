"""An encoder small enough to be trained while one waits."""

import json
import random

import pytest

from model.directory import TOKENIZER, open_model
from model.registry import bundled_model_path

WORDS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "my", "car", "house", "broke", "burnt", "the", "de", "д")


def written(file, *, seed, count):
    draw = random.Random(seed)  # noqa: S311 - words are no secret
    rows = []
    for label, telling in (("claim_motor", ("car", "broke")), ("claim_home", ("house", "burnt"))):
        for number in range(count):
            words = [*telling, *draw.choices(("my", "the", "de", "car", "house"), k=4)]
            words += draw.choices("abcdefghijklmnopqrstuvwxyz", k=8)  # unknown to the vocabulary, but no two alike
            draw.shuffle(words)
            text = " ".join(words)
            rows.append({"id": f"{seed}-{label}-{number}", "label": label, "language": "en", "text": text})
    file.write_text("\n".join(map(json.dumps, rows)))
    return file


@pytest.fixture(scope="session")
def mails(tmp_path_factory):
    """A corpus of forty mails, no two of them alike, that a tiny network can learn."""
    return written(tmp_path_factory.mktemp("corpus") / "mails.jsonl", seed=5, count=20)


@pytest.fixture(scope="session")
def other_mails(tmp_path_factory):
    """Ten more of the kind."""
    return written(tmp_path_factory.mktemp("corpus") / "other.jsonl", seed=6, count=5)


@pytest.fixture(scope="session")
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
