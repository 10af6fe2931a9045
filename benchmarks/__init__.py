"""Side-by-side timings against peers, one module a comparison."""
