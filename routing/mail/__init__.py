"""Reading mail: bytes in, a `Mail` out, never an exception; and its body in its parts, by `segments_of`."""

from routing.mail.message import Address, Attachment, Mail
from routing.mail.segmentation import Kind, Segment, segments_of, written_now

__all__ = ["Address", "Attachment", "Kind", "Mail", "Segment", "segments_of", "written_now"]
