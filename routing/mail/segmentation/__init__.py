"""A mail's body in its parts: what was written now, what surrounds it, and the messages below."""

from routing.mail.segmentation.folding import fold
from routing.mail.segmentation.rules import rules
from routing.mail.segmentation.scan import remembered_segments_of, segments_of
from routing.mail.segmentation.segment import Introduction, Kind, Segment
from routing.mail.segmentation.written import LATEST, OWN, VISIBLE, Below, chosen, message_below, written_now

__all__ = [
    "LATEST",
    "OWN",
    "VISIBLE",
    "Below",
    "Introduction",
    "Kind",
    "Segment",
    "chosen",
    "fold",
    "message_below",
    "remembered_segments_of",
    "rules",
    "segments_of",
    "written_now",
]
