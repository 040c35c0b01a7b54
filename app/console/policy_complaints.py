"""What can be wrong with a policy, in the reader's language: the sentences of `routing.policy`, each once."""

from __future__ import annotations

from typing import Final

from app.console.language import gettext, noted
from routing.errors import ConfigurationError

COMPLAINTS: Final = (
    noted("'%(key)s' is not known here; use %(these)s."),
    noted("%(name)s needs '%(key)s'."),
    noted("%(name)s must be a mapping (key: value lines)."),
    noted("'%(key)s' stands here a second time."),
    noted("%(name)s must be a text."),
    noted("%(name)s has a character that no mail and no database can have."),
    noted("%(name)s is an empty list; name something, or leave it out."),
    noted("%(name)s must be a number from 0 to 1."),
    noted("%(name)s must be one of %(these)s."),
    noted("this is not YAML: %(problem)s."),
    noted("this is not YAML: it does not parse."),
    noted("this is not YAML: an impossible character or nesting."),
    noted("%(name)s is empty."),
    noted("%(name)s has more than %(most)s characters."),
    noted("a label has a threshold or a precision, not both: the one gives the other."),
    noted("'precision' is the share of right decisions to keep: more than 0 and less than 1, such as 0.97."),
    noted("there are two rules of the name '%(name)s'."),
    noted("a rule before the model must give a queue or a label."),
    noted("a rule must give a queue, a label or a priority."),
    noted("'when' is empty: the rule would hold for every mail."),
    noted("'label' is known only after the model; set 'stage: after'."),
    noted("'%(text)s' is no address and no domain; write name@example.org or @example.org."),
    noted("'%(text)s' has neither letter nor digit; conditions look for whole words."),
    noted("'header' names no header field."),
    noted("'%(key)s' is not a label of the policy; the labels are %(these)s."),
    noted(
        "The model %(model)s gives the labels %(labels)s, which the policy does not have; add them to the policy "
        "or use a model trained for it."
    ),
    noted(
        "The policy asks for a precision of %(precision)s, which the model %(model)s cannot promise for "
        "%(labels)s from the %(mails)s mails it was checked on; ask for less, give 'threshold' instead, or "
        "train it with more mails held out."
    ),
    noted(
        "The policy asks for a precision of %(precision)s, but the model %(model)s promises %(most)s at most; ask "
        "for that or less, or give 'threshold' instead."
    ),
    noted(
        "The policy asks for a precision of %(precision)s, but the model %(model)s promises none; give 'threshold' "
        "instead of 'precision' in the policy, or train the model again."
    ),
)


def complaint(error: ConfigurationError) -> str:
    """Return what is wrong, without file and line; English where it is none of the sentences above."""
    return gettext(error.template, **error.values) if error.template in COMPLAINTS else error.complaint
