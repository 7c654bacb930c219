"""Market prices: one module per provider."""
