"""The report: a publication's tables as pages that people look at."""
