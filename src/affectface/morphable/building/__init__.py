"""Meshes in correspondence -> face model: Procrustes, removal of failures, principal components, quality."""
