"""What loops a program is made of."""

import jax.extend


def scan_lengths(jaxpr):
    """Returns the lengths of the loops in a program, outer ones first."""
    lengths = []
    for equation in jaxpr.eqns:
        if equation.primitive.name == "scan":
            lengths.append(equation.params["length"])
        for inner in jax.extend.core.jaxprs_in_params(equation.params):
            lengths += scan_lengths(inner)
    return lengths
