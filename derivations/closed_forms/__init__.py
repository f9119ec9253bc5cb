"""What is known in closed form, each fact once: derivations show it with its checks, and the rest of the house counts on it.

Most facts come out of losses and families by the engine when they are first asked for, and are kept.
"""
