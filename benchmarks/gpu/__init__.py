"""What a GPU makes of rnnjax: kernels and engines, and PyTorch beside them."""
