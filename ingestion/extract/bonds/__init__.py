"""Bonds: term sheets, supplements and reported offerings to tranches."""
