"""Reads claims, sets bad records aside, computes features, and looks for weeks with unusually many claims."""
