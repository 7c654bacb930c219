"""HTTP and the archive: how bytes are asked for, bounded, redacted and kept. Parses nothing."""
