import re

import pytest

from routing.errors import Forbidden, InvalidInput
from routing.keys import SCOPES, Scope, allows, hash_secret, is_secret, new_key, require


def test_a_secret_is_fct_and_43_characters_of_which_only_the_hash_is_kept():
    key, secret = new_key("gateway", ["submit"], now=1.0)
    assert re.fullmatch(r"fct_[A-Za-z0-9_-]{43}", secret)
    assert is_secret(secret)
    assert key.secret_hash == hash_secret(secret)
    assert len(key.secret_hash) == 64
    assert secret not in repr(key)


def test_no_two_secrets_are_the_same():
    assert len({new_key("a", ["read"], now=1.0)[1] for _ in range(100)}) == 100


def test_admin_may_do_all_and_the_others_only_their_own():
    for held in SCOPES:
        key, _ = new_key("a", [held], now=1.0)
        for wanted in SCOPES:
            assert allows(key, wanted) == (held in {wanted, Scope.ADMIN})


def test_a_missing_scope_is_named():
    key, _ = new_key("a", ["read"], now=1.0)
    with pytest.raises(Forbidden, match="'submit'"):
        require(key, Scope.SUBMIT)


@pytest.mark.parametrize("name", ["", " a", "a b", "é", "-a", "x" * 65, "a\n"])
def test_a_name_that_is_none_is_refused(name):
    with pytest.raises(InvalidInput, match="cannot name a key"):
        new_key(name, ["read"], now=1.0)


@pytest.mark.parametrize("scopes", [[], ["write"], ["read", "root"]])
def test_scopes_that_are_none_are_refused(scopes):
    with pytest.raises(InvalidInput, match="the scopes are submit, read, review, admin"):
        new_key("a", scopes, now=1.0)
