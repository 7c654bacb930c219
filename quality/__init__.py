"""Judgement: what good data means, how a gate decides, and what it wrote down. No fetching, no models, no scheduling."""
