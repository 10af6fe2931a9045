"""What loops a program is made of."""

from rnnjax.equations import named


def scan_lengths(jaxpr):
    """Returns the lengths of the loops in a program, outer ones first."""
    return [scan.params["length"] for scan in named("scan", jaxpr)]
