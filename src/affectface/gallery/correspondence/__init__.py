"""Scans -> meshes in dense correspondence (Kollias 2020, section 3.3), one step a file."""
