"""What makes the models; needs the ``train`` extra."""
