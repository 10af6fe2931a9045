"""Series of numbers: of chaotic systems, driven systems and sines, and what comes next in them."""
