"""One module a provider of prices, network and macro data."""
