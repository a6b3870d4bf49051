"""Who is told what a rollout does: webhooks, which never decide or delay anything."""

from esa_flows.model.webhook import WORTH, Form, Webhook
from esa_flows.notify.notifier import Notifier
from esa_flows.notify.target import Target, target_of

__all__ = ["WORTH", "Form", "Notifier", "Target", "Webhook", "target_of"]
