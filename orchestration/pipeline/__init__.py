"""Dagster: assets, checks, schedule, sensors, resources."""
