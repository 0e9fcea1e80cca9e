"""Inference over HTTP; it needs ``pip install 'mujaz[serve]'``."""
