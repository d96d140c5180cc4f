"""Owns how a text is written in Terraform's language.

https://developer.hashicorp.com/terraform/language/expressions/strings
"""

from __future__ import annotations

from typing import Final

_ESCAPES: Final = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def quoted_hcl(text: str) -> str:
    """``text`` as a literal between double quotes."""
    escaped = "".join(_ESCAPES.get(character, character) for character in text)
    return f'"{escaped.replace("${", "$${").replace("%{", "%%{")}"'
