"""Which articles tell one story: the same text once more (``copies``), or the same event (``events``)."""
