"""Where a worker's results go: into the queue, a file, or to a web server."""

from infer.deliver.delivery import Delivery, KeptWithQueue, Stopped, open_delivery
from infer.deliver.webhook import WebhookLimits

__all__ = ["Delivery", "KeptWithQueue", "Stopped", "WebhookLimits", "open_delivery"]
