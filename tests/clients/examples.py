"""The examples of the simulator's operations, by service and operation.

An example calls its operation so that it succeeds, and reads back what it did. The services are named as in a
credential scope, which is how the simulator names them.
"""

from __future__ import annotations

from collections.abc import Callable

from aws import Aws

Example = Callable[[Aws], None]
EXAMPLES: dict[tuple[str, str], Example] = {}


def example(service: str, operation: str) -> Callable[[Example], Example]:
    """Notes a function as the example of an operation."""

    def noted(function: Example) -> Example:
        assert (service, operation) not in EXAMPLES
        EXAMPLES[service, operation] = function
        return function

    return noted
