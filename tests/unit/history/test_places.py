"""Names of places that outlive a restart."""

from __future__ import annotations

import pandas as pd
import pytest

from oomlog.history.codes import decoded
from oomlog.history.places import placed

ID = "4f1d0c6b7f0e2a93c8d15e4b6a7f8091a2b3c4d5e6f708192a3b4c5d6e7f8091"
QOS = "/kubepods.slice/kubepods-burstable.slice"
POD = f"{QOS}/kubepods-burstable-pod1234abcd_1234_1234_1234_1234567890ab.slice"


@pytest.mark.parametrize(
    ("row", "where"),
    [
        ({"task_memcg": "/system.slice/nginx.service"}, "nginx.service"),
        ({"task_memcg": f"/system.slice/docker-{ID}.scope"}, "docker 4f1d0c6b7f0e"),
        ({"task_memcg": f"/system.slice/docker-{ID}.scope", "container": "nexus"}, "nexus"),
        ({"task_memcg": f"{POD}/cri-containerd-{ID}.scope"}, "pod 1234abcd-1234-1234-1234-1234567890ab"),
        (
            {"task_memcg": POD, "namespace": "shop", "pod": "api-0", "container": "api"},
            "shop/api-0/api",
        ),
        ({"task_memcg": "/jobs/job-1"}, "/jobs/job-1"),
        ({"task_memcg": "/"}, "/"),
        ({}, pd.NA),
    ],
)
def test_a_place_has_the_name_that_lasts_longest(frame, row: dict[str, str], where: str) -> None:
    """Names come before a pod's uid, that before a unit, and ids and paths are last; nothing known is NA."""
    kills = frame([row]).assign(**{name: pd.array([text], "string") for name, text in row.items()})
    found = decoded(placed(kills))["where"].iloc[0]
    assert found is where if where is pd.NA else found == where


def test_the_limit_of_the_own_cgroup_has_the_same_name(frame) -> None:
    """Where the victim's own cgroup hit its limit the two names agree; a parent is named by its path."""
    own = f"/system.slice/docker-{ID}.scope"
    kills = frame(
        [{"task_memcg": own, "oom_memcg": own}, {"task_memcg": own, "oom_memcg": "/system.slice"}, {}]
    ).assign(container=pd.array(["nexus", "nexus", None], "string"))
    found = decoded(placed(kills))
    assert found["limit_where"].iloc[:2].tolist() == ["nexus", "system.slice"]
    assert found["limit_where"].iloc[2] is pd.NA
