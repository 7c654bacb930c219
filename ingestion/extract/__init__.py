"""Documents to numbers with evidence: a text is read into one model, a reader finds values in it, each with its passage."""
