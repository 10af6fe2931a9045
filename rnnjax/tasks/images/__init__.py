"""Tasks of images that are read as sequences."""
