"""Failures on purpose: what services answer, or do not answer, because somebody asked for it."""
