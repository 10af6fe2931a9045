"""What loops a program is made of."""

import jax.extend


def scans_of(jaxpr):
    """Yields the loops in a program, as equations, outer ones first."""
    for equation in jaxpr.eqns:
        if equation.primitive.name == "scan":
            yield equation
        for inner in jax.extend.core.jaxprs_in_params(equation.params):
            yield from scans_of(inner)


def scan_lengths(jaxpr):
    """Returns the lengths of the loops in a program, outer ones first."""
    return [scan.params["length"] for scan in scans_of(jaxpr)]
