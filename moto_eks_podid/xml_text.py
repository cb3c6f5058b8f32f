"""Texts in XML: what clients send comes back in errors, whatever characters it has."""

from __future__ import annotations

import re
from typing import Final
from xml.sax.saxutils import escape

#: The characters that XML 1.0 cannot hold (section 2.2), not even as a reference.
_NOT_IN_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def xml_text(text: str) -> str:
    """Return a text as the content of an element; ``?`` stands for what XML cannot hold."""
    return escape(_NOT_IN_XML.sub("?", text))
