"""Pods, their tokens and their associations, as plain rules: nothing here knows HTTP or moto."""
