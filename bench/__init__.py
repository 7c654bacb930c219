"""Speed and memory, as ratios to baselines measured in the same run. Not installed, not part of the test suite."""
