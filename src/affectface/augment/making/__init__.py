"""One photo and its jobs -> encoded pictures with their records; no files but the photo, no processes."""
