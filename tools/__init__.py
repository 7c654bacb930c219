"""Helpers of the working copy: environment, lock, README. Nothing here is installed."""
