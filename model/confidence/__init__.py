"""Honest confidence: probabilities that are shares of being right, promises about them, and a sense for strangers."""
