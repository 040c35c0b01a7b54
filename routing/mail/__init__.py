"""Reading mail: bytes in, a `Mail` out, never an exception."""

from routing.mail.message import Address, Attachment, Mail

__all__ = ["Address", "Attachment", "Mail"]
