"""The assets, checks, job and schedule, one module per step of the flow."""
