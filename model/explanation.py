"""Which words carry a decision: they are left out, and the model is asked again.

Erasure (Li, Monroe and Jurafsky 2016, "Understanding neural networks through representation erasure"; Zeiler and Fergus
2014 call it occlusion) needs nothing of a model but its answers, so what it says is true of the model that serves,
quantised and calibrated as it is. A pass for every word is too slow, though: sixty passes for a mail of sixty words. So

1. of the words to which the last layer gives most (class activation mapping, Zhou et al. 2016), each is asked about
   alone, which costs little since a pass costs what its tokens cost, and is remembered;
2. the words that say most alone are left out of the whole mail one after the other, and stay out if the label loses by
   it. What each takes away beyond those before it is its weight, so that of two words that say the same the second
   does not count again, and the weights add up to what all of them together take away.

What the last layer gives each token is free, but a poor guide by itself: an encoder writes what the mail is about into
the vectors of all its tokens. It is good enough to leave half of the words unasked; a model that does not say it has
all its words asked about. `benchmarks/explanation.py` compares.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from routing.classifier import Prediction
from routing.errors import InvalidInput
from routing.explanation import Explanation, Method, Word

NAMED = 5
"""Most words that are named for a label."""
LIKELY = 12
"""Most words that are asked about alone where the last layer says which are likely."""
TRIES = 7
"""Most words that are left out in search of those."""
ALONE = 100
"""Most different words that are asked about alone: more than the 256 tokens of a long mail hold. Of a longer one the
passages that say most are searched."""
PASSAGES = 16
REMEMBERED = 20_000
"""Words whose answers are kept, the last ones asked about: some ten megabytes."""
_LEAST = 1e-12
"""Probability under which, and under whose distance from 1, log-odds grow no further."""

_WORD = re.compile(r"[^\W_]+(?:[-\u2010\u2011][^\W_]+)*")

_FRENCH = """
    le la les l un une des de du d au aux ce cet cette ces mon ma mes ton ta tes son sa ses notre nos votre vos leur
    leurs je j tu il elle on nous vous ils elles me m te t se s lui y en et ou mais donc or ni car que qu qui quoi dont
    où si à a dans par pour sur avec sans sous vers chez entre depuis est suis es sont ai as avons avez ont été étais
    était être avoir avais avait c n ne très plus bien tout tous toute toutes comme aussi alors cela ça ci là fait
    bonjour bonsoir cordialement merci madame monsieur
"""
_ENGLISH = """
    the a an of to in on at by for with from and or but so if that this these those it its is are was were be been am i
    you he she we they me him her us them my your his our their have has had do does did will would can could should as
    there here then than very just also re s t m ve ll d hello hi dear regards thanks thank kind
"""
EMPTY = frozenset((_FRENCH + _ENGLISH).split())
"""Words that say nothing of a mail's matter. They are named only where there are few others. Words that deny (`pas`,
`not`) are none of them."""

Places = tuple[tuple[int, int], ...]
Predict = Callable[[str], Prediction]
Evidence = Sequence[tuple[int, int, float]]
"""What each token of a text says for a label: where it stands in the text, from and to, and how much."""
Look = Callable[[str, str | None], tuple[Prediction, Evidence]]
"""Asks about a text, and what its tokens say for a label, or for the most probable one; empty: the model cannot say."""


class Eraser:
    """Explains what one model says of texts; remembers what it says of single words. For one thread, like a model."""

    def __init__(self, predict: Predict, *, version: str, look: Look | None = None) -> None:
        """Make one.

        Args:
            predict: Asks the model about a text of any length, without any reading of a mail.
            version: Of the model.
            look: The same, with what the last layer gives each token; None: the model cannot say.
        """
        self._predict = predict
        self._look = look or (lambda text, _label: (predict(text), ()))
        self._version = version
        self._alone: OrderedDict[str, Prediction] = OrderedDict()

    def explain(self, text: str, label: str | None = None, *, end: int | None = None) -> Explanation:
        """Return why the model gives `text` the label, the most probable one when `label` is None.

        Takes some eight passes over the text, and a pass over each of its likely words by itself.

        Args:
            text: As the model reads it.
            label: One of the model's.
            end: Where the model stops reading the text, in characters; None when it reads all of it.

        Raises:
            InvalidInput: The model does not know the label.
        """
        whole, evidence = self._look(text, label)
        asked = whole.label if label is None else label
        case = _Case(text=text, label=asked, predict=self._predict)
        odds = case.odds(whole)
        order = self._promising_first(case, distinct_words(text[:end]), evidence)
        supporting, left = case.left_out(order[:TRIES], odds)
        told = {word.places for word in supporting}
        rest = [places for places in order if places not in told]
        return Explanation(
            model_version=self._version,
            method=Method.ERASURE,
            label=asked,
            probability=probability_of(whole, asked),
            predicted=whole.label,
            text=text,
            words=(*sorted(supporting, key=lambda word: -word.weight), *case.opposing(rest, odds)),
            probability_without=_probability(left) if supporting else None,
        )

    def _promising_first(self, case: _Case, found: Mapping[str, Places], evidence: Evidence) -> list[Places]:
        """Return where the words that say something stand, the word first that alone says most for the label."""
        telling = {word: places for word, places in found.items() if not _is_empty(word)}
        if len(telling) < NAMED:
            telling = dict(found)
        if evidence:
            telling = _likely(telling, evidence)
        elif len(telling) > ALONE:
            telling = _in_telling_passages(case, telling)
        said = {word: case.odds(self._asked_alone(word)) for word in telling}
        return [telling[word] for word in sorted(said, key=lambda word: -said[word])]

    def _asked_alone(self, word: str) -> Prediction:
        """Return what the model says of a word by itself."""
        if word in self._alone:
            self._alone.move_to_end(word)
        else:
            self._alone[word] = self._predict(word)
            if len(self._alone) > REMEMBERED:
                self._alone.popitem(last=False)
        return self._alone[word]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Case:
    """A text and the label that is to be explained. Odds are log-odds of that label."""

    text: str
    label: str
    predict: Predict

    def odds(self, prediction: Prediction) -> float:
        return log_odds(probability_of(prediction, self.label))

    def odds_without(self, places: Sequence[tuple[int, int]]) -> float:
        return self.odds(self.predict(erased(self.text, places)))

    def left_out(self, words: Sequence[Places], odds: float) -> tuple[list[Word], float]:
        """Leave out one word after the other, all its places at once; return those that told, and the odds then."""
        told: list[Word] = []
        out: list[tuple[int, int]] = []
        for places in words:
            if len(told) == NAMED:
                break
            without = self.odds_without([*out, *places])
            if without < odds:
                told.append(self.word(places, odds - without))
                out.extend(places)
                odds = without
        return told, odds

    def opposing(self, words: Sequence[Places], odds: float) -> list[Word]:
        """Return the last of these words if the label gains when it is left out of the whole text."""
        return [
            self.word(places, odds - without) for places in words[-1:] if (without := self.odds_without(places)) > odds
        ]

    def word(self, places: Places, weight: float) -> Word:
        start, end = places[0]
        return Word(text=self.text[start:end], places=places, weight=weight)


def distinct_words(text: str) -> dict[str, Places]:
    """Return the words of `text` in small letters, in order, each with all its places; the work is linear."""
    found: dict[str, list[tuple[int, int]]] = {}
    for match in _WORD.finditer(text):
        found.setdefault(match.group().lower(), []).append(match.span())
    return {word: tuple(places) for word, places in found.items()}


def erased(text: str, places: Sequence[tuple[int, int]]) -> str:
    """Return `text` without the characters at `places`, which do not overlap."""
    kept: list[str] = []
    last = 0
    for start, end in sorted(places):
        kept.append(text[last:start])
        last = end
    return "".join(kept) + text[last:]


def probability_of(prediction: Prediction, label: str) -> float:
    """Return what a prediction gives a label.

    Raises:
        InvalidInput: It does not know the label.
    """
    for score in prediction.scores:
        if score.label == label:
            return score.probability
    known = ", ".join(sorted(score.label for score in prediction.scores))
    raise InvalidInput(f"The model does not know the label {label!r}; it knows {known}.", field="label")


def _likely(words: Mapping[str, Places], evidence: Evidence) -> dict[str, Places]:
    """Return at most `LIKELY` of the words: those whose tokens say most, and the one whose tokens say least."""
    said = {place: word for word, places in words.items() for place in places}
    starts = sorted(said)
    weights = dict.fromkeys(words, 0.0)
    for start, end, weight in evidence:
        at = bisect_right(starts, (start, math.inf)) - 1
        if at >= 0 and start < end <= starts[at][1]:
            weights[said[starts[at]]] += weight
    order = sorted(words, key=lambda word: -weights[word])
    return {word: words[word] for word in (*order[: LIKELY - 1], *order[LIKELY - 1 :][-1:])}


def _in_telling_passages(case: _Case, words: Mapping[str, Places]) -> dict[str, Places]:
    """Return at most `ALONE` of the words, from the passages of the text that say most for the label by themselves.

    All passages together cost about one pass over the text.
    """
    order = sorted(words, key=lambda word: words[word][0])
    size = -(-len(order) // PASSAGES)
    passages = [order[at : at + size] for at in range(0, len(order), size)]

    def said(passage: list[str]) -> float:
        start, end = words[passage[0]][0][0], words[passage[-1]][0][1]
        return case.odds(case.predict(case.text[start:end]))

    best = [word for passage in sorted(passages, key=said, reverse=True) for word in passage]
    return {word: words[word] for word in best[:ALONE]}


def _is_empty(word: str) -> bool:
    return all(part in EMPTY for part in re.split("[-\u2010\u2011]", word))


def log_odds(probability: float) -> float:
    """Return the natural logarithm of the odds of a probability, bounded so that 0 and 1 have some too."""
    bounded = min(max(probability, _LEAST), 1 - _LEAST)
    return math.log(bounded / (1 - bounded))


def _probability(odds: float) -> float:
    return 1 / (1 + math.exp(-odds))
