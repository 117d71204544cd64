"""boto3's four clients of one simulator, each answer held against its model, and the refusals that tests expect."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any
from unittest.mock import patch

from botocore.client import BaseClient
from botocore.exceptions import ClientError

import answers
import servers
from world import CONNECT_REGION, IDENTITY_REGION, WORLD

REGIONS = {
    "identitystore": IDENTITY_REGION,
    "sso-admin": IDENTITY_REGION,
    "connect": CONNECT_REGION,
    "sts": IDENTITY_REGION,
}


@dataclass(frozen=True)
class Aws:
    """Clients in the Regions where the world's things live."""

    simulator: servers.Simulator
    identity: BaseClient
    sso: BaseClient
    connect: BaseClient
    sts: BaseClient

    @staticmethod
    def of(simulator: servers.Simulator, **options: Any) -> Aws:
        """`checked=False`: answers may be anything, as where a fault garbles them."""
        return Aws(simulator, *(checked_client(simulator, name, region, **options) for name, region in REGIONS.items()))

    def start_over(self) -> Aws:
        """The suite's world, the real time, no faults, default options but for the rates, which tests ask for."""
        self.simulator.clear_faults()
        self.simulator.reset_options(throttle=False)
        self.simulator.clock(offset_seconds=0)
        self.simulator.load(WORLD.read_text())
        self.simulator.clear_journal()
        return self

    @contextmanager
    def later(self, **duration: float) -> Iterator[None]:
        """Moves the simulator's clock and that of boto3's signatures, for the length of the block."""
        offset = timedelta(**duration)

        def shifted() -> datetime:
            return datetime.now(timezone.utc).replace(tzinfo=None) + offset

        self.simulator.clock(offset_seconds=int(offset.total_seconds()))
        try:
            with patch("botocore.auth.get_current_datetime", shifted):
                yield
        finally:
            self.simulator.clock(offset_seconds=0)

    def elsewhere(self, service: str, region: str | None = None, **options: Any) -> BaseClient:
        """A client of one service with another Region, other credentials or other settings."""
        return checked_client(self.simulator, service, region or REGIONS[service], **options)


def checked_client(simulator: servers.Simulator, service: str, region: str, **options: Any) -> BaseClient:
    checked = options.pop("checked", True)
    client = simulator.client(service, region, **options)
    if checked:
        answers.check_answers_of(client)
    return client


@dataclass(frozen=True)
class Refused:
    """What a client sees of a refusal."""

    code: str
    status: int
    message: str
    members: dict[str, Any]


def refusal(call: Callable[..., Any], **params: Any) -> Refused:
    """The refusal of a call that must not succeed."""
    try:
        answer = call(**params)
    except ClientError as error:
        details = dict(error.response)
        metadata, told = details.pop("ResponseMetadata"), details.pop("Error")
        return Refused(told["Code"], metadata["HTTPStatusCode"], told["Message"], details)
    raise AssertionError(f"not refused: {answer}")


def code_and_status(call: Callable[..., Any], **params: Any) -> tuple[str, int]:
    refused = refusal(call, **params)
    return refused.code, refused.status


def pages(call: Callable[..., Any], token: str = "NextToken", **params: Any) -> Iterator[dict[str, Any]]:
    """Every page of a listing, token by token."""
    more: dict[str, Any] = {}
    for _ in range(1000):
        answer = call(**params, **more)
        yield answer
        if token not in answer:
            return
        more = {token: answer[token]}
    raise AssertionError("the listing never ends")
