"""Pools of resources: as many as allowed, used in turn, replaced when broken."""

from __future__ import annotations

from notebook_kit.lifetime.pooling.lease import Lease
from notebook_kit.lifetime.pooling.pool import ResourcePool
from notebook_kit.lifetime.pooling.stats import PoolStats

__all__ = ["Lease", "PoolStats", "ResourcePool"]
