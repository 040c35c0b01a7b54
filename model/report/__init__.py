"""What an evaluation or a comparison looks like: a page for people and a document for programs."""
