"""Rollcall's metrics as they are promised: each name with its type and labels.

Rules and dashboard are held to this table, and so is the running daemon.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Metric:
    type: str
    labels: frozenset[str] = frozenset()


def counter(*labels: str) -> Metric:
    return Metric("counter", frozenset(labels))


def gauge(*labels: str) -> Metric:
    return Metric("gauge", frozenset(labels))


def histogram(*labels: str) -> Metric:
    return Metric("histogram", frozenset(labels))


METRICS = {
    "rollcall_passes_total": counter("target", "cause", "verdict"),
    "rollcall_pass_duration_seconds": histogram("target"),
    "rollcall_last_attempt_timestamp_seconds": gauge("target"),
    "rollcall_last_complete_timestamp_seconds": gauge("target"),
    "rollcall_last_converged_timestamp_seconds": gauge("target"),
    "rollcall_consecutive_failures": gauge("target"),
    "rollcall_members": gauge("target", "mapping"),
    "rollcall_members_blocked": gauge("target"),
    "rollcall_connect_users": gauge("target", "ownership"),
    "rollcall_actions_total": counter("target", "kind", "result"),
    "rollcall_withheld_actions": gauge("target", "guard"),
    "rollcall_findings": gauge("target", "code", "severity"),
    "rollcall_aws_requests_total": counter("service", "operation", "outcome"),
    "rollcall_aws_request_duration_seconds": histogram("service", "operation"),
    "rollcall_aws_wait_seconds_total": counter("service", "operation"),
    "rollcall_next_pass_timestamp_seconds": gauge(),
    "rollcall_config_last_reload_successful": gauge(),
    "rollcall_build_info": gauge("version"),
    "process_start_time_seconds": gauge(),
}

# What Prometheus puts on everything that it scrapes.
SCRAPED = frozenset({"job", "instance"})


def series() -> dict[str, frozenset[str]]:
    """Every name of a series with its labels; a histogram has three names."""
    found = {}
    for name, metric in METRICS.items():
        if metric.type == "histogram":
            found |= {f"{name}_bucket": metric.labels | {"le"}, f"{name}_sum": metric.labels}
            found[f"{name}_count"] = metric.labels
        else:
            found[name] = metric.labels
    return found
