"""The catalogue: what must be true of every deployment (``platform``), and what a service definition can get wrong
(``deployment``)."""

from .deployment import deployment_properties
from .platform import fabric_properties, platform_properties

__all__ = ["deployment_properties", "fabric_properties", "platform_properties"]
