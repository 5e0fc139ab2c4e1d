"""Is the asked affect what comes out, and is it still the same person?"""
