from __future__ import annotations

import re
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from app.console import language
from app.console.markup import code

APP = Path(language.__file__).parents[1]
FRENCH = sorted((APP / "translations" / "fr").glob("*.po"))
METHODS = [("**.py", "python"), ("templates/**.html", "jinja2.ext:babel_extract")]
OPTIONS = {"templates/**.html": {"trimmed": "true"}}
KEYWORDS = {"_": None, "gettext": None, "noted": None, "ngettext": (1, 2)}

HOLE = re.compile(r"%(?:\(\w+\)[a-z]|%|.|$)")


def key_of(message):
    return message if isinstance(message, str) else message[0]


def asked_for():
    """Every text that the code and the templates ask for."""
    found = extract_from_dir(APP, METHODS, OPTIONS, KEYWORDS)
    return {key_of(message): message for _, _, message, _, _ in found}


def catalogue(path):
    with path.open("rb") as opened:
        return read_po(opened, locale="fr")


def messages():
    for path in FRENCH:
        for message in catalogue(path):
            if message.id:
                yield path.stem, message


def texts_of(message):
    return (message.string,) if isinstance(message.string, str) else tuple(message.string)


def test_every_text_of_the_console_is_there_in_french():
    there = {key_of(message.id) for _, message in messages() if all(texts_of(message))}
    assert sorted(set(asked_for()) - there) == []


def test_no_french_text_is_left_over():
    asked = asked_for()
    assert sorted(f"{name}: {message.id}" for name, message in messages() if key_of(message.id) not in asked) == []


def test_catalogues_agree_and_nothing_is_fuzzy_or_obsolete():
    seen = {}
    for name, message in messages():
        assert not message.fuzzy, message.id
        first = seen.setdefault(key_of(message.id), (name, texts_of(message)))
        assert first[1] == texts_of(message), f"{first[0]} and {name} differ in {message.id!r}"
    for path in FRENCH:
        assert not catalogue(path).obsolete


def test_french_and_english_have_the_same_holes_to_fill_in():
    for _, message in messages():
        wanted = {*HOLE.findall(message.id if isinstance(message.id, str) else message.id[-1])}
        for text in texts_of(message):
            assert set(HOLE.findall(text)) in (wanted, wanted - {"%(num)s"}), text
            assert all(hole == "%%" or hole.startswith("%(") for hole in HOLE.findall(text)), text


def test_one_and_many_are_told_apart_in_both_languages():
    asked = asked_for()
    for _, message in messages():
        assert isinstance(message.id, str) == isinstance(asked.get(key_of(message.id), message.id), str), message.id
        assert len(texts_of(message)) == (1 if isinstance(message.id, str) else 2), message.id


def test_french_is_set_as_french_is():
    for name, message in messages():
        for text in texts_of(message):
            bare = HOLE.sub("x", text)
            assert "'" not in bare, f"{name}: {text!r}: the apostrophe is U+2019"
            assert '"' not in bare.replace('="', "").replace('">', ""), f"{name}: {text!r}: quotes are « »"
            assert not re.search(r"[^\u202f\u00a0\s][;?!»](?!\w)|[ ][;?!»:]", bare.replace(" ? ", "")), (
                f"{name}: {text!r}"
            )


@pytest.mark.parametrize(
    ("asked", "shown"),
    [("fr-FR,fr;q=0.9", "fr"), ("fr-CA", "fr"), ("en", "en"), ("de", "en"), ("*", "en"), ("", "en"), ("!!", "en")],
)
def test_the_browser_s_language_is_spoken_if_it_is_ours(console, asked, shown):
    answer = console.stranger.get("/sign-in", Accept_Language=asked)
    assert f'<html lang="{shown}"' in answer.text
    assert {"Accept-Language", "Cookie"} <= {each.strip() for each in answer.headers["Vary"].split(",")}


def test_a_user_s_own_language_comes_first(console):
    eve = console.browser("eve", language="fr")
    assert '<html lang="fr"' in eve.page("/me", Accept_Language="en")
    assert "Vos réglages" in eve.page("/me", Accept_Language="en")


@pytest.fixture
def speak(console):
    def run(name, ask, time_zone=None):
        user = console.browser(f"u-{name}-{len(console.store.users())}", language=name, time_zone=time_zone)
        with console.house.app.test_request_context("/", headers={"Cookie": cookie_of(user)}):
            return ask()

    return run


def cookie_of(browser):
    return f"facteur_session={browser.client.get_cookie('facteur_session').value}"


def test_numbers_ages_and_shares_are_written_as_the_language_does(speak):
    assert speak("fr", lambda: language.write_number(1_234_567)) == "1\u202f234\u202f567"
    assert speak("en", lambda: language.write_number(1_234_567)) == "1,234,567"
    assert speak("fr", lambda: language.write_number(1234.56, 1)) == "1\u202f234,6"
    assert speak("fr", lambda: language.percent(0.9, 1)) == "90,0\u202f%"
    assert speak("en", lambda: language.percent(0.999)) == "99%"
    assert speak("en", lambda: language.percent(1.0)) == "100%"
    assert speak("fr", lambda: language.percent(0.004)) == "<\u00a01\u202f%"
    assert speak("en", lambda: language.percent(0.00001, 1)) == "<\u00a00.1%"
    assert speak("en", lambda: language.percent(0.0)) == "0%"
    assert speak("en", lambda: language.percent(None)) == language.DASH
    ages = [language.age, -5, 0, 59, 60, 7200, 172_800]
    assert speak("fr", lambda: [ages[0](each) for each in ages[1:]]) == [
        "0\u00a0s",
        "0\u00a0s",
        "59\u00a0s",
        "1\u00a0min",
        "2\u00a0h",
        "2\u00a0j",
    ]


def test_moments_are_told_in_the_reader_s_zone_summer_and_winter(speak):
    summer, winter = 1_784_116_800.0, 1_795_170_000.0
    assert speak("fr", lambda: language.moment(summer, "short")) == "15/07/2026 14:00"
    assert speak("fr", lambda: language.moment(winter, "short")) == "20/11/2026 11:20"
    assert speak("fr", lambda: language.moment(summer, "short"), "America/Martinique") == "15/07/2026 08:00"
    assert speak("en", lambda: language.day(winter)) == "20 Nov 2026"
    assert "heure" in speak("fr", lambda: language.moment(winter, "full"))


def test_a_zone_that_nobody_knows_is_utc(console):
    with console.house.app.test_request_context("/"):
        assert str(language.zone_of("Mars/Olympus")) == "UTC"
        assert str(language.zone_of(None)) == "Europe/Paris"


def test_a_moment_is_an_age_while_that_is_telling_and_then_a_date(speak, console):
    now = console.clock.now
    recent, old, none = speak(
        "en", lambda: (language.when(now - 120), language.when(now - 30 * 86400), language.when(None))
    )
    assert ">2 min</time>" in recent
    assert 'datetime="2026-11-20T10:18:00.000Z"' in recent
    assert "data-age" in recent
    assert "data-age" not in old
    assert ">21/10/2026" in old
    assert none == language.DASH


def test_one_text_is_chosen_for_one_and_another_for_many_with_nought_as_the_language_counts(speak):
    def counted():
        return [
            language.ngettext(
                "Too many wrong passwords. Try again in %(num)s minute.",
                "Too many wrong passwords. Try again in %(num)s minutes.",
                number,
            )[-12:]
            for number in (0, 1, 2)
        ]

    assert speak("en", counted) == ["n 0 minutes.", "in 1 minute.", "n 2 minutes."]
    assert speak("fr", counted) == ["ns 0 minute.", "ns 1 minute.", "s 2 minutes."]


def test_labels_have_the_policy_s_names_in_the_reader_s_language(speak):
    assert speak("fr", lambda: language.label_name("claim_home")) == "Sinistre habitation"
    assert speak("en", lambda: language.label_name("gone_since")) == "gone_since"
    assert speak("fr", lambda: language.label_name(None)) == "sans catégorie"


def test_what_stands_between_backticks_is_code_and_nothing_is_markup():
    assert code("Say `a<b` & go") == "Say <code>a&lt;b</code> &amp; go"
    assert "<code>" not in code("one ` alone")
    assert code(None) == ""
