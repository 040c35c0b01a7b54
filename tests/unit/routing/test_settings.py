"""The settings: read from variables, refused with a sentence, given on as variables."""

from dataclasses import MISSING, fields
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.errors import ConfigurationError
from routing.settings import ELSEWHERE, Settings


def read(**variables):
    return Settings.from_environ({f"FACTEUR_{name.upper()}": text for name, text in variables.items()})


def test_without_variables_everything_is_at_its_default():
    assert Settings.from_environ({}) == Settings()
    assert all(field.default is not MISSING for field in fields(Settings))
    assert Settings().to_environ() == {}


def test_variables_without_the_prefix_and_those_of_the_tests_are_passed_over():
    assert Settings.from_environ({"PATH": "/bin", "facteur_port": "x", **dict.fromkeys(ELSEWHERE, "x")}) == Settings()


def test_values_are_read_as_what_they_are():
    settings = read(port=" 9000 ", lease_seconds="90.5", webhook_allow_private="Yes", var="/data", model="keywords")
    assert settings.port == 9000
    assert settings.lease_seconds == 90.5
    assert settings.webhook_allow_private is True
    assert settings.var == Path("/data")
    assert settings.model == "keywords"


def test_a_misspelt_variable_is_refused_with_a_suggestion():
    with pytest.raises(ConfigurationError, match="FACTEUR_PROT is not a setting; did you mean FACTEUR_PORT"):
        read(prot="1")


def test_a_variable_like_no_other_is_refused_with_where_to_look():
    with pytest.raises(ConfigurationError, match=r"FACTEUR_ZZZZ is not a setting; docs/configuration\.md"):
        read(zzzz="1")


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("port", "eighty", "a whole number"),
        ("port", "80.5", "a whole number"),
        ("port", "", "a whole number"),
        ("port", "0", "1 or more"),
        ("port", "65536", "at most 65535"),
        ("api_threads", "1", "2 or more"),
        ("lease_seconds", "soon", "a number"),
        ("lease_seconds", "nan", "a number"),
        ("sweep_seconds", "inf", "a number"),
        ("mail_retention_days", "-1", "0 or more"),
        ("webhook_allow_private", "maybe", "true or false"),
        ("log_level", "loud", "debug, info, warning or error"),
        ("time_zone", "Mars/Olympus", "Europe/Paris"),
        ("time_zone", "../../etc/passwd", "Europe/Paris"),
    ],
)
def test_a_value_of_the_wrong_kind_is_refused_with_its_name(name, text, says):
    with pytest.raises(ConfigurationError) as caught:
        read(**{name: text})
    assert f"FACTEUR_{name.upper()}" in str(caught.value)
    assert says in str(caught.value)


def test_a_process_that_hangs_must_be_killed_before_its_lease_ends():
    with pytest.raises(ConfigurationError, match=r"FACTEUR_HANG_SECONDS \(60\) must be 2 less than"):
        read(hang_seconds="60")
    assert read(hang_seconds="60", lease_seconds="62").hang_seconds == 60


def test_the_database_lies_in_var_unless_it_is_named(tmp_path):
    assert read(var=str(tmp_path)).resolved_database_url == f"sqlite:///{tmp_path}/facteur.sqlite"
    assert read(var="x").resolved_database_url == f"sqlite:///{Path('x').absolute()}/facteur.sqlite"
    assert read(database_url="sqlite:////a").resolved_database_url == "sqlite:////a"


def test_secrets_are_never_shown():
    secret = "whsec_bm90IHRvIGJlIHNob3duIGFueXdoZXJl"
    named = [each.name for each in fields(Settings) if each.metadata["secret"]]
    assert set(named) == {"database_url", "redis_url", "webhook_secret", "session_secret"}
    settings = Settings(**dict.fromkeys(named, secret), port=1234)
    assert secret not in repr(settings)
    assert secret not in f"{settings} {[settings]}"
    assert "1234" in repr(settings)


WORDS = st.text(st.characters(blacklist_categories=("Cs", "Cc"))).map(str.strip)
KINDS = {
    bool: lambda _: st.booleans(),
    int: lambda minimum: st.integers(min_value=int(minimum or 0), max_value=int(minimum or 0) + 60_000),
    float: lambda minimum: st.floats(min_value=max(minimum, 31), max_value=1e9),
    str: lambda _: WORDS,
    type(Path()): lambda _: WORDS.map(Path),
}
ANY = st.fixed_dictionaries(
    {},
    optional={
        each.name: KINDS[type(each.default)](each.metadata["minimum"])
        for each in fields(Settings)
        if each.name not in {"log_level", "hang_seconds", "lease_seconds", "host", "session_secret", "time_zone"}
    },
)


@given(ANY)
def test_settings_given_on_as_variables_come_back_the_same(values):
    settings = Settings(**values)
    variables = settings.to_environ()
    assert all(isinstance(text, str) for text in variables.values())
    assert Settings.from_environ(variables) == settings


def test_a_session_secret_that_could_be_guessed_is_refused():
    with pytest.raises(ConfigurationError, match="must have 32 or more"):
        read(session_secret="x" * 31)
    assert read(session_secret="x" * 32).session_secret == "x" * 32
