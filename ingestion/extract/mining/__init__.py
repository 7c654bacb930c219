"""Production updates of miners to metrics of a month: rows, lines and sentences."""
