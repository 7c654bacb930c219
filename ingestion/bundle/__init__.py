"""The frozen excerpt that ships with the package, and its readers."""
