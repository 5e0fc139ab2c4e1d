"""A plan carried out part by part, by any number of processes: written once, proven, made again from its records."""
