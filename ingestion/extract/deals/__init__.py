"""AI hosting deals: who leases what from a miner, for how long and how much, on which basis."""
