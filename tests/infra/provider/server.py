"""Serve providers on Unix sockets in the test process, and pass their addresses to `terraform`."""

import json
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import grpc

from tests.infra.provider.provider import Cloud, Provider
from tests.infra.provider.rules import Rules
from tests.infra.provider.wire import Message, decode, encode

# Each call with its request and response messages; an empty response is Nothing.
CALLS = {
    "ConfigureProvider": ("Configure", "Nothing"),
    "ValidateResourceConfig": ("Config", "Diagnostics"),
    "UpgradeResourceState": ("Upgrade", "Upgraded"),
    "ReadResource": ("Read", "ReadState"),
    "PlanResourceChange": ("Plan", "Planned"),
    "ApplyResourceChange": ("Apply", "Applied"),
    "ImportResourceState": ("Import", "Imported"),
    "ReadDataSource": ("Config", "Data"),
    "OpenEphemeralResource": ("Config", "Ephemeral"),
}
SILENT = {
    "ValidateProviderConfig",
    "ValidateDataResourceConfig",
    "ValidateEphemeralResourceConfig",
    "CloseEphemeralResource",
    "StopProvider",
}


@dataclass(frozen=True, slots=True)
class ProviderServers:
    """The running providers by address, and the resources that each of them has created."""

    addresses: dict[str, Path]
    clouds: dict[str, Cloud]

    def reattach(self) -> str:
        """Return the value of TF_REATTACH_PROVIDERS."""
        return json.dumps(
            {
                provider: {
                    "Protocol": "grpc",
                    "ProtocolVersion": 6,
                    "Pid": os.getpid(),
                    "Test": True,
                    "Addr": {"Network": "unix", "String": str(socket)},
                }
                for provider, socket in self.addresses.items()
            }
        )


@contextmanager
def serve(schemas: Iterable[Path], rules: Path, folder: Path) -> Iterator[ProviderServers]:
    """Serve the providers of these schema files. The folder for the sockets needs a short path."""
    of_provider = json.loads(rules.read_text())
    addresses: dict[str, Path] = {}
    clouds: dict[str, Cloud] = {}
    servers: list[grpc.Server] = []
    for schema in schemas:
        provider = Provider(
            json.loads(schema.read_text()), Rules(**of_provider.get(schema.stem, {}))
        )
        clouds[provider.address] = provider.cloud
        addresses[provider.address] = socket = folder / f"{schema.stem}.sock"
        server = grpc.server(ThreadPoolExecutor(4), handlers=[_Handler(provider)])
        server.add_insecure_port(f"unix:{socket}")
        server.start()
        servers.append(server)
    yield ProviderServers(addresses, clouds)
    for server in servers:
        server.stop(0).wait()


class _Handler(grpc.GenericRpcHandler):
    def __init__(self, provider: Provider) -> None:
        self._provider = provider
        # Terraform reads the schema in every command, and in every run of `terraform test`.
        self._schema = encode("ProviderSchema", provider.GetProviderSchema({}))

    def service(self, call: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler | None:
        _, service, name = call.method.split("/")
        if service != "tfplugin6.Provider":
            return None
        if name == "GetProviderSchema":
            return _method(lambda _: self._schema)
        if name in SILENT:
            return _method(lambda _: b"")
        if name not in CALLS:
            return None
        takes, gives = CALLS[name]
        handle: Callable[[Message], Message] = getattr(self._provider, name)
        return _method(lambda request: encode(gives, handle(decode(takes, request))))


def _method(handle: Callable[[bytes], bytes]) -> grpc.RpcMethodHandler:
    return grpc.unary_unary_rpc_method_handler(lambda request, _: handle(request))
