"""Macro series, one module per provider."""
