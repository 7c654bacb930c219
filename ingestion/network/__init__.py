"""The bitcoin network: blocks, fees, difficulty by UTC day."""
