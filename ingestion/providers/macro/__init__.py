"""Providers of macro series, one module each."""
