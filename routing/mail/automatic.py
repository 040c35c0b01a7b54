"""Mail that no person wrote for us to answer: recognised by its header, before any model reads it.

Sources: RFC 3834 (automatic responses), RFC 3464 (delivery status notifications), RFC 8098 (disposition
notifications), RFC 5965 (feedback reports), RFC 2919 and RFC 2369 (mailing lists), RFC 5321 section 4.5.5 (the null
return path), and the fields that mail products set instead. `X-Auto-Response-Suppress` alone recognises nothing: it
asks for no automatic answer and is set on ordinary mail too. Neither do `Precedence: junk` (a sender's word on
importance), `X-Loop` (set by forwarding programs) and `Feedback-ID` (set by every bulk mail provider, also on what a
web form sends).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from routing.mail.message import Mail
from routing.mail.parameters import parameters

LOOP_HEADER = "X-Facteur-Loop"
"""Set on every mail that this product sends or forwards; one that comes back is never routed as new."""


class Kind(StrEnum):
    """What kind of automatic mail it is, the surest first."""

    LOOP = "loop"
    """Our own mail, come back."""
    BOUNCE = "bounce"
    """A delivery report: most often, that a mail of ours did not arrive."""
    REPORT = "report"
    """A receipt: our mail was read, deleted, or complained about."""
    AUTO_REPLY = "auto-reply"
    """An answer that a program gave: an absence, an acknowledgement."""
    LIST = "list"
    """A mailing list or a newsletter."""
    GENERATED = "generated"
    """A notification that a program sent without being asked."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Automatic:
    """What kind of automatic mail a mail is, and the one sentence that says by what it was recognised."""

    kind: Kind
    reason: str


def recognise(mail: Mail) -> Automatic | None:
    """Return what kind of automatic mail this is, or None when nothing in its header says that it is any.

    The surest sign wins: our own loop header, then bounces and reports, then automatic replies, lists, and last what
    merely says that a program made it.
    """
    fields = _Fields(mail)
    for sign in _SIGNS:
        found = sign(fields)
        if found is not None:
            return found
    return None


class _Fields:
    """A mail's fields by lower-case name, each with its name as written."""

    def __init__(self, mail: Mail) -> None:
        self.mail = mail
        self._first: dict[str, tuple[str, str]] = {}
        for name, value in mail.headers:
            self._first.setdefault(name.lower(), (name, value))

    def __contains__(self, name: str) -> bool:
        return name in self._first

    def value(self, name: str) -> str:
        """Return the first value of a field in lower case; empty when it is absent."""
        return self._first.get(name, ("", ""))[1].strip().lower()

    def quote(self, name: str) -> str:
        """Return a field as a reason quotes it."""
        written, value = self._first[name]
        return f"{written}: {value[:_QUOTED]}"


_QUOTED = 80
"""How much of a field's value a reason quotes, in characters."""


def _loop(fields: _Fields) -> Automatic | None:
    if LOOP_HEADER.lower() in fields:
        return Automatic(kind=Kind.LOOP, reason=f"Its header has {LOOP_HEADER}: this product sent it.")
    return None


def _report(fields: _Fields) -> Automatic | None:
    """Recognise multipart/report (RFC 6522) by its report-type, or by the report among its parts."""
    media_type, given = parameters(fields.value("content-type"))
    kind = given.get("report-type", "").lower() if media_type == "multipart/report" else ""
    parts = fields.mail.parts[1:] if media_type.startswith("multipart/") else fields.mail.parts[:1]
    reports = {part.partition("/")[2] for part in parts if part in _REPORT_PARTS} if media_type in _REPORTING else set()
    for name, found in _REPORT_TYPES.items():
        if kind == name or name in reports:
            return Automatic(kind=found, reason=f"Its Content-Type is a report ({name}).")
    return None


_REPORT_TYPES = {
    "delivery-status": Kind.BOUNCE,
    "global-delivery-status": Kind.BOUNCE,
    "disposition-notification": Kind.REPORT,
    "global-disposition-notification": Kind.REPORT,
    "feedback-report": Kind.REPORT,
}
_REPORT_PARTS = frozenset({*(f"message/{name}" for name in _REPORT_TYPES)})
# A forwarded bounce has the same parts, deeper: only messages that are reports themselves count.
_REPORTING = frozenset({"multipart/report", *_REPORT_PARTS})


def _bounce(fields: _Fields) -> Automatic | None:
    if "x-failed-recipients" in fields:
        return Automatic(kind=Kind.BOUNCE, reason=f"Its header has {fields.quote('x-failed-recipients')}.")
    local = fields.mail.sender.address.partition("@")[0].lower()
    if local in _DAEMONS:
        return Automatic(
            kind=Kind.BOUNCE, reason=f"Its From is a mail system's own address, {fields.mail.sender.address}."
        )
    return None


_DAEMONS = frozenset({"mailer-daemon", "mailerdaemon", "mail-daemon"})


def _answered(fields: _Fields) -> Automatic | None:
    """Recognise automatic replies: RFC 3834's field first, then what products set."""
    if fields.value("auto-submitted").startswith("auto-replied"):
        return Automatic(kind=Kind.AUTO_REPLY, reason=f"Its header has {fields.quote('auto-submitted')}.")
    for name in _REPLY_FIELDS:
        if name in fields and fields.value(name) not in _NO:
            return Automatic(kind=Kind.AUTO_REPLY, reason=f"Its header has {fields.quote(name)}.")
    for name in ("precedence", "x-precedence"):
        if fields.value(name).replace("-", "_") == "auto_reply":
            return Automatic(kind=Kind.AUTO_REPLY, reason=f"Its header has {fields.quote(name)}.")
    if "x-ms-exchange-inbox-rules-loop" in fields and "x-auto-response-suppress" in fields:
        # A rule of a mailbox made it: with this field alone a forward, with both a reply.
        return Automatic(
            kind=Kind.AUTO_REPLY, reason="Its header has X-MS-Exchange-Inbox-Rules-Loop with X-Auto-Response-Suppress."
        )
    if fields.value("delivered-to").partition("@")[0] in {"autoresponder", "autoreply"}:
        return Automatic(kind=Kind.AUTO_REPLY, reason=f"Its header has {fields.quote('delivered-to')}.")
    return None


_NO = frozenset({"no", "false", "0", "none"})
_REPLY_FIELDS = (
    "x-autoreply",
    "x-autorespond",
    "x-autoresponder",
    "x-autoresponse",
    "x-auto-response",
    "x-autoreply-from",
    "x-mail-autoreply",
)


def _list(fields: _Fields) -> Automatic | None:
    for name in _LIST_FIELDS:
        if fields.value(name) and not (name == "list-post" and fields.value(name).startswith("no")):
            return Automatic(kind=Kind.LIST, reason=f"Its header has {fields.quote(name)}.")
    for name in ("precedence", "x-precedence"):
        if fields.value(name) in {"list", "bulk"}:
            return Automatic(kind=Kind.LIST, reason=f"Its header has {fields.quote(name)}.")
    return None


_LIST_FIELDS = ("list-id", "list-unsubscribe", "list-post", "x-mailing-list", "x-mailman-version")


def _generated(fields: _Fields) -> Automatic | None:
    """Recognise what is left: `Auto-Submitted` other than `no`, and the null return path of notifications."""
    submitted = fields.value("auto-submitted").partition(";")[0].partition("(")[0].strip()
    if submitted and submitted not in _NO:
        return Automatic(kind=Kind.GENERATED, reason=f"Its header has {fields.quote('auto-submitted')}.")
    for name in ("x-autogenerated", "x-auto-generated"):
        if name in fields and fields.value(name) not in _NO:
            return Automatic(kind=Kind.GENERATED, reason=f"Its header has {fields.quote(name)}.")
    if fields.value("return-path").replace(" ", "") == "<>":
        return Automatic(
            kind=Kind.BOUNCE, reason="Its header has Return-Path: <>, the sender of delivery reports (RFC 5321)."
        )
    return None


_SIGNS: tuple[Callable[[_Fields], Automatic | None], ...] = (_loop, _report, _bounce, _answered, _list, _generated)
