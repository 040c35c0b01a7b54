"""Teaching an encoder a second language: words, pairs, distillation, figures."""

import gzip
import importlib.util
import random
from dataclasses import replace

import pytest
from click.testing import CliRunner

from facteur.cli import main
from model.directory import TOKENIZER
from routing.errors import ConfigurationError

if importlib.util.find_spec("torch") is None or importlib.util.find_spec("transformers") is None:
    pytest.skip("TRAINING NOT TESTED: install the extra `train` to run these tests", allow_module_level=True)

import torch
from tokenizers import Tokenizer

from model.training.bases import base_directory
from model.training.bilingual import extend_vocabulary
from model.training.distillation import DistilOptions, distil
from model.training.encoder import load_base
from model.training.pairs import Source, draw_pairs, read_pairs, read_sources
from model.training.retrieval import retrieval

PAIRS = (("the car", "la voiture"), ("my car", "ma voiture"), ("the house", "la maison"), ("my house", "ma maison"))
TINY = DistilOptions(
    steps=80, batch_tokens=16, batch_pairs=4, max_length=16, threads=1, learning_rate=1e-2, warm_up=2, decay=20,
    joined=0.0, others=8,
)  # fmt: skip


@pytest.fixture
def student(base, tmp_path):
    """A student that knows the words and has forgotten all the rest."""
    folder = tmp_path / "extended"
    extend_vocabulary(base, PAIRS, folder, words=4)
    forgetful = load_base(folder)
    torch.manual_seed(9)
    for parameter in forgetful.parameters():
        torch.nn.init.normal_(parameter, std=0.2)
    forgetful.save_pretrained(folder)
    return folder


def write_pairs(file, pairs=PAIRS):
    file.parent.mkdir(parents=True, exist_ok=True)
    content = "".join(f"{english}\t{french}\n" for english, french in pairs)
    file.write_bytes(gzip.compress(content.encode()) if file.suffix == ".gz" else content.encode())
    return file


def test_new_words_start_where_their_translations_are(base, tmp_path):
    extend_vocabulary(base, PAIRS, tmp_path / "extended", words=4)
    tokenizer = Tokenizer.from_file(str(tmp_path / "extended" / TOKENIZER))
    vocabulary = tokenizer.get_vocab()
    assert {"voiture", "maison", "la", "ma"} <= set(vocabulary)
    assert "д" not in vocabulary
    assert tokenizer.encode("Voiture").tokens == ["[CLS]", "voiture", "[SEP]"]
    vectors = load_base(tmp_path / "extended").get_input_embeddings().weight
    nearness = torch.cosine_similarity(vectors[vocabulary["voiture"]], vectors, dim=-1)
    assert nearness[vocabulary["car"]] > nearness[vocabulary["house"]]


def test_letters_of_the_second_language_stay_in_the_vocabulary(base, tmp_path):
    extend_vocabulary(base, [("the car", "да"), ("my car", "дом")], tmp_path / "extended", words=1)
    assert "д" in Tokenizer.from_file(str(tmp_path / "extended" / TOKENIZER)).get_vocab()


def test_distilling_draws_translations_towards_their_originals(base, student, tmp_path):
    seen = []
    before = retrieval(student, "toy", PAIRS)
    distil(base, student, [Source(name="toy", pairs=PAIRS)], tmp_path / "out", options=TINY, listen=seen.append)
    losses = [float(progress.note.removeprefix("loss ")) for progress in seen]
    assert losses[-1] < losses[0]
    after = retrieval(tmp_path / "out", "toy", PAIRS)
    assert after.there == after.back == 1.0
    assert before.there < 1.0
    assert base_directory(tmp_path / "out")


def test_an_interrupted_run_leaves_the_last_snapshot_whole(base, student, tmp_path):
    def stop(progress):
        if progress.done == 25:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        distil(
            base,
            student,
            [Source(name="toy", pairs=PAIRS)],
            tmp_path / "out",
            options=replace(TINY, snapshot=10),
            listen=stop,
        )
    load_base(base_directory(tmp_path / "out"))
    assert {path.name for path in tmp_path.iterdir()} == {"extended", "out"}


def test_pairs_are_read_and_torn_lines_left_out(tmp_path):
    file = tmp_path / "pairs.tsv"
    file.write_text("a\tb\nonly one\nc\td\te\n\tz\nf\tg\n")
    assert read_pairs(file) == [("a", "b"), ("f", "g")]


def test_a_folder_gives_all_its_pairs_but_those_held_out(tmp_path):
    write_pairs(tmp_path / "spoken" / "pairs.tsv.gz")
    write_pairs(tmp_path / "spoken" / "test.tsv", [("unseen", "inconnu")])
    write_pairs(tmp_path / "law.tsv", [("a law", "une loi"), ("x" * 500, "y")])
    sources = read_sources([tmp_path], characters=400)
    assert {source.name: len(source.pairs) for source in sources} == {"law.tsv": 1, "spoken": 4}


@pytest.mark.parametrize(
    ("content", "says"),
    [(b"\x1f\x8b broken", "cannot be read"), (gzip.compress(b"no tab here", mtime=0), "holds no pair")],
)
def test_unreadable_pairs_are_one_sentence(tmp_path, content, says):
    (tmp_path / "pairs.tsv.gz").write_bytes(content)
    with pytest.raises(ConfigurationError, match=says):
        read_sources([tmp_path], characters=400)


def test_a_folder_without_pairs_is_one_sentence(tmp_path):
    with pytest.raises(ConfigurationError, match="there are no pairs in"):
        read_sources([tmp_path], characters=400)


def test_a_small_source_is_drawn_more_often_than_its_size_says():
    large = Source(name="large", pairs=(("l", "l"),) * 9900)
    small = Source(name="small", pairs=(("s", "s"),) * 100)
    pairs = draw_pairs([large, small], random.Random(1), joined=0.0)  # noqa: S311 - an order is no secret
    drawn = sum(next(pairs)[0] == "s" for _ in range(2000)) / 2000
    assert 0.06 < drawn < 0.13  # sqrt(100) of sqrt(9900) + sqrt(100); by size it were 0.01


def test_the_command_makes_an_encoder_and_a_card_with_its_figures(base, tmp_path):
    write_pairs(tmp_path / "pairs" / "pairs.tsv.gz", (*PAIRS, ("the broke car", "la voiture cassee")))
    held_out = write_pairs(tmp_path / "pairs" / "test.tsv", PAIRS[:2])
    (tmp_path / "notes.md").write_text("## Attributions\n\nwritten for this test\n")
    figures = ["--pairs", str(tmp_path / "pairs"), "--held-out", str(held_out)]
    new = ["--out", str(tmp_path / "out"), "--words", "4", "--notes", str(tmp_path / "notes.md")]
    result = CliRunner().invoke(main, ["distil", "--teacher", str(base), "--steps", "3", *figures, *new])
    assert result.exit_code == 0, result.output
    card = (tmp_path / "out" / "README.md").read_text()
    assert "| pairs | 3 |" in card, "a held-out pair was trained on"
    assert "pairs/test.tsv | 2 |" in card
    assert "written for this test" in card
    further = ["--student", str(tmp_path / "out"), "--out", str(tmp_path / "further")]
    again = CliRunner().invoke(main, ["distil", "--teacher", str(base), "--steps", "2", *figures, *further])
    assert again.exit_code == 0, again.output
    assert "taught before" in (tmp_path / "further" / "README.md").read_text()


def test_a_teacher_that_is_not_there_is_one_sentence(tmp_path):
    write_pairs(tmp_path / "pairs.tsv")
    result = CliRunner().invoke(
        main, ["distil", "--teacher", str(tmp_path), "--pairs", str(tmp_path / "pairs.tsv"), "--out", "x"]
    )
    assert result.exit_code == 1
    assert "has no config.json" in result.output
    assert "Traceback" not in result.output
