"""Checks data, trains a model of it, judges the model, and registers it if it is good enough."""
