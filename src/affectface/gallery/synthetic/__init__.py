"""A gallery of simulated people: how they look, how each shows an affect, how it comes and goes, what is said of it."""
