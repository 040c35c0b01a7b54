"""Reads claims, sums them up by line of business, and names those that somebody should look at."""
