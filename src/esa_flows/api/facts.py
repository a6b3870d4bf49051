"""What a cloud has and how it behaves, as far as a flow must know it: data.

Steps read it from their port, plans from the table here; neither knows a cloud by name.
"""

from collections.abc import Mapping
from types import MappingProxyType

from attrs import frozen

from esa_flows.model import Cloud

__all__ = ["FACTS", "CloudFacts"]


@frozen(kw_only=True)
class CloudFacts:
    """What a cloud has and how it behaves.

    Attributes:
        cloud: Which one.
        slot_allocates: Whether asking for an upload form makes a version, empty until
            its code arrives; a form whose answer is lost then leaves one behind.
        looks_before_delete: Whether the cloud itself looks what a version serves before
            it deletes it, which is one call more.
        has_shares: Whether two versions can share an environment's traffic.
        has_areas: Whether areas can serve another version than production.
        has_assets: Whether a version can hold static files.
        has_staging_addresses: Whether staging can be asked over HTTP.
    """

    cloud: Cloud
    slot_allocates: bool
    looks_before_delete: bool
    has_shares: bool
    has_areas: bool
    has_assets: bool
    has_staging_addresses: bool


FACTS: Mapping[Cloud, CloudFacts] = MappingProxyType(
    {
        Cloud.ESA: CloudFacts(
            cloud=Cloud.ESA,
            slot_allocates=False,
            looks_before_delete=False,
            has_shares=True,
            has_areas=False,
            has_assets=True,
            has_staging_addresses=True,
        ),
        Cloud.DCDN: CloudFacts(
            cloud=Cloud.DCDN,
            slot_allocates=True,
            looks_before_delete=True,
            has_shares=False,
            has_areas=True,
            has_assets=False,
            has_staging_addresses=False,
        ),
    }
)
"""Source: ESA API 2024-09-10 and DCDN API 2018-01-15; the modules of both say where."""
