"""The catalogue: what must be true of every deployment (``platform``), and what a service definition can get wrong
(``deployment``); and what comes about in the end (``liveness``)."""

from .deployment import deployment_properties
from .liveness import liveness_properties
from .platform import fabric_properties, platform_properties

__all__ = ["deployment_properties", "fabric_properties", "liveness_properties", "platform_properties"]
