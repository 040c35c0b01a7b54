"""What the policy's parts are called in the reader's language, and what a rule or a difference says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.console.language import ENGLISH, language, percent, write_number
from app.console.language import gettext as _
from app.console.wording import priority_name
from app.services import services
from routing.figures import Share
from routing.mail.automatic import Kind as AutomaticKind
from routing.policy import Condition, Label, Policy, Rule, Stage, Strangers
from routing.policy.difference import Difference, Kind
from routing.policy.preview import Effect
from routing.policy.saving import FROM_FILE
from routing.policy.trial import Place

OR = ", "


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """A difference as a reader sees it."""

    what: str
    field: str
    before: str
    after: str
    multiline: bool = False


def name_of(label: Label) -> str:
    """Return what a label of any policy is called."""
    return label.names.get(language()) or label.names.get(ENGLISH) or label.key


def author_name(author: str) -> str:
    """Return who saved a version, as colleagues call them."""
    if author == FROM_FILE:
        return _("the policy file")
    if not author.startswith("user "):
        return _("the command line")
    return services().roster.called(author.removeprefix("user "))


def automatic_name(kind: str) -> str:
    """Return what a kind of automatic mail is called."""
    return {
        AutomaticKind.LOOP: _("our own mail, come back"),
        AutomaticKind.BOUNCE: _("delivery reports"),
        AutomaticKind.REPORT: _("receipts"),
        AutomaticKind.AUTO_REPLY: _("automatic replies"),
        AutomaticKind.LIST: _("mailing lists"),
        AutomaticKind.GENERATED: _("notifications of programs"),
    }[AutomaticKind(kind)]


def stage_about(stage: Stage) -> str:
    """Return when rules of a stage are asked."""
    return {
        Stage.FIRST: _("before all else, automatic mail too"),
        Stage.BEFORE: _("before the model, which is then not asked"),
        Stage.AFTER: _("after the model, whose label stays unless the rule gives another"),
    }[stage]


def strangers_name(strangers: Strangers | str) -> str:
    """Return what becomes of strange mail."""
    return {
        Strangers.TRIAGE: _("to triage, however sure the model sounds"),
        Strangers.ROUTE: _("decided like any other"),
    }[Strangers(strangers)]


def sure(label: Label) -> str:
    """Return how sure the model must be; `label` may be one made for a model."""
    if label.precision is None:
        return _("at least %(threshold)s", threshold=threshold_text(label.threshold or 0.0))
    asked = _("%(share)s right", share=share_text(label.precision))
    if label.threshold is None:
        return asked
    return _("%(asked)s: at least %(threshold)s", asked=asked, threshold=threshold_text(label.threshold))


def threshold_text(threshold: float) -> str:
    """Return a threshold with as many decimals as it needs, two at least."""
    return write_number(threshold, 2 if abs(threshold * 100 - round(threshold * 100)) < 1e-9 else 4)  # noqa: PLR2004


def share_text(share: float) -> str:
    """Return a share that was asked for, to a tenth of a per cent if need be."""
    return percent(share, 0 if abs(share * 100 - round(share * 100)) < 1e-9 else 1)  # noqa: PLR2004


def conditions(when: Condition, labels: Mapping[str, Label]) -> list[str]:
    """Return what a rule asks of a mail, one sentence for each condition; all must hold."""
    said = []
    if when.sender:
        said.append(_("the sender is %(these)s", these=_either(when.sender)))
    if when.recipient:
        said.append(_("a recipient is %(these)s", these=_either(when.recipient)))
    if when.subject:
        said.append(_("the subject says %(these)s", these=_either(_quoted(when.subject))))
    if when.body:
        said.append(_("the text says %(these)s", these=_either(_quoted(when.body))))
    if when.header:
        fields = [f"{name}: {text}" if text else name for name, text in when.header]
        said.append(_("the header has %(these)s", these=_either(fields)))
    if when.label:
        names = [name_of(labels[key]) if key in labels else key for key in when.label]
        said.append(_("the model says %(these)s", these=_either(names)))
    return said


def gives(rule: Rule, labels: Mapping[str, Label]) -> list[str]:
    """Return what a rule makes of the mails that it holds for."""
    said = []
    if rule.label:
        name = name_of(labels[rule.label]) if rule.label in labels else rule.label
        said.append(_("label %(name)s", name=name))
    if rule.queue:
        said.append(_("queue %(name)s", name=rule.queue))
    if rule.priority:
        said.append(_("priority %(name)s", name=priority_name(rule.priority)))
    return said


def told(difference: Difference, before: Policy, after: Policy) -> Told:
    """Return a difference in words."""
    found = difference
    if found.kind is Kind.LABEL:
        return _told_of_label(found, after.labels.get(found.name) or before.labels[found.name])
    if found.kind is Kind.RULE:
        change = _("added") if not found.before else _("removed") if not found.after else _("changed")
        what = _("Rule %(name)s", name=found.name)
        return Told(what=what, field=change, before=found.before, after=found.after, multiline=True)
    if found.kind is Kind.RULES:
        return Told(what=_("Rules"), field=_("order"), before=found.before, after=found.after)
    if found.kind is Kind.AUTOMATIC:
        what = _("Automatic mail: %(kind)s", kind=automatic_name(found.name))
        return Told(what=what, field=_("queue"), before=found.before, after=found.after)
    if found.kind is Kind.TRIAGE:
        return Told(what=_("Triage"), field=_("queue"), before=found.before, after=found.after)
    return Told(
        what=_("Mail unlike all that the model learnt"),
        field=_("goes"),
        before=strangers_name(found.before),
        after=strangers_name(found.after),
    )


def _told_of_label(found: Difference, label: Label) -> Told:
    what = _("Label %(name)s", name=name_of(label))
    if not found.field:
        return Told(
            what=what, field=_("added") if found.after else _("retired"), before=found.before, after=found.after
        )
    return Told(
        what=what,
        field=field_name(found.field),
        before=_value(found.field, found.before),
        after=_value(found.field, found.after),
        multiline=found.field.startswith("examples"),
    )


def field_name(field: str) -> str:
    """Return what a part of a label is called."""
    part, _dot, code = field.partition(".")
    name = {
        "name": _("name"),
        "description": _("description"),
        "examples": _("examples"),
        "queue": _("queue"),
        "priority": _("priority"),
        "sure": _("decided without a human"),
    }[part]
    return f"{name} ({code})" if code else name


def right_text(share: Share) -> str:
    """Return a share that is right with what is behind it."""
    if share.rate is None:
        return _("nobody has looked at any of them")
    low, high = share.interval
    return _(
        "%(share)s right (of %(number)s that a human looked at; between %(low)s and %(high)s)",
        share=percent(share.rate),
        number=write_number(share.whole),
        low=percent(low),
        high=percent(high),
    )


def effect_text(found: Effect) -> str:
    """Return what would have become of past mail, in one sentence."""
    return _(
        "%(alone)s routed without a human, %(right)s",
        alone=percent(found.alone.rate),
        right=right_text(found.right),
    )


def place_text(place: Place, labels: Mapping[str, Label]) -> str:
    """Return where a mail goes, with what else is decided."""
    if not place.queue:
        return _("the model would be asked")
    known = labels.get(place.label or "")
    name = name_of(known) if known else place.label or ""
    parts = [place.queue, name, priority_name(place.priority)]
    if place.rule and not place.rule.startswith("automatic/"):
        parts.append(_("rule %(name)s", name=place.rule))
    return " · ".join(part for part in parts if part)


def _value(field: str, value: str) -> str:
    if field == "priority" and value:
        return priority_name(value)
    if field == "sure" and value:
        kind, _blank, number = value.partition(" ")
        if kind == "precision":
            return _("%(share)s right", share=share_text(float(number)))
        return _("at least %(threshold)s", threshold=threshold_text(float(number)))
    return value


def _either(these: Sequence[str]) -> str:
    if len(these) == 1:
        return these[0]
    return _("%(first)s or %(last)s", first=OR.join(these[:-1]), last=these[-1])


def _quoted(phrases: Sequence[str]) -> list[str]:
    return [_("“%(phrase)s”", phrase=phrase) for phrase in phrases]
