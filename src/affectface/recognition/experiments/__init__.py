"""The experiments of the papers, and one on real photos that anybody can repeat: run and reported."""
