"""The release this source tree belongs to; the build reads it from here."""

__version__ = "0.1.0"
