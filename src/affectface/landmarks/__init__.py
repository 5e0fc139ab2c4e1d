"""Image -> faces with landmarks."""
