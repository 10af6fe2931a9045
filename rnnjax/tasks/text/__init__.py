"""Texts, as whole numbers that stand for characters, bytes or words."""
