"""What each raw table promises."""
