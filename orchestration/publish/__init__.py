"""How a publication is written, kept and replaced."""
