"""The classifier: what it reads of a mail, how it is trained, kept, loaded and run."""
