"""Tasks of neuroscience: trials in which an animal, or a network, holds and weighs what it saw."""
