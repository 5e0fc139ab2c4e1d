"""Manifest -> recogniser -> tables: metrics, losses and networks of affect recognition.

Metrics need numpy and scipy, which are always there; all else needs the extra `train`.
"""
