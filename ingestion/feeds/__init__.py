"""Prices, network and macro data from several providers: who is asked, what came of it, and the vintages of each value."""
