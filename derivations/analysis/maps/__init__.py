"""Flows followed in finite steps: gradient descent as a map."""
