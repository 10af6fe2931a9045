"""Formal languages: a string is read, and an answer is given that a machine of a class computes."""
