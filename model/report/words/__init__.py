"""The words of the reports, a module for each language; a test holds them to the same keys."""
