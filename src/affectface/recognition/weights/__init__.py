"""Published weights: where each layer stands in the file, and how images are brought to a network that has them."""
