"""From rows to Parquet: contract, vintages, order, one atomic file a partition."""
