"""What single units do, and what a network loses without them; what an output looks at."""
