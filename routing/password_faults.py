"""What is wrong with a password that somebody chooses.

After NIST SP 800-63B-4, section 3.1.1.2: length counts, rules about kinds of characters and forced changes do not;
passwords that everybody tries first, and those made of the name or of this service's, are refused.
"""

from __future__ import annotations

import re
from enum import StrEnum

SHORTEST = 12
"""Characters; beyond what a stolen hash of ours gives away to guessing."""
LONGEST = 200
"""Characters: more is no password, but work for us."""
DIFFERENT = 5
"""A password of fewer different characters is a row of one key, or a pattern."""
BESIDE_NAME = 8
"""Characters that must be left when the name is taken out of a password."""

_WORDS = """
    abc abcd abcdef abcdefgh abcdefghijkl admin administrateur administrator administratorpassword amour
    aqwzsxedcrfv assurance assurances azeqsdwxc azerty azertyuiop azertyuiopqsdfghjklm azqsdwxc bienvenue bonjour
    changeit changeme changer chocolat chouchou console correcthorsebatterystaple default dragon facteur football
    france iamnotarobot iloveyou insurance jetaime letmein letmeinplease loulou marseille master monkey motdepasse
    motdepassemotdepasse nicolas nothing pass passe passer passphrase passwd password passwordpassword princess
    princesse qaqwsx qazwsx qazwsxedc qwerty qwertyuiop qwertyuiopasdfghjkl qwertyuiopazerty qwertz root secret
    secrete shadow soleil sunshine superman support temp temporaire temporary test user utilisateur welcome zaqxsw
    zxcvbnm
"""
COMMON = frozenset(_WORDS.split())
"""Words that people who guess try first, in French and in English; digits and signs around them change nothing."""

_LOOKALIKES = str.maketrans("@4310$5!€", "aaeiossie")
_NOT_A_LETTER = re.compile(r"[^a-z]")
_ROWS = ("01234567890123456789", "98765432109876543210", "abcdefghijklmnopqrstuvwxyz", "azertyuiopqsdfghjklmwxcvbn")


class Fault(StrEnum):
    """Why a password is refused."""

    SHORT = "short"
    LONG = "long"
    NAME = "name"
    COMMON = "common"
    SIMPLE = "simple"

    @property
    def sentence(self) -> str:
        """What to do about it."""
        return _SENTENCES[self]


_SENTENCES = {
    Fault.SHORT: f"A password needs at least {SHORTEST} characters; four words that do not belong together are good.",
    Fault.LONG: f"A password has at most {LONGEST} characters.",
    Fault.NAME: "That password is made of the name to sign in with; choose another one.",
    Fault.COMMON: "That password is among those that are guessed first; choose another one.",
    Fault.SIMPLE: "That password is a row or a repetition of few characters; choose another one.",
}


def password_fault(password: str, name: str) -> Fault | None:
    """Return what is wrong with a password for the user who signs in with `name`; None when nothing is."""
    if len(password) < SHORTEST or not password.strip():
        return Fault.SHORT
    if len(password) > LONGEST:
        return Fault.LONG
    plain = password.casefold()
    if name and len(plain) - plain.count(name.casefold()) * len(name) < BESIDE_NAME:
        return Fault.NAME
    if len(set(plain)) < DIFFERENT or any(plain in row for row in _ROWS):
        return Fault.SIMPLE
    return Fault.COMMON if _is_common(plain) else None


def _is_common(plain: str) -> bool:
    """Say whether only digits and signs tell the password from a common word, said once or more often."""
    stem = plain.strip("0123456789!?.,;:-_*+#$€ ")
    for letters in (_NOT_A_LETTER.sub("", plain), _NOT_A_LETTER.sub("", stem.translate(_LOOKALIKES))):
        for length in range(3, len(letters) + 1):
            times, rest = divmod(len(letters), length)
            if not rest and letters == letters[:length] * times and letters[:length] in COMMON:
                return True
    return False
