"""Training: everything here may import torch and transformers, and nothing that serves imports this."""
